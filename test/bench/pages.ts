import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '../support/ports.ts'
import { answers, type Bed } from './bed.ts'
import { type Figure, median, medianRatio } from './figures.ts'
import { type MeasuredProcess, startMeasured } from './measured-process.ts'
import { loadPages, type PageLoad, type PageVisitor } from './page-load.ts'

const rounds = 3
const seconds = 3
const connectionCounts = [10, 50]
const goal = 0.6

type Side = { program: MeasuredProcess; port: number; path: string; visitors: readonly PageVisitor[] }
type Found = PageLoad & { cpu: number; databaseCpu: number }

/** A page of the portal and the bare one, in turns, with few and with many connections. */
const compare = async (bed: Bed, name: string, portal: Side, bare: Side): Promise<Figure[]> => {
  const figures: Figure[] = []
  for (const connections of connectionCounts) {
    const load = async ({ program, port, path, visitors }: Side): Promise<Found> => {
      const before = { own: program.cpuSeconds(), database: bed.databaseCpuSeconds() }
      const pages = await loadPages({ port, path, visitors: visitors.slice(0, connections), seconds })
      const per = (cpu: number) => (cpu * 1000) / pages.count
      return {
        ...pages,
        cpu: per(program.cpuSeconds() - before.own),
        databaseCpu: per(bed.databaseCpuSeconds() - before.database),
      }
    }
    const found: { portal: Found; bare: Found }[] = []
    // The first round is for the compilers of both sides, and thrown away.
    for (let round = 0; round <= rounds; round++) {
      const one = { bare: await load(bare), portal: await load(portal) }
      if (round > 0) found.push(one)
    }
    const ratio = medianRatio(
      found.map(each => ({ measured: each.portal.perSecond, baseline: each.bare.perSecond })),
    )
    figures.push({
      name,
      connections,
      unit: 'pages/s',
      median: median(found.map(each => each.portal.perSecond)),
      baseline: median(found.map(each => each.bare.perSecond)),
      ratio,
      p50: median(found.map(each => each.portal.p50)),
      p99: median(found.map(each => each.portal.p99)),
      goal: `≥ ${goal} × bare`,
      met: ratio >= goal,
      besides: {
        cpuMilliseconds: median(found.map(each => each.portal.cpu)),
        bareCpuMilliseconds: median(found.map(each => each.bare.cpu)),
        databaseCpuMilliseconds: median(found.map(each => each.portal.databaseCpu)),
        bareDatabaseCpuMilliseconds: median(found.map(each => each.bare.databaseCpu)),
        bareP50: median(found.map(each => each.bare.p50)),
        bareP99: median(found.map(each => each.bare.p99)),
      },
    })
  }
  return figures
}

type Both = { portal: MeasuredProcess; bare: MeasuredProcess; barePort: number }

const withBoth = async <T>(bed: Bed, work: (both: Both) => Promise<T>): Promise<T> => {
  const portal = await bed.startProgram()
  try {
    const barePort = await freePort()
    const key = join(bed.settings.dataDir, 'bare.key')
    const cert = join(bed.settings.dataDir, 'bare.pem')
    await writeFile(key, bed.tls.key, { mode: 0o600 })
    await writeFile(cert, bed.tls.cert)
    const script = join(import.meta.dirname, 'bare', 'server.ts')
    const command = [
      process.execPath,
      script,
      String(barePort),
      key,
      cert,
      bed.settings.databaseUrl ?? '',
    ] as const
    const bare = await startMeasured(command, {}, () => answers(`https://127.0.0.1:${barePort}/`))
    try {
      return await work({ portal, bare, barePort })
    } finally {
      await bare.stop()
    }
  } finally {
    await portal.stop()
  }
}

/** The home page, logged in over the certificate door, everything real; beside the bare portal page. */
export const benchHome = (bed: Bed): Promise<Figure[]> =>
  withBoth(bed, async ({ portal, bare, barePort }) => {
    const path = '/home'
    const visitors = await bed.everyoneHome()
    const sessions = await bed.liveSessions()
    const bareVisitors = sessions.map(id => ({ host: 'localhost', headers: { cookie: `session=${id}` } }))
    return compare(
      bed,
      'home',
      { program: portal, port: bed.settings.certPort, path, visitors },
      { program: bare, port: barePort, path, visitors: bareVisitors },
    )
  })

/** The entry page as a first visitor gets it, without any cookie; beside the bare login page. */
export const benchLoginPage = (bed: Bed): Promise<Figure[]> =>
  withBoth(bed, ({ portal, bare, barePort }) => {
    const path = '/'
    const visitors = bed.customers.map(() => ({ host: 'localhost' }))
    return compare(
      bed,
      'login-page',
      { program: portal, port: bed.settings.portalPort, path, visitors },
      { program: bare, port: barePort, path, visitors },
    )
  })
