import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { TestDatabase } from './database.ts'

/**
 * Another program at work on a database: one of the scripts beside this file, `issuing-worker.ts` or `import-worker.ts`. Given
 * once it begins.
 */
export const startWorker = async (
  script: string,
  given: { database: TestDatabase; dataDir: string; environment?: Record<string, string> },
): Promise<ChildProcess> => {
  const child = spawn(process.execPath, [join(import.meta.dirname, script)], {
    env: {
      PATH: process.env.PATH ?? '',
      DATABASE_URL: given.database.appUrl,
      DATABASE_OWNER_URL: given.database.ownerUrl,
      DATA_DIR: given.dataDir,
      LOG_LEVEL: 'fatal',
      ...given.environment,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout ?? child, 'data')
  return child
}

/** Ends a program as a power cut does. */
export const kill = async (child: ChildProcess): Promise<void> => {
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}
