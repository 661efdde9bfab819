import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { get } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { freePorts } from '../../support/ports.ts'
import { removeFolder } from './folder.ts'
import { killProcessesNaming } from './processes.ts'

const root = join(import.meta.dirname, '..', '..', '..')
const running = join(root, 'test', 'output', 'running')
const readyWithinMilliseconds = 150_000
const endedWithinMilliseconds = 60_000

/** What decides about the program must come from the test, not from the shell that runs it. */
const ownVariables =
  /^(DATABASE_|DATA_DIR|(PORTAL|CERT|HTTP|MAILBOX|SERVICE)_PORT|LISTEN_HOST|PORTAL_ORIGIN|CERT_DOMAIN|SMTP_URL|MAIL_FROM|SECRET_KEY_FILE|LOG_LEVEL|DEFAULT_ENTRANCE|NODE_ENV|NODE_OPTIONS|FORCE_COLOR|TZ$)/

export type Program = {
  /** `https://localhost:<port>` */
  portalOrigin: string
  /** `http://localhost:<port>` of the development mailbox */
  mailboxOrigin: string
  certPort: number
  httpPort: number
  /** absolute; holds `demo/` with the demonstration's certificates */
  dataDir: string
  /** everything the program has printed until now, as a person at the terminal reads it */
  printed(): string
  /** what the program's clock shows */
  now(): Date
  /** the day in Japan by the program's clock, as a field for dates takes it */
  today(): string
  /** moves the program's clock forward (or back, when negative) from where it stands; settled when this resolves */
  moveClock(seconds: number): Promise<void>
  /** runs `sekisho <arguments>` on the same settings, as `npx sekisho` does */
  sekisho(...given: string[]): Promise<{ code: number; output: string }>
  /** SIGINT as Ctrl-C gives it to all of them, then proof that nothing is left running */
  stop(): Promise<void>
  /** stop, then start again on the same data and ports */
  restart(): Promise<void>
  /** stop, and remove the data */
  remove(): Promise<void>
}

const answersReady = (origin: string): Promise<boolean> =>
  new Promise(resolve => {
    const request = get(`${origin}/readyz`, { rejectUnauthorized: false, agent: false }, response => {
      response.resume()
      resolve(response.statusCode === 200)
    })
    request.setTimeout(2_000, () => request.destroy())
    request.on('error', () => resolve(false))
  })

const hasEnded = (child: ChildProcess) => child.exitCode !== null || child.signalCode !== null

const signalGroup = (child: ChildProcess, signal: NodeJS.Signals) => {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, signal)
  } catch {
    // The group has ended by itself.
  }
}

/** Copies the demo's data that prepared-demo.ts made for this run to `dataDir`; nothing where it made none. */
export const placeDemo = (dataDir: string): void => {
  const prepared = process.env.E2E_DEMO_DATA
  // The database's files keep the owner that they need.
  if (prepared) execFileSync('cp', ['-a', prepared, dataDir])
}

/**
 * Starts the program as a newcomer does, `npm start`, in a process group of its own, on free ports, and waits until
 * `/readyz` answers: on a copy of the demo's data that prepared-demo.ts made for the run, and otherwise on none, where
 * it makes them. Throws with what was printed when it ends or is not ready within two and a half minutes.
 * @param options.environment settings over the defaults, by the names the README lists
 * @param options.clockSeconds where its clock begins, in seconds from now: negative for data made long ago
 * @param options.command another command than `npm start`
 * @param options.emptyData whether it has to make its data even so
 */
export const startProgram = async (
  options: {
    environment?: Record<string, string>
    command?: [string, ...string[]]
    clockSeconds?: number
    emptyData?: boolean
  } = {},
): Promise<Program> => {
  const base = mkdtempSync(join(tmpdir(), 'sekisho-e2e-'))
  chmodSync(base, 0o755) // the embedded server may run as another user and must reach its data
  const dataDir = join(base, 'data')
  if (!options.emptyData && options.clockSeconds === undefined) placeDemo(dataDir)
  const clockFile = join(base, 'clock')
  let clockOffset = options.clockSeconds ?? 0
  writeFileSync(clockFile, String(clockOffset))
  const [portalPort = 0, certPort = 0, httpPort = 0, mailboxPort = 0, servicePort = 0] = await freePorts(5)
  const portalOrigin = `https://localhost:${portalPort}`
  const environment = {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !ownVariables.test(name))),
    DATA_DIR: dataDir,
    PORTAL_PORT: String(portalPort),
    CERT_PORT: String(certPort),
    HTTP_PORT: String(httpPort),
    MAILBOX_PORT: String(mailboxPort),
    SERVICE_PORT: String(servicePort),
    MOVED_CLOCK_FILE: clockFile,
    NODE_OPTIONS: `--import=${pathToFileURL(join(import.meta.dirname, 'moved-clock.mjs')).href}`,
    ...options.environment,
  }

  let printed = ''
  let child: ChildProcess | undefined
  let note = ''

  const killRest = () => void killProcessesNaming(base)

  const stop = async () => {
    if (!child) return
    const ending = child
    child = undefined
    process.off('exit', killRest)
    const ended = hasEnded(ending) ? Promise.resolve() : once(ending, 'exit')
    signalGroup(ending, 'SIGINT')
    await Promise.race([ended, pause(endedWithinMilliseconds, undefined, { ref: false })])
    const inTime = hasEnded(ending)
    rmSync(note, { force: true })
    if (!inTime) {
      signalGroup(ending, 'SIGKILL')
      killProcessesNaming(base)
      throw new Error(`The program was still running a minute after SIGINT. It printed:\n${printed}`)
    }
    const left = killProcessesNaming(base).map(({ pid, command }) => `${pid} ${command}`)
    if (left.length > 0) throw new Error(`The program left running:\n${left.join('\n')}`)
  }

  const start = async () => {
    const [command, ...given] = options.command ?? ['npm', 'start']
    const starting = spawn(command, given, {
      cwd: root,
      env: environment,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    child = starting
    await once(starting, 'spawn')
    process.on('exit', killRest)
    // The test command ends by this note what a killed test run could not.
    mkdirSync(running, { recursive: true })
    note = join(running, String(starting.pid))
    writeFileSync(note, base)
    for (const stream of [starting.stdout, starting.stderr])
      stream?.setEncoding('utf8').on('data', text => {
        printed += text
      })
    const limit = performance.now() + readyWithinMilliseconds
    while (!(await answersReady(portalOrigin))) {
      const gaveUp = performance.now() > limit
      if (!gaveUp && !hasEnded(starting)) {
        await pause(100)
        continue
      }
      await stop().catch(() => {})
      throw new Error(
        `The program ${gaveUp ? 'was not ready after 150 s' : 'ended'}. It printed:\n${printed}`,
      )
    }
  }

  try {
    await start()
  } catch (error) {
    removeFolder(base)
    throw error
  }
  const now = () => new Date(Date.now() + clockOffset * 1000)
  return {
    portalOrigin,
    mailboxOrigin: `http://localhost:${mailboxPort}`,
    certPort,
    httpPort,
    dataDir,
    printed: () => printed,
    now,
    today: () => new Date(now().getTime() + 9 * 3_600_000).toISOString().slice(0, 10),
    moveClock: async seconds => {
      clockOffset += seconds
      // At one go: a file that is read between being emptied and written says that no clock was ever moved.
      writeFileSync(`${clockFile}.new`, String(clockOffset))
      renameSync(`${clockFile}.new`, clockFile)
      await pause(50) // the program looks at the file at most every 20 ms
    },
    sekisho: async (...given) => {
      const result = promisify(execFile)('npx', ['--no', 'sekisho', ...given], {
        cwd: root,
        env: environment,
      })
      return result.then(
        ({ stdout, stderr }) => ({ code: 0, output: stdout + stderr }),
        (error: { code?: unknown; stdout?: string; stderr?: string }) => {
          if (typeof error.code !== 'number') throw error
          return { code: error.code, output: `${error.stdout ?? ''}${error.stderr ?? ''}` }
        },
      )
    },
    stop,
    restart: async () => {
      await stop()
      await start()
    },
    remove: async () => {
      try {
        await stop()
      } finally {
        removeFolder(base)
      }
    },
  }
}
