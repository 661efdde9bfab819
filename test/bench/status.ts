import { execFile } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import autocannon, { type Request } from 'autocannon'
import type { Bed } from './bed.ts'
import { type Figure, median } from './figures.ts'

const rounds = 3
const seconds = 3
const connections = 10
export const statusBenches = ['ocsp', 'crl']

/** Answers a second to machines that ask about certificates, over plain HTTP: every customer's by OCSP, or the list. */
export const benchStatus = async (bed: Bed, wanted: ReadonlySet<string>): Promise<Figure[]> => {
  const program = await bed.startProgram()
  const folder = await mkdtemp(join(tmpdir(), 'sekisho-bench-status-'))
  try {
    const { issuerId, requests } = await bed.withDeps(async deps => {
      const issuer = await deps.db.issuer.findFirstOrThrow({ where: { kind: 'users' } })
      while (
        (await deps.db.ocspResponder.count({ where: { issuerId: issuer.id } })) === 0 ||
        (await deps.db.crl.count({ where: { issuerId: issuer.id } })) === 0
      )
        await pause(100)
      const ca = join(folder, 'ca.pem')
      await writeFile(ca, new X509Certificate(issuer.certificateDer).toString())
      const rows = await deps.db.certificate.findMany({
        where: { issuerId: issuer.id, der: { not: null } },
        take: bed.customers.length,
        select: { serial: true },
      })
      const made: Buffer[] = []
      for (const { serial } of rows) made.push(await requestFor(folder, ca, String(serial)))
      return { issuerId: issuer.id, requests: made }
    })
    const asked: Record<string, Request[]> = {
      ocsp: requests.map(body => ({
        method: 'POST',
        path: '/pki/ocsp',
        headers: { 'content-type': 'application/ocsp-request' },
        body,
      })),
      crl: [{ path: `/pki/crl/${issuerId}.crl` }],
    }
    const figures: Figure[] = []
    for (const name of statusBenches.filter(each => wanted.has(each)))
      figures.push(await measure(bed, name, asked[name] ?? []))
    return figures
  } finally {
    await program.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

const requestFor = async (folder: string, ca: string, serial: string): Promise<Buffer> => {
  const file = join(folder, 'request.der')
  const given = ['ocsp', '-issuer', ca, '-no_nonce', '-serial', `0x${serial}`, '-reqout', file]
  await promisify(execFile)('openssl', given)
  return readFile(file)
}

const measure = async (bed: Bed, name: string, requests: Request[]): Promise<Figure> => {
  const found: { perSecond: number; p50: number; p99: number }[] = []
  // The first round is for the compilers, and thrown away.
  for (let round = 0; round <= rounds; round++) {
    const load = await autocannon({
      url: `http://127.0.0.1:${bed.settings.httpPort}`,
      connections,
      duration: seconds,
      requests,
    })
    if (load.errors > 0 || load.non2xx > 0)
      throw new Error(`${name}: ${load.errors} requests failed, ${load.non2xx} were refused`)
    const { p50, p99 } = load.latency
    if (round > 0) found.push({ perSecond: load.requests.average, p50, p99 })
  }
  return {
    name,
    connections,
    unit: 'answers/s',
    median: median(found.map(each => each.perSecond)),
    baseline: null,
    ratio: null,
    p50: median(found.map(each => each.p50)),
    p99: median(found.map(each => each.p99)),
    goal: 'to be known',
    met: true,
  }
}
