import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { answers, type Bed, freePort } from './bed.ts'
import { type Figure, median, medianRatio } from './figures.ts'
import { type MeasuredProcess, startMeasured } from './measured-process.ts'
import { loadPages, type PageLoad, type PageVisitor } from './page-load.ts'

const rounds = 3
const seconds = 3
const connectionCounts = [10, 50]
const goal = 0.6

type Side = { port: number; path: string; visitors: readonly PageVisitor[] }

/** A page of the portal and the bare one, in turns, with few and with many connections. */
const compare = async (name: string, portal: Side, bare: Side): Promise<Figure[]> => {
  const figures: Figure[] = []
  for (const connections of connectionCounts) {
    const load = ({ port, path, visitors }: Side) =>
      loadPages({ port, path, visitors: visitors.slice(0, connections), seconds })
    const found: { portal: PageLoad; bare: PageLoad }[] = []
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
        bareP50: median(found.map(each => each.bare.p50)),
        bareP99: median(found.map(each => each.bare.p99)),
      },
    })
  }
  return figures
}

const withBoth = async <T>(bed: Bed, work: (barePort: number) => Promise<T>): Promise<T> => {
  const started: MeasuredProcess[] = []
  try {
    started.push(await bed.startProgram())
    const port = await freePort()
    const key = join(bed.settings.dataDir, 'bare.key')
    const cert = join(bed.settings.dataDir, 'bare.pem')
    await writeFile(key, bed.tls.key, { mode: 0o600 })
    await writeFile(cert, bed.tls.cert)
    const script = join(import.meta.dirname, 'bare', 'server.ts')
    const given = [String(port), key, cert, bed.settings.databaseUrl ?? '']
    started.push(await startMeasured(script, given, {}, () => answers(`https://127.0.0.1:${port}/`)))
    return await work(port)
  } finally {
    for (const each of started) await each.stop()
  }
}

/** The home page, logged in over the certificate door, everything real; beside the bare portal page. */
export const benchHome = (bed: Bed): Promise<Figure[]> =>
  withBoth(bed, async barePort => {
    const visitors = await bed.everyoneHome()
    const sessions = await bed.liveSessions()
    return compare(
      'home',
      { port: bed.settings.certPort, path: '/home', visitors },
      {
        port: barePort,
        path: '/home',
        visitors: sessions.map(id => ({ host: 'localhost', headers: { cookie: `session=${id}` } })),
      },
    )
  })

/** The entry page as a first visitor gets it, without any cookie; beside the bare login page. */
export const benchLoginPage = (bed: Bed): Promise<Figure[]> =>
  withBoth(bed, barePort => {
    const visitors = bed.customers.map(() => ({ host: 'localhost' }))
    return compare(
      'login-page',
      { port: bed.settings.portalPort, path: '/', visitors },
      { port: barePort, path: '/', visitors },
    )
  })
