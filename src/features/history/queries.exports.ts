import type { Deps } from '../../deps.ts'
import { Prisma } from '../../generated/prisma/client.ts'
import type { UserActor } from '../../kernel/actor.ts'
import { isId } from '../../kernel/ids.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import { genesis } from '../../platform/audit/chain.ts'
import { can } from '../../policy/can.ts'
import { type Cursor, type ExportFormat, type Head, mostExports } from './export.ts'
import { also, chainOf, type HistoryReader, newest, scopeOf, waysToFind } from './queries.conditions.ts'
import { columns, entryOf, type HistoryEntry, type Row, seenBy } from './queries.ts'
import type { Search } from './search.ts'

/** The head of the reader's chain now: an export names it, and holds nothing that came after it (F-03). */
export const headOf = async (
  deps: Pick<Deps, 'db'>,
  reader: Pick<HistoryReader, 'companyId'>,
): Promise<Head> => {
  const head = await deps.db.historyChain.findUnique({ where: { id: chainOf(reader) } })
  return head ? { seq: head.seq, hash: Buffer.from(head.hash) } : { seq: 0n, hash: genesis }
}

/** How many entries a search finds up to a head. */
export const countEntries = async (
  deps: Deps,
  reader: HistoryReader,
  search: Search,
  { seq }: Head,
): Promise<number> => {
  const ways = (await waysToFind(deps, reader, search)).map(
    ({ where }) => Prisma.sql`
    SELECT history.id FROM history WHERE ${where} AND history.seq <= ${seq}`,
  )
  if (ways.length === 0) return 0
  const [counted] = await deps.db.$queryRaw<{ found: bigint }[]>`
    SELECT count(*) AS found FROM (${Prisma.join(ways, ' UNION ')}) AS matching`
  return Number(counted?.found ?? 0)
}

/** The next `limit` entries of a search up to a head, newest first, after the cursor. */
export const entriesAfter = async (
  deps: Deps,
  reader: HistoryReader,
  search: Search,
  { seq }: Head,
  cursor: Cursor | undefined,
  limit: number,
): Promise<HistoryEntry[]> => {
  const after = cursor
    ? Prisma.sql`AND (history.at, history.id) < (${cursor.at}::timestamptz, ${cursor.id}::uuid)`
    : Prisma.empty
  const ways = (await waysToFind(deps, reader, search)).map(way =>
    also(way, Prisma.sql`AND history.seq <= ${seq} ${after}`),
  )
  const rows = await deps.db.$queryRaw<Row[]>`
    SELECT ${columns} FROM history JOIN (
      ${newest(ways, limit)}
    ) AS page USING (id)
    ORDER BY history.at DESC, history.id DESC`
  return rows.map(entryOf).map(seenBy(reader))
}

/** A file that was asked for, as its owner sees it. */
export type HistoryExport = {
  id: string
  format: ExportFormat
  conditions: Record<string, string>
  others: boolean
  total: number
  done: number
  requestedAt: Date
  expiresAt: Date
  finished: boolean
  /** Volumes of the PDF; the CSV file is one, however many parts it is kept in. */
  volumes: { number: number; rows: number }[]
}

const shown = {
  include: { files: { select: { number: true, rows: true }, orderBy: { number: 'asc' } } },
} as const satisfies Prisma.HistoryExportDefaultArgs

type ExportRow = Prisma.HistoryExportGetPayload<typeof shown>

const exportOf = (row: ExportRow): HistoryExport => ({
  id: row.id,
  format: row.format,
  conditions: row.conditions as Record<string, string>,
  others: row.others,
  total: row.total,
  done: row.done,
  requestedAt: row.requestedAt,
  expiresAt: row.expiresAt,
  finished: row.finishedAt !== null,
  volumes: row.format === 'pdf' ? row.files : [{ number: 1, rows: row.done }],
})

const ownedBy = (deps: Pick<Deps, 'clock'>, { companyId, id }: UserActor) => ({
  companyId,
  userId: id,
  expiresAt: { gt: deps.clock.now() },
})

/** The actor's own export. Of others' operations only while they may still be seen. */
export const findExport = async (
  deps: Deps,
  actor: UserActor,
  id: string,
): Promise<Result<HistoryExport, 'historyExport.notFound' | 'access.forbidden'>> => {
  const row = isId(id)
    ? await deps.db.historyExport.findFirst({ where: { ...ownedBy(deps, actor), id }, ...shown })
    : null
  if (!row) return refuse('historyExport.notFound')
  return row.others && !can(actor, 'history:others') ? refuse('access.forbidden') : ok(exportOf(row))
}

/** The actor's own exports of the last day, newest first. */
export const ownExports = async (deps: Deps, actor: UserActor): Promise<HistoryExport[]> => {
  const { others } = scopeOf(actor)
  const rows = await deps.db.historyExport.findMany({
    where: { ...ownedBy(deps, actor), ...(!others && { others: false }) },
    orderBy: { requestedAt: 'desc' },
    take: mostExports,
    ...shown,
  })
  return rows.map(exportOf)
}

/** The contents of a finished export's parts `from` to `to`, one at a time. */
export async function* partsOf(
  deps: Deps,
  actor: UserActor,
  exportId: string,
  from: number,
  to: number,
): AsyncGenerator<Buffer> {
  for (let number = from; number <= to; number++) {
    const part = await deps.db.historyExportFile.findFirst({
      where: { companyId: actor.companyId, exportId, number, export: { userId: actor.id } },
      select: { content: true },
    })
    // Parts are numbered without gaps: there is no next one.
    if (!part) return
    yield Buffer.from(part.content)
  }
}
