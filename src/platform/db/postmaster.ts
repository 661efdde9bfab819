import { execFile } from 'node:child_process'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** Whether a process lives; one of another user counts. */
export const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/**
 * The process id of the PostgreSQL server that runs on a cluster; undefined when none does. A postmaster.pid whose
 * number meanwhile belongs to some other program (after a power cut, or in a container, where numbers repeat) is
 * removed: PostgreSQL itself would take that program for a server and refuse to start.
 */
export const runningServer = async (pgDir: string): Promise<number | undefined> => {
  const file = join(pgDir, 'postmaster.pid')
  const pid = Number((await readFile(file, 'utf8').catch(() => '')).split('\n')[0])
  if (!Number.isInteger(pid) || pid <= 0 || !isRunning(pid)) return undefined
  if ((await programOf(pid)).includes('postgres')) return pid
  await rm(file, { force: true })
  return undefined
}

/** The port that names the socket of the server on a cluster: the fourth line of its postmaster.pid, once that is written. */
export const portOf = async (pgDir: string): Promise<number | undefined> => {
  const lines = (await readFile(join(pgDir, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n')
  return Number(lines[3]) || undefined
}

const programOf = async (pid: number): Promise<string> => {
  try {
    return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0')[0] ?? ''
  } catch {
    const listed = await promisify(execFile)('ps', ['-o', 'comm=', '-p', String(pid)]).catch(() => undefined)
    return listed?.stdout ?? ''
  }
}
