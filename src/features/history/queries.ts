import type { Deps } from '../../deps.ts'
import { Prisma } from '../../generated/prisma/client.ts'
import type { StaffActor } from '../../kernel/actor.ts'
import { isId } from '../../kernel/ids.ts'
import { read } from '../../platform/db/read.ts'
import { byOrAbout, type HistoryReader, newest, visibleTo, waysToFind } from './queries.conditions.ts'
import { pageSize, reach, type Search } from './search.ts'

/** An entry of the history as people read it; `details` is the event's own object. */
export type HistoryEntry = {
  id: string
  seq: bigint
  at: Date
  actorKind: 'user' | 'staff' | 'system' | 'stranger'
  actorId: string | null
  actorLoginId: string | null
  actorName: string | null
  certificateSerial: string | null
  ip: string | null
  operation: string
  outcome: 'done' | 'refused'
  reason: string | null
  subjectKind: string | null
  subjectLabel: string | null
  details: Record<string, unknown>
}

export type HistoryPage = {
  entries: HistoryEntry[]
  /** How many match, at most `reach`. */
  total: number
  /** Whether more match than pages show. */
  beyond: boolean
  page: number
}

/** To its customers the bank is one: what an officer logs in with, and at which computer, is no business of theirs (decision 0019). */
export const seenBy =
  ({ companyId }: HistoryReader) =>
  (entry: HistoryEntry): HistoryEntry =>
    companyId !== null && entry.actorKind === 'staff'
      ? { ...entry, actorLoginId: null, ip: null, certificateSerial: null }
      : entry

export type Row = Omit<HistoryEntry, 'details'> & { details: string }

/** An entry's columns, for `entryOf`. */
export const columns = Prisma.sql`
  history.id, history.seq, history.at, history.actor_kind AS "actorKind", history.actor_id AS "actorId",
  history.actor_login_id AS "actorLoginId", history.actor_name AS "actorName",
  history.certificate_serial AS "certificateSerial", history.ip, history.operation, history.outcome, history.reason,
  history.subject_kind AS "subjectKind", history.subject_label AS "subjectLabel", history.details`

export const entryOf = (row: Row): HistoryEntry => ({
  ...row,
  details: JSON.parse(row.details) as Record<string, unknown>,
})

/**
 * A page of the history, newest first. A page past the last gives the last. What matches is walked once, in the index,
 * as far as pages reach: counted, cut into pages, and only the page's own rows are then fetched.
 */
export const searchHistory = async (
  deps: Deps,
  reader: HistoryReader,
  search: Search,
): Promise<HistoryPage> => {
  const ways = await waysToFind(deps, reader, search)
  if (ways.length === 0) return { entries: [], total: 0, beyond: false, page: 1 }
  const rows = await read<Row & { found: number }>(deps.db)`
    WITH matching AS MATERIALIZED (
      ${newest(ways, reach + 1)}
    ),
    counted AS (SELECT count(*)::int AS found FROM matching),
    page AS (
      SELECT id FROM matching ORDER BY at DESC, id DESC LIMIT ${pageSize}
      OFFSET (
        SELECT greatest(0, least(${search.page}::int - 1, (least(found, ${reach}::int) - 1) / ${pageSize}::int))
          * ${pageSize}::int
        FROM counted
      )
    )
    SELECT ${columns}, counted.found FROM history JOIN page USING (id) CROSS JOIN counted
    ORDER BY history.at DESC, history.id DESC`
  const found = rows[0]?.found ?? 0
  const total = Math.min(found, reach)
  const page = Math.min(search.page, Math.max(1, Math.ceil(total / pageSize)))
  const entries = rows.map(({ found: _found, ...row }) => entryOf(row))
  return { entries: entries.map(seenBy(reader)), total, beyond: found > reach, page }
}

/** One entry by its id; undefined when there is none that the reader may see. */
export const findEntry = async (
  deps: Deps,
  reader: HistoryReader,
  id: string,
): Promise<HistoryEntry | undefined> => {
  if (!isId(id)) return undefined
  const [row] = await deps.db.$queryRaw<Row[]>`
    SELECT ${columns} FROM history WHERE history.id = ${id}::uuid AND ${visibleTo(reader)}`
  return row && seenBy(reader)(entryOf(row))
}

/** The operations that occur in what the reader may see, for the search form (F-01). */
export const operationsSeen = async (deps: Deps, reader: HistoryReader): Promise<string[]> => {
  const visible = visibleTo(reader)
  if (!reader.others) {
    // One's own part is small, and read from the index alone; what one never did would be looked for in all of the company's.
    const own = await read<{ operation: string }>(deps.db)`
      SELECT DISTINCT operation FROM history WHERE ${visible} ORDER BY operation`
    return own.map(({ operation }) => operation)
  }
  // One step in the index per operation, however many entries there are; the index holds those that have one.
  const rows = await read<{ operation: string | null }>(deps.db)`
    WITH RECURSIVE seen AS (
      (SELECT operation FROM history WHERE ${visible} AND operation > '' ORDER BY operation LIMIT 1)
      UNION ALL
      SELECT (
        SELECT history.operation FROM history
        WHERE ${visible} AND history.operation > seen.operation
        ORDER BY history.operation LIMIT 1
      ) FROM seen WHERE seen.operation IS NOT NULL
    )
    SELECT operation FROM seen`
  return rows.flatMap(row => row.operation ?? [])
}

/**
 * The newest entries by or about one user of a company, for the helpdesk's page of a customer (H-02). For staff only:
 * the caller records the look (F-04).
 */
export const recentHistoryOf = async (
  deps: Deps,
  _actor: StaffActor,
  user: { companyId: string; userId: string },
  limit = 20,
): Promise<HistoryEntry[]> => {
  const own = Prisma.sql`history.chain_id = ${user.companyId}::uuid`
  const ways = byOrAbout(user.userId).map(part => ({ where: Prisma.sql`${own} AND ${part}` }))
  const rows = await deps.db.$queryRaw<Row[]>`
    SELECT ${columns} FROM history JOIN (${newest(ways, limit)}) AS matching USING (id)
    ORDER BY history.at DESC, history.id DESC LIMIT ${limit}`
  return rows.map(entryOf)
}
