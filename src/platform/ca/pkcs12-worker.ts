import { parentPort } from 'node:worker_threads'
import type { WorkerAnswer } from '../worker-pool.ts'
import { buildPkcs12, type Pkcs12Request } from './pkcs12-bundle.ts'

const answerTo = (request: Pkcs12Request): WorkerAnswer<Uint8Array> => {
  try {
    return { ok: true, answer: buildPkcs12(request) }
  } catch (error) {
    return { ok: false, message: error instanceof Error ? error.message : String(error) }
  } finally {
    // This thread's copy of the key; no private key stays in the clear longer than it must (C-11).
    request.privateKey.fill(0)
  }
}

parentPort?.on('message', (request: Pkcs12Request) => parentPort?.postMessage(answerTo(request)))
