import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { promisify } from 'node:util'
import pg from 'pg'
import { fillHistory } from '../support/many-entries.ts'
import type { Bed } from './bed.ts'
import { onEveryCore } from './cores.ts'
import { type Figure, median } from './figures.ts'
import { loadPages } from './page-load.ts'

const root = join(import.meta.dirname, '..', '..')
const entries = 1_000_000
const rounds = 3
const seconds = 1
const pageGoal = 30
const verifyGoal = 60

export const historyBenches = ['history-1m', 'audit-verify-1m']

const day = 86_400_000
const dayOf = (at: Date) => new Date(at.getTime() + 9 * 3_600_000).toISOString().slice(0, 10)

/** A company of ten with a million entries, the last ones of this minute. */
const seed = async (bed: Bed): Promise<{ until: Date }> => {
  const [owner] = bed.customers
  const ownerUrl = bed.settings.databaseOwnerUrl
  if (!owner || !ownerUrl) throw new Error('The bed has no customer')
  const { companyId } = owner
  const client = new pg.Client(ownerUrl)
  await client.connect()
  try {
    await client.query(
      `insert into "user" (id, company_id, login_id, login_id_key, login_id_scope, name, email, role, created_at)
       select gen_random_uuid(), $1, 'rireki' || n, 'rireki' || n, 'bench', '履歴' || n || '郎', 'x', 'user', now()
       from generate_series(1, 9) as n`,
      [companyId],
    )
    const { rows } = await client.query<{ id: string; loginId: string; name: string }>(
      `select id, login_id as "loginId", name from "user" where company_id = $1 order by login_id`,
      [companyId],
    )
    const until = new Date()
    await fillHistory(ownerUrl, { companyId, users: rows, count: entries, until })
    return { until }
  } finally {
    await client.end()
  }
}

/** Every filter of 操作履歴照会 over a million entries, the first and the 500th page; and the check of their chain. */
export const benchHistory = async (bed: Bed, wanted: ReadonlySet<string>): Promise<Figure[]> => {
  const { until } = await seed(bed)
  return [
    ...(wanted.has('history-1m') ? await benchPages(bed, until) : []),
    ...(wanted.has('audit-verify-1m') ? [await benchVerify(bed)] : []),
  ]
}

const benchPages = async (bed: Bed, until: Date): Promise<Figure[]> => {
  const from = dayOf(new Date(until.getTime() - 6 * day))
  const to = dayOf(new Date(until.getTime() - 3 * day))
  const filters: Record<string, string> = {
    all: '',
    days: `from=${from}&to=${to}`,
    user: 'user=rireki3',
    name: `user=${encodeURIComponent('履歴')}`,
    operation: 'operation=password.changed',
    rare: 'operation=login.failed&outcome=refused',
    refused: 'outcome=refused',
    done: 'outcome=done',
    every: `from=${from}&to=${to}&user=rireki3&operation=page.printed&outcome=done`,
    nobody: 'user=nobody',
    // Two that are looked for in the same index, though they meet in few entries or in none.
    'user refused': 'user=rireki3&outcome=refused',
    'name rare': `user=${encodeURIComponent('履歴')}&operation=login.failed&outcome=refused`,
  }
  const program = await bed.startProgram()
  try {
    const [visitor] = await bed.everyoneHome()
    if (!visitor) throw new Error('Nobody is logged in')
    const figures: Figure[] = []
    for (const [name, query] of Object.entries(filters))
      for (const page of [1, 500]) {
        const path = `/history?${query}${query === '' ? '' : '&'}page=${page}`
        const found = []
        // The first round warms caches and compilers, and is thrown away.
        for (let round = 0; round <= rounds; round++) {
          const before = { own: program.cpuSeconds(), database: bed.databaseCpuSeconds() }
          const load = await loadPages({ port: bed.settings.certPort, path, visitors: [visitor], seconds })
          const per = (cpu: number) => (cpu * 1000) / load.count
          const cpu = per(program.cpuSeconds() - before.own)
          const databaseCpu = per(bed.databaseCpuSeconds() - before.database)
          if (round > 0) found.push({ ...load, cpu, databaseCpu })
        }
        const p50 = median(found.map(each => each.p50))
        figures.push({
          name: `history-1m ${name}, page ${page}`,
          connections: 1,
          unit: 'pages/s',
          median: median(found.map(each => each.perSecond)),
          baseline: null,
          ratio: null,
          p50,
          p99: median(found.map(each => each.p99)),
          goal: `p50 < ${pageGoal} ms`,
          met: p50 < pageGoal,
          // What a page costs whoever else uses the machine.
          besides: {
            cpuMilliseconds: median(found.map(each => each.cpu)),
            databaseCpuMilliseconds: median(found.map(each => each.databaseCpu)),
          },
        })
      }
    return figures
  } finally {
    await program.stop()
  }
}

/** `sekisho audit:verify` as an operator runs it, with the whole machine, from the command to its end. */
const benchVerify = async (bed: Bed): Promise<Figure> => {
  const { settings } = bed
  const [command, given] = onEveryCore(join(root, 'bin', 'sekisho'), ['audit:verify'])
  const took: number[] = []
  for (let round = 0; round < rounds; round++) {
    const startedAt = performance.now()
    const { stdout } = await promisify(execFile)(command, given, {
      cwd: root,
      env: {
        PATH: process.env.PATH ?? '',
        DATA_DIR: settings.dataDir,
        DATABASE_URL: settings.databaseUrl,
        DATABASE_OWNER_URL: settings.databaseOwnerUrl,
      },
    })
    if (!/All \d+ chains are whole/.test(stdout)) throw new Error(`The chains are not whole: ${stdout}`)
    took.push((performance.now() - startedAt) / 1000)
  }
  return {
    name: 'audit-verify-1m',
    unit: 's',
    median: median(took),
    baseline: null,
    ratio: null,
    goal: `< ${verifyGoal}`,
    met: median(took) < verifyGoal,
  }
}
