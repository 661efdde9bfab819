import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Bed, password } from './bed.ts'
import { onServerCore } from './cores.ts'
import { type Figure, median, medianRatio, quantile } from './figures.ts'

const rounds = 3
/** Everybody logs in once a pass: a user has one live session, and ends it no login of the figure. */
const passes = 3
const atOnce = 5
const goal = 0.9

/**
 * Whole password logins over certificate connections kept alive: the page that names the user, then the password, up
 * to the redirect that carries the new session. Beside argon2 alone on the same core.
 */
export const benchLogin = async (bed: Bed): Promise<Figure[]> => {
  const program = await bed.startProgram()
  const found: { measured: number; baseline: number }[] = []
  const milliseconds: number[][] = []
  const ownCpu: number[] = []
  const databaseCpu: number[] = []
  try {
    // Connections, prepared statements and compiled code come with the first pass, which is thrown away.
    await bed.endSessions()
    await pass(bed)
    for (let round = 0; round < rounds; round++) {
      const alone = await argon2Alone()
      let seconds = 0
      const took: number[] = []
      const cpuBefore = { own: program.cpuSeconds(), database: bed.databaseCpuSeconds() }
      for (let each = 0; each < passes; each++) {
        await bed.endSessions()
        const startedAt = performance.now()
        took.push(...(await pass(bed)))
        seconds += (performance.now() - startedAt) / 1000
      }
      const per = (cpu: number) => (cpu * 1000) / took.length
      ownCpu.push(per(program.cpuSeconds() - cpuBefore.own) - alone.cpuMilliseconds)
      databaseCpu.push(per(bed.databaseCpuSeconds() - cpuBefore.database))
      found.push({ measured: took.length / seconds, baseline: alone.perSecond })
      milliseconds.push(took)
    }
  } finally {
    await program.stop()
  }
  const ratio = medianRatio(found)
  const all = milliseconds.flat()
  return [
    {
      name: 'login',
      unit: 'logins/s',
      median: median(found.map(({ measured }) => measured)),
      baseline: median(found.map(({ baseline }) => baseline)),
      ratio,
      p50: quantile(all, 0.5),
      p99: quantile(all, 0.99),
      goal: `≥ ${goal} × argon2 alone`,
      met: ratio >= goal,
      besides: {
        cpuMillisecondsBesideTheHash: median(ownCpu),
        cpuMillisecondsOfTheDatabase: median(databaseCpu),
      },
    },
  ]
}

/** Everybody logs in once, a few at a time; gives how long each took, in milliseconds. */
const pass = async (bed: Bed): Promise<number[]> => {
  const took: number[] = []
  const waiting = [...bed.customers]
  const next = async () => {
    for (let customer = waiting.pop(); customer; customer = waiting.pop()) {
      const { visitor, origin } = customer
      const startedAt = performance.now()
      await visitor.get(`${origin}/login`)
      const { status, headers } = await visitor.post('/login', { password }, { follow: false })
      took.push(performance.now() - startedAt)
      if (status !== 303 || headers.location !== '/home')
        throw new Error(`A login was answered with ${status} ${headers.location}`)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, next))
  return took
}

/** What argon2 compares on the server's core with nothing else to do. */
export const argon2Alone = async (): Promise<{ perSecond: number; cpuMilliseconds: number }> => {
  const [command, given] = onServerCore(process.execPath, [
    join(import.meta.dirname, 'bare', 'argon2.ts'),
    '3',
  ])
  const { stdout } = await promisify(execFile)(command, given)
  return JSON.parse(stdout)
}
