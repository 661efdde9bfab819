import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { onServerCore } from './cores.ts'

const root = join(import.meta.dirname, '..', '..')
const loopWatch = pathToFileURL(join(import.meta.dirname, 'loop-watch.ts')).href

/** Milliseconds by which the loop came late to a timer. */
export type LoopDelay = { p50: number; p99: number; max: number }

/** A program on the server's core. */
export type MeasuredProcess = {
  pid: number
  /** What it has printed. */
  printed(): string
  /** MiB of its own memory that are in the machine's. */
  residentMiB(): number
  /** Seconds of CPU that it has used until now, all threads together. */
  cpuSeconds(): number
  /** Forgets what its event loop did until now; `loopDelay` then tells of what came after. */
  watchLoop(): Promise<void>
  loopDelay(): Promise<LoopDelay>
  /** Ends it as Ctrl-C does, and waits for its end. */
  stop(): Promise<void>
}

const hasEnded = (child: ChildProcess) => child.exitCode !== null || child.signalCode !== null

/**
 * Starts a program and waits until `ready` says so. Its event loop is watched from inside
 * by a module loaded before it, so that the program itself needs no hook.
 * @param command what to run, from the root of the tree; a script it may be that becomes the program by `exec`
 * @param environment all that it gets to know of its environment
 */
export const startMeasured = async (
  command: readonly [string, ...string[]],
  environment: Record<string, string>,
  ready: () => Promise<boolean>,
): Promise<MeasuredProcess> => {
  const [program, ...given] = command
  const [run, line] = onServerCore(program, given)
  const child = spawn(run, line, {
    cwd: root,
    // What decides about the program must come from the bench, not from the shell that runs it.
    env: {
      PATH: process.env.PATH ?? '',
      HOME: process.env.HOME ?? '',
      NODE_OPTIONS: `--import=${loopWatch}`,
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  const killIt = () => void child.kill('SIGKILL')
  process.on('exit', killIt)
  let printed = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', text => {
      printed = (printed + text).slice(-20_000)
    })
  const stop = async () => {
    // A figure of failures is none: what went wrong is shown, whoever notices first.
    const errors = printed.split('\n').filter(line => /"level":[56]0/.test(line))
    if (errors.length > 0)
      process.stderr.write(`${program} logged errors:\n${errors.slice(0, 5).join('\n')}\n`)
    if (!hasEnded(child)) {
      const ended = once(child, 'exit')
      child.kill('SIGINT')
      await Promise.race([ended, pause(15_000, undefined, { ref: false })])
      if (!hasEnded(child)) {
        child.kill('SIGKILL')
        await ended
      }
    }
    process.off('exit', killIt)
  }
  const limit = performance.now() + 60_000
  while (!(await ready())) {
    if (hasEnded(child) || performance.now() > limit) {
      await stop()
      throw new Error(`${program} did not become ready. It printed:\n${printed}`)
    }
    await pause(50)
  }
  const { pid } = child
  if (pid === undefined) throw new Error(`${program} has no process`)
  const ask = async (question: 'forget' | 'tell'): Promise<LoopDelay> => {
    const answer = once(child, 'message')
    child.send(question)
    const [delay] = await answer
    return delay as LoopDelay
  }
  return {
    pid,
    printed: () => printed,
    residentMiB: () => residentMiB(pid),
    cpuSeconds: () => cpuSeconds(pid),
    watchLoop: async () => {
      await ask('forget')
    },
    loopDelay: () => ask('tell'),
    stop,
  }
}

const residentMiB = (pid: number): number => {
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kilobytes) / 1024
}

/** Linux counts hundredths of a second, in the fields that follow the program's name in brackets. */
const statOf = (pid: number | string): { parent: number; cpuSeconds: number } => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return { parent: Number(fields[1]), cpuSeconds: (Number(fields[11]) + Number(fields[12])) / 100 }
}

export const cpuSeconds = (pid: number): number => statOf(pid).cpuSeconds

/** Seconds of CPU that a program and those it has started, as far as they still run, have used until now. */
export const cpuSecondsOfFamily = (pid: number): number =>
  readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(name => {
      try {
        const stat = statOf(name)
        return stat.parent === pid || Number(name) === pid ? stat.cpuSeconds : 0
      } catch {
        return 0 // ended meanwhile
      }
    })
    .reduce((sum, seconds) => sum + seconds, 0)
