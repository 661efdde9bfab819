import { createWorkerPool } from '../worker-pool.ts'
import type { Pkcs12Request } from './pkcs12-bundle.ts'

export { isPkcs12Password, type Pkcs12Compatibility, type Pkcs12Request } from './pkcs12-bundle.ts'

export type Pkcs12Builder = {
  /**
   * A PKCS#12 file (RFC 7292) of the key and certificates under `password`: AES-256 (or Triple DES where asked
   * for) with 100,000 iterations, computed in a thread of its own so that pages go on. The caller wipes its own
   * copy of the private key. Rejects on a password that `isPkcs12Password` refuses, on a request without a
   * certificate, and when the thread dies or the builder is closed meanwhile.
   */
  build(request: Pkcs12Request): Promise<Buffer>
  /** Ends the threads; files still being made are rejected. */
  close(): Promise<void>
}

/** Makes PKCS#12 files in up to `workers` threads, none of which is started before the first file. */
export const createPkcs12Builder = ({ workers }: { workers: number }): Pkcs12Builder => {
  const pool = createWorkerPool<Pkcs12Request, Uint8Array>(
    new URL('./pkcs12-worker.ts', import.meta.url),
    workers,
  )
  return {
    build: async request => {
      const file = await pool.run(request)
      return Buffer.from(file.buffer, file.byteOffset, file.byteLength)
    },
    close: () => pool.close(),
  }
}
