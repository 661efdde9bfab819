import type { Deps } from '../../deps.ts'
import { Prisma } from '../../generated/prisma/client.ts'
import type { StaffActor, UserActor } from '../../kernel/actor.ts'
import { plusDays, startOf } from '../../kernel/business-day.ts'
import { bankChain } from '../../platform/audit/chain.ts'
import { read } from '../../platform/db/read.ts'
import { can } from '../../policy/can.ts'
import type { Search } from './search.ts'

/**
 * Whose eyes: a user's, on their company's history, and whether they see others' operations there (全操作履歴照会); or an officer's,
 * on the bank's own (H-01), which is no company's.
 */
export type HistoryReader = { id: string; companyId: string | null; others: boolean }

/** What an actor reads. That an officer may read the bank's own, the route's policy has asked. */
export const scopeOf = (actor: UserActor | StaffActor): HistoryReader =>
  actor.kind === 'staff'
    ? { id: actor.id, companyId: null, others: true }
    : { id: actor.id, companyId: actor.companyId, others: can(actor, 'history:others') }

/** The chain that somebody reads: their company's, or the bank's. */
export const chainOf = ({ companyId }: Pick<HistoryReader, 'companyId'>): string => companyId ?? bankChain

/** What a user may see: their company's history, and of that only their own part without 全操作履歴照会 (F-01). */
export const visibleTo = (reader: HistoryReader): Prisma.Sql => {
  const chain = Prisma.sql`history.chain_id = ${chainOf(reader)}::uuid`
  return reader.others ? chain : Prisma.sql`${chain} AND history.actor_id = ${reader.id}::uuid`
}

/** One of the ways by which an entry can be found: what it must meet. */
export type Way = {
  where: Prisma.Sql
  /** Too many beginnings to walk side by side: what meets it is gathered, then sorted. */
  gathered?: true
}

/** What is found by a way must meet this too. */
export const also = ({ where, ...way }: Way, condition: Prisma.Sql): Way => ({
  ...way,
  where: Prisma.sql`${where} ${condition}`,
})

const nothing = Prisma.sql`SELECT NULL::uuid AS id, NULL::timestamptz AS at WHERE false`

const newestOf = ({ where, gathered }: Way, limit: number): Prisma.Sql =>
  gathered
    ? Prisma.sql`(
        SELECT id, at FROM (SELECT history.id, history.at FROM history WHERE ${where} OFFSET 0) AS gathered
        ORDER BY at DESC, id DESC LIMIT ${limit})`
    : Prisma.sql`(
        SELECT history.id, history.at FROM history WHERE ${where}
        ORDER BY history.at DESC, history.id DESC LIMIT ${limit})`

/**
 * The newest `limit` entries found in one of some ways, as `id` and `at`, newest first, each once. Every way walks its own
 * index from the newest on, side by side with the others; an OR would have to gather and sort all there is, and so would a
 * UNION, for it brings equals together by hashing.
 */
export const newest = (ways: readonly Way[], limit: number): Prisma.Sql => {
  const [only, ...others] = ways.map(way => newestOf(way, limit))
  if (!only) return nothing
  if (others.length === 0) return only
  return Prisma.sql`
    SELECT DISTINCT ON (at, id) id, at FROM (${Prisma.join([only, ...others], ' UNION ALL ')}) AS found
    ORDER BY at DESC, id DESC LIMIT ${limit}`
}

/** What this user did, and what was done to them. */
export const byOrAbout = (userId: string): Prisma.Sql[] => [
  Prisma.sql`history.actor_id = ${userId}::uuid`,
  Prisma.sql`history.subject_id = ${userId}::uuid`,
]

/** The conditions of a search: of several, an entry must meet one; where there is none, nothing can be found. */
export const waysToFind = async (deps: Deps, reader: HistoryReader, search: Search): Promise<Way[]> => {
  const parts = [visibleTo(reader)]
  if (search.from) parts.push(Prisma.sql`history.at >= ${startOf(search.from)}::timestamptz`)
  if (search.to) parts.push(Prisma.sql`history.at < ${startOf(plusDays(search.to, 1))}::timestamptz`)
  if (search.operation) parts.push(Prisma.sql`history.operation = ${search.operation}`)
  if (search.outcome === 'refused') parts.push(Prisma.sql`history.outcome = 'refused'`)
  // Without what is done, which is never rare: no index holds it beside the operation.
  const narrowed = Prisma.join(parts, ' AND ')
  if (search.outcome === 'done') parts.push(Prisma.sql`history.outcome = 'done'`)
  const where = Prisma.join(parts, ' AND ')
  // Who may see only their own has nobody else to search for.
  if (!search.user || !reader.others) return [{ where }]
  const rare = (search.operation || search.outcome === 'refused') && (await isRare(deps, narrowed))
  const found = await byOrAboutNamed(deps, reader, search.user, rare ? 'all-at-once' : 'side-by-side')
  return found.map(way => ({ ...way, where: Prisma.sql`${where} AND ${way.where}` }))
}

/** Fewer entries than this are sooner read through for some users than each user's are walked. */
const few = 20_000

const isRare = async ({ db }: Pick<Deps, 'db'>, where: Prisma.Sql): Promise<boolean> => {
  const [counted] = await read<{ found: number }>(db)`
    SELECT count(*)::int AS found FROM (SELECT FROM history WHERE ${where} LIMIT ${few + 1}) AS counted`
  return (counted?.found ?? 0) <= few
}

/** As many namesakes as are walked side by side. */
const sideBySide = 32
/** One user in so many: of the entries of fewer namesakes, all are sooner gathered than the company's newest are read. */
const oneIn = 16

/** No user has this ID: it fills the places up to a power of two, so that few statements differ. */
const nobody = '00000000-0000-0000-0000-000000000000'

/** Who is in a history: a company's users, deleted ones too, or the bank's officers. */
const peopleOf = ({ companyId }: HistoryReader): Prisma.Sql =>
  companyId === null ? Prisma.sql`staff WHERE true` : Prisma.sql`"user" WHERE company_id = ${companyId}::uuid`

/** What the people of a history did, by login ID or the beginning of the name: all of them. */
const byOrAboutNamed = async (
  { db }: Pick<Deps, 'db'>,
  reader: HistoryReader,
  typed: string,
  walked: 'side-by-side' | 'all-at-once',
): Promise<Way[]> => {
  const text = typed.normalize('NFKC')
  const people = peopleOf(reader)
  // starts_with, for LIKE would take % and _ for wildcards.
  const named = Prisma.sql`
    SELECT id FROM ${people}
       AND (login_id_key = ${text.toLowerCase()} OR starts_with(name, ${typed}) OR starts_with(name, ${text}))`
  const rows = await read<{ id: string }>(db)`${named} LIMIT ${sideBySide + 1}`
  if (rows.length === 0) return []
  const anyOfThem = {
    where: Prisma.sql`(history.actor_id IN (${named}) OR history.subject_id IN (${named}))`,
  }
  if (walked === 'all-at-once') return [anyOfThem]
  if (rows.length <= sideBySide) {
    const places = 2 ** Math.ceil(Math.log2(rows.length))
    return Array.from({ length: places }, (_, at) => rows[at]?.id ?? nobody)
      .flatMap(byOrAbout)
      .map(where => ({ where }))
  }
  const [share] = await db.$queryRaw<{ small: boolean }[]>`
    SELECT (SELECT count(*) FROM (${named}) AS namesakes) * ${oneIn}::int
           < (SELECT count(*) FROM ${people}) AS small`
  return share?.small
    ? [
        { where: Prisma.sql`history.actor_id = ANY(ARRAY(${named}))`, gathered: true },
        { where: Prisma.sql`history.subject_id = ANY(ARRAY(${named}))`, gathered: true },
      ]
    : [anyOfThem]
}
