import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

const root = join(import.meta.dirname, '..', '..')
const endedWithin = 60_000

/** A program of ours as a process of its own. */
export type Copy = {
  pid: number
  printed(): string
  /** Asks it to stop, and gives the code it ended with; a program that does not end is killed and an error. */
  stop(): Promise<number | null>
  /** Ends it without a word. */
  kill(): Promise<void>
}

/** What the test decides, and of the shell only what a program can't do without. */
const environmentOf = (given: Record<string, string>) => ({
  PATH: process.env.PATH ?? '',
  HOME: process.env.HOME ?? '',
  ...given,
})

/**
 * Starts `sekisho` with these arguments in this environment, and waits until `ready` says yes: two minutes at most.
 * Throws with what was printed when it ends before.
 */
export const startCopy = async (
  given: string[],
  environment: Record<string, string>,
  ready: (printed: string) => Promise<boolean> | boolean,
): Promise<Copy> => {
  const child = spawn(process.execPath, [join(root, 'src', 'main.ts'), ...given], {
    cwd: root,
    env: environmentOf(environment),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let printed = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', text => {
      printed += text
    })
  await once(child, 'spawn')
  const killWithUs = () => void child.kill('SIGKILL')
  process.on('exit', killWithUs)
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null
  const end = async (signal: NodeJS.Signals) => {
    if (hasEnded()) return
    const ended = once(child, 'exit')
    child.kill(signal)
    await Promise.race([ended, pause(endedWithin, undefined, { ref: false })])
    process.off('exit', killWithUs)
  }
  const kill = () => end('SIGKILL')
  const limit = performance.now() + 110_000
  while (!(await ready(printed))) {
    if (!hasEnded() && performance.now() < limit) {
      await pause(50)
      continue
    }
    await kill()
    throw new Error(`sekisho ${given.join(' ')} was not ready. It printed:\n${printed}`)
  }
  return {
    pid: child.pid ?? 0,
    printed: () => printed,
    kill,
    stop: async () => {
      await end('SIGTERM')
      if (!hasEnded()) {
        await kill()
        throw new Error(`The program was still running ${endedWithin} ms after SIGTERM:\n${printed}`)
      }
      return child.exitCode
    },
  }
}

/** Runs `sekisho` with these arguments to its end. */
export const runSekisho = async (
  given: string[],
  environment: Record<string, string>,
  cwd = root,
): Promise<{ code: number | null; output: string }> => {
  const child = spawn(process.execPath, [join(root, 'src', 'main.ts'), ...given], {
    cwd,
    env: environmentOf(environment),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', text => {
      output += text
    })
  const timer = setTimeout(() => child.kill('SIGKILL'), 110_000)
  await once(child, 'close')
  clearTimeout(timer)
  return { code: child.exitCode, output }
}
