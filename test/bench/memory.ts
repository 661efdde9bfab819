import { existsSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import type { Bed } from './bed.ts'
import { type Figure, median } from './figures.ts'
import { stormOfLogins } from './login-load.ts'
import type { MeasuredProcess } from './measured-process.ts'
import { loadPages } from './page-load.ts'

const rounds = 3
const idleSeconds = 5
const loadSeconds = 8

/** Resident memory of the program's own process, without PostgreSQL, in MiB. */
export const benchMemory = async (bed: Bed, wanted: ReadonlySet<string>): Promise<Figure[]> => {
  if (!existsSync('/proc/self/status'))
    throw new Error('Memory is measured on Linux only, where /proc tells it')
  const idle: number[] = []
  const pages: number[] = []
  const logins: number[] = []
  const fresh = async (work: (program: MeasuredProcess) => Promise<void>) => {
    await bed.endSessions()
    const program = await bed.startProgram()
    try {
      await work(program)
    } finally {
      await program.stop()
    }
  }
  for (let round = 0; round < rounds; round++) {
    if (wanted.has('rss-idle') || wanted.has('rss-pages'))
      await fresh(async program => {
        await pause(idleSeconds * 1000)
        idle.push(program.residentMiB())
        if (!wanted.has('rss-pages')) return
        const visitors = await bed.everyoneHome()
        const load = loadPages({ port: bed.settings.certPort, path: '/home', visitors, seconds: loadSeconds })
        pages.push(await highest(program, load))
      })
    if (wanted.has('rss-logins'))
      await fresh(async program => {
        const storm = stormOfLogins(bed.customers, { perSecond: 10, seconds: loadSeconds })
        logins.push(await highest(program, storm))
      })
  }
  return [
    { name: 'rss-idle', found: idle, goal: 150 },
    { name: 'rss-pages', found: pages, goal: 250 },
    { name: 'rss-logins', found: logins, goal: 450 },
  ]
    .filter(({ name }) => wanted.has(name))
    .map(({ name, found, goal }) => ({
      name,
      unit: 'MiB',
      median: median(found),
      baseline: null,
      ratio: null,
      goal: `< ${goal}`,
      met: median(found) < goal,
    }))
}

/** The most that was resident while the load lasted, looked at four times a second. */
const highest = async (program: MeasuredProcess, load: Promise<unknown>): Promise<number> => {
  let most = 0
  const look = () => {
    most = Math.max(most, program.residentMiB())
  }
  const looking = setInterval(look, 250)
  try {
    await load
    look()
  } finally {
    clearInterval(looking)
  }
  return most
}
