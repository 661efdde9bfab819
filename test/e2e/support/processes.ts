import { existsSync, readdirSync, readFileSync } from 'node:fs'

const contentOf = (path: string): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return '' // ended meanwhile, or another user's
  }
}

export type RunningProcess = { pid: number; command: string }

/**
 * The processes that name `text` in their command line or environment. A program started with a data directory of
 * its own is found by it, with all its children. Only Linux can tell; elsewhere nothing is found.
 */
export const processesNaming = (text: string): RunningProcess[] => {
  if (!existsSync('/proc/self/environ')) return []
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name) && name !== String(process.pid))
    .map(name => ({
      pid: Number(name),
      command: contentOf(`/proc/${name}/cmdline`).replaceAll('\0', ' ').trim(),
      environment: contentOf(`/proc/${name}/environ`),
      status: contentOf(`/proc/${name}/status`),
    }))
    .filter(({ command, environment }) => command.includes(text) || environment.includes(text))
    .filter(({ status }) => !/^State:\s*Z/m.test(status))
    .map(({ pid, command }) => ({ pid, command }))
}

/** Ends at once, without asking, what `processesNaming` finds, and returns it. */
export const killProcessesNaming = (text: string): RunningProcess[] => {
  const found = processesNaming(text)
  for (const { pid } of found) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It has ended meanwhile.
    }
  }
  return found
}
