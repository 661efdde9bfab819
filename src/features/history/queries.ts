import type { Deps } from '../../deps.ts'
import { Prisma } from '../../generated/prisma/client.ts'
import type { StaffActor, UserActor } from '../../kernel/actor.ts'
import { plusDays, startOf } from '../../kernel/business-day.ts'
import { isId } from '../../kernel/ids.ts'
import { can } from '../../policy/can.ts'
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

type Row = Omit<HistoryEntry, 'details'> & { details: string }

const columns = Prisma.sql`
  history.id, history.seq, history.at, history.actor_kind AS "actorKind", history.actor_id AS "actorId",
  history.actor_login_id AS "actorLoginId", history.actor_name AS "actorName",
  history.certificate_serial AS "certificateSerial", history.ip, history.operation, history.outcome, history.reason,
  history.subject_kind AS "subjectKind", history.subject_label AS "subjectLabel", history.details`

const entryOf = (row: Row): HistoryEntry => ({
  ...row,
  details: JSON.parse(row.details) as Record<string, unknown>,
})

/** What a user may see: their company's history, and of that only their own part without 全操作履歴照会 (F-01). */
const visibleTo = (actor: UserActor): Prisma.Sql =>
  can(actor, 'history:others')
    ? Prisma.sql`history.chain_id = ${actor.companyId}::uuid`
    : Prisma.sql`history.chain_id = ${actor.companyId}::uuid AND history.actor_id = ${actor.id}::uuid`

/** A page of the history, newest first. A page past the last gives the last. */
export const searchHistory = async (deps: Deps, actor: UserActor, search: Search): Promise<HistoryPage> => {
  const where = await conditions(deps, actor, search)
  const [counted] = await deps.db.$queryRaw<{ found: bigint }[]>`
    SELECT count(*) AS found FROM (SELECT FROM history WHERE ${where} LIMIT ${reach + 1}) AS some`
  const found = Number(counted?.found ?? 0)
  const total = Math.min(found, reach)
  const page = Math.min(search.page, Math.max(1, Math.ceil(total / pageSize)))
  // The ids of the page come from the index alone; only its own rows are then fetched.
  const rows = await deps.db.$queryRaw<Row[]>`
    SELECT ${columns} FROM history JOIN (
      SELECT history.id FROM history WHERE ${where}
      ORDER BY history.at DESC, history.id DESC LIMIT ${pageSize} OFFSET ${(page - 1) * pageSize}
    ) AS page USING (id)
    ORDER BY history.at DESC, history.id DESC`
  return { entries: rows.map(entryOf), total, beyond: found > reach, page }
}

/** One entry by its id; undefined when there is none that the actor may see. */
export const findEntry = async (
  deps: Deps,
  actor: UserActor,
  id: string,
): Promise<HistoryEntry | undefined> => {
  if (!isId(id)) return undefined
  const [row] = await deps.db.$queryRaw<Row[]>`
    SELECT ${columns} FROM history WHERE history.id = ${id}::uuid AND ${visibleTo(actor)}`
  return row && entryOf(row)
}

/** The operations that occur in what the actor's company has done and been done to, for the search form. */
export const operationsSeen = async (deps: Deps, actor: UserActor): Promise<string[]> => {
  // One step in the index per operation, however many entries there are.
  const rows = await deps.db.$queryRaw<{ operation: string | null }[]>`
    WITH RECURSIVE seen AS (
      (SELECT operation FROM history WHERE chain_id = ${actor.companyId}::uuid ORDER BY operation LIMIT 1)
      UNION ALL
      SELECT (
        SELECT history.operation FROM history
        WHERE chain_id = ${actor.companyId}::uuid AND history.operation > seen.operation
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
  const rows = await deps.db.$queryRaw<Row[]>`
    SELECT ${columns} FROM history JOIN (${touching(user.companyId, [user.userId], limit)}) AS touched USING (id)
    ORDER BY history.at DESC, history.id DESC LIMIT ${limit}`
  return rows.map(entryOf)
}

/** The ids of the newest entries by these users, and of the newest about them: each from its own index. */
const touching = (companyId: string, userIds: string[], limit: number): Prisma.Sql => Prisma.sql`
  (SELECT id FROM history WHERE chain_id = ${companyId}::uuid AND actor_id = ANY(${userIds}::uuid[])
   ORDER BY at DESC, id DESC LIMIT ${limit})
  UNION
  (SELECT id FROM history WHERE chain_id = ${companyId}::uuid AND subject_id = ANY(${userIds}::uuid[])
   ORDER BY at DESC, id DESC LIMIT ${limit})`

const conditions = async (deps: Deps, actor: UserActor, search: Search): Promise<Prisma.Sql> => {
  const parts = [visibleTo(actor)]
  if (search.from) parts.push(Prisma.sql`history.at >= ${startOf(search.from)}::timestamptz`)
  if (search.to) parts.push(Prisma.sql`history.at < ${startOf(plusDays(search.to, 1))}::timestamptz`)
  if (search.operation) parts.push(Prisma.sql`history.operation = ${search.operation}`)
  if (search.outcome === 'refused') parts.push(Prisma.sql`history.outcome = 'refused'`)
  if (search.outcome === 'done') parts.push(Prisma.sql`history.outcome = 'done'`)
  // Who may see only their own has nobody else to search for.
  if (search.user && can(actor, 'history:others')) {
    const ids = await usersNamed(deps, actor, search.user)
    parts.push(
      Prisma.sql`(history.actor_id = ANY(${ids}::uuid[]) OR history.subject_id = ANY(${ids}::uuid[]))`,
    )
  }
  return Prisma.join(parts, ' AND ')
}

const mostUsers = 100

/** Users of the actor's company, deleted ones too, by login ID or the beginning of the name. */
const usersNamed = async (deps: Deps, actor: UserActor, typed: string): Promise<string[]> => {
  const text = typed.normalize('NFKC')
  const users = await deps.db.user.findMany({
    where: {
      companyId: actor.companyId,
      OR: [
        { loginIdKey: text.toLowerCase() },
        { name: { startsWith: typed } },
        { name: { startsWith: text } },
      ],
    },
    select: { id: true },
    take: mostUsers,
  })
  return users.map(user => user.id)
}
