import { Worker } from 'node:worker_threads'

/** What a worker answers to each request it was sent. */
export type WorkerAnswer<Answer> = { ok: true; answer: Answer } | { ok: false; message: string }

export type WorkerPool<Request, Answer> = {
  /** One request to one worker; waits in line when all are busy. Rejects when the work throws or its worker dies. */
  run(request: Request): Promise<Answer>
  /** Ends the workers; what is in work or waiting is rejected. */
  close(): Promise<void>
}

type Job<Request, Answer> = {
  request: Request
  resolve: (answer: Answer) => void
  reject: (error: Error) => void
}

export type WorkerPoolOptions = {
  /** Ends a worker that has had nothing to do for so many milliseconds, and its memory with it. Never unless given. */
  idleMilliseconds?: number
  /** What a worker's heap may grow to, in MiB; one that wants more dies of it, with its request alone. */
  heapMiB?: number
}

/**
 * At most `size` threads that run `script`, each started when it is first needed. A worker that dies takes only
 * its own request with it and is replaced at the next one. Idle workers don't keep the program alive.
 */
export const createWorkerPool = <Request, Answer>(
  script: URL,
  size: number,
  { idleMilliseconds, heapMiB }: WorkerPoolOptions = {},
): WorkerPool<Request, Answer> => {
  const waiting: Job<Request, Answer>[] = []
  const workers = new Map<Worker, Job<Request, Answer> | undefined>()
  const endings = new Map<Worker, NodeJS.Timeout>()
  let closed = false

  const handOut = (): void => {
    while (waiting.length > 0) {
      const worker = [...workers].find(([, job]) => !job)?.[0] ?? (workers.size < size ? hire() : undefined)
      if (!worker) return
      const job = waiting.shift()
      if (!job) return
      workers.set(worker, job)
      clearTimeout(endings.get(worker))
      worker.ref()
      try {
        worker.postMessage(job.request)
      } catch (error) {
        finish(worker, each => each.reject(error instanceof Error ? error : new Error(String(error))))
      }
    }
  }

  const finish = (worker: Worker, settle: (job: Job<Request, Answer>) => void): void => {
    const job = workers.get(worker)
    if (!job) return
    workers.set(worker, undefined)
    worker.unref()
    if (idleMilliseconds !== undefined)
      endings.set(worker, setTimeout(() => dismiss(worker), idleMilliseconds).unref())
    settle(job)
  }

  const dismiss = (worker: Worker): void => {
    if (workers.get(worker)) return
    // Out of the list before it is gone: nothing is handed to a worker on its way out.
    workers.delete(worker)
    endings.delete(worker)
    void worker.terminate()
  }

  const hire = (): Worker => {
    // Nothing of the program's environment or flags: secrets among them are no business of a worker's.
    const worker = new Worker(script, {
      env: {},
      execArgv: [],
      ...(heapMiB !== undefined && { resourceLimits: { maxOldGenerationSizeMb: heapMiB } }),
    })
    worker.on('message', (message: WorkerAnswer<Answer>) => {
      finish(worker, job =>
        message.ok ? job.resolve(message.answer) : job.reject(new Error(message.message)),
      )
      handOut()
    })
    const bury = (error: Error): void => {
      finish(worker, job => job.reject(error))
      workers.delete(worker)
      clearTimeout(endings.get(worker))
      endings.delete(worker)
      if (!closed) handOut()
    }
    worker.on('error', error => bury(new Error('A worker died of an error.', { cause: error })))
    worker.on('exit', code => bury(new Error(`A worker ended with code ${code}.`)))
    worker.unref()
    workers.set(worker, undefined)
    return worker
  }

  return {
    run: request =>
      new Promise<Answer>((resolve, reject) => {
        if (closed) {
          reject(new Error('The workers have been closed.'))
          return
        }
        waiting.push({ request, resolve, reject })
        handOut()
      }),
    close: async () => {
      closed = true
      for (const job of waiting.splice(0)) job.reject(new Error('The workers were closed.'))
      await Promise.all([...workers.keys()].map(worker => worker.terminate()))
    },
  }
}
