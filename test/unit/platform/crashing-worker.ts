import { parentPort, threadId } from 'node:worker_threads'

/** A worker that does as it is told, bad things too. */
parentPort?.on('message', (order: string) => {
  if (order === 'exit') process.exit(3)
  // Thrown outside any handler of ours: the thread dies of it.
  if (order === 'throw')
    setImmediate(() => {
      throw new Error('out of order')
    })
  else if (order === 'refuse') parentPort?.postMessage({ ok: false, message: 'I would rather not.' })
  else if (order === 'environment')
    parentPort?.postMessage({ ok: true, answer: Object.keys(process.env).join() })
  else if (order !== 'hang') parentPort?.postMessage({ ok: true, answer: `thread ${threadId}` })
})
