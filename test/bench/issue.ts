import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import pg from 'pg'
import type { Deps } from '../../src/deps.ts'
import { requestCertificate } from '../../src/features/certificates/index.ts'
import { system } from '../../src/kernel/actor.ts'
import type { KeyAlgorithm } from '../../src/platform/ca/keys.ts'
import { inTx } from '../../src/platform/db/in-tx.ts'
import type { PolicyOverrides } from '../../src/policy/policy.ts'
import type { Bed } from './bed.ts'
import { onServerCore } from './cores.ts'
import { type Figure, median, medianRatio } from './figures.ts'
import type { MeasuredProcess } from './measured-process.ts'

const rounds = 3
const goal = 0.8

/** Certificates a round: how long an RSA key takes is a matter of luck, which many of them even out. */
const kinds: Record<string, { algorithm: KeyAlgorithm; count: number }> = {
  'issue-rsa3072': { algorithm: 'rsa-3072', count: 30 },
  'issue-rsa2048': { algorithm: 'rsa-2048', count: 50 },
  'issue-p256': { algorithm: 'p-256', count: 50 },
}
export const issueBenches = Object.keys(kinds)

/**
 * Certificates with their files a second, from the request to the file that can be downloaded, as the program issues
 * them; beside key generation and OpenSSL's PKCS#12 alone on the same core.
 */
export const benchIssue = async (bed: Bed, wanted: ReadonlySet<string>): Promise<Figure[]> => {
  const program = await bed.startProgram()
  try {
    return await bed.withDeps(async deps => {
      const figures: Figure[] = []
      for (const name of issueBenches.filter(each => wanted.has(each)))
        figures.push(await one(bed, deps, program, name))
      return figures
    })
  } finally {
    await program.stop()
  }
}

/** By the owner: the program writes each version of a policy once, and its role may change none. */
const overrideAll = async ({ settings }: Bed, overrides: PolicyOverrides): Promise<void> => {
  const client = new pg.Client(settings.databaseOwnerUrl)
  await client.connect()
  try {
    await client.query('UPDATE company_policy SET overrides = $1', [overrides])
  } finally {
    await client.end()
  }
}

const one = async (bed: Bed, deps: Deps, program: MeasuredProcess, name: string): Promise<Figure> => {
  const { algorithm, count } = kinds[name] ?? { algorithm: 'rsa-3072', count: 1 }
  await overrideAll(bed, { certificate: { keyAlgorithm: algorithm } })
  const found: { measured: number; baseline: number }[] = []
  const cpu: number[] = []
  const databaseCpu: number[] = []
  try {
    // Threads and compiled code come with the first few, which are thrown away.
    await issue(bed, deps, 6)
    for (let round = 0; round < rounds; round++) {
      const baseline = await alone(bed, algorithm, count)
      const before = { own: program.cpuSeconds(), database: bed.databaseCpuSeconds() }
      const measured = await issue(bed, deps, count)
      cpu.push(((program.cpuSeconds() - before.own) * 1000) / count)
      databaseCpu.push(((bed.databaseCpuSeconds() - before.database) * 1000) / count)
      found.push({ measured, baseline })
    }
  } finally {
    await overrideAll(bed, {})
  }
  const ratio = medianRatio(found)
  return {
    name,
    unit: 'certificates/s',
    median: median(found.map(({ measured }) => measured)),
    baseline: median(found.map(({ baseline }) => baseline)),
    ratio,
    goal: `≥ ${goal} × keys and OpenSSL alone`,
    met: ratio >= goal,
    besides: { cpuMilliseconds: median(cpu), databaseCpuMilliseconds: median(databaseCpu) },
  }
}

/** Certificates a second, all asked for at once and worked on as the program does: two at a time. */
const issue = async (bed: Bed, deps: Deps, count: number): Promise<number> => {
  const startedAt = performance.now()
  const ids = await inTx(deps, async tx => {
    const requested: string[] = []
    for (const { companyId, userId } of bed.customers.slice(0, count))
      requested.push(
        await requestCertificate(deps, tx, system('bench'), {
          holder: { companyId, userId },
          purpose: 'enrolment',
          pkcs12Password: 'KeisokuShutoku2026',
        }),
      )
    return requested
  })
  const isReady = { certificateId: { in: ids }, readyAt: { not: null } }
  while ((await deps.db.certificateDelivery.count({ where: isReady })) < ids.length) {
    if (performance.now() - startedAt > 120_000)
      throw new Error('Certificates were not issued in two minutes')
    await pause(50)
  }
  return (ids.length * 1000) / (performance.now() - startedAt)
}

const alone = async (bed: Bed, algorithm: KeyAlgorithm, count: number): Promise<number> => {
  const script = join(import.meta.dirname, 'bare', 'issue.ts')
  const certificate = join(bed.settings.dataDir, 'tls', 'ca.pem')
  const [command, given] = onServerCore(process.execPath, [script, algorithm, String(count), certificate])
  const { stdout } = await promisify(execFile)(command, given)
  return Number(stdout)
}
