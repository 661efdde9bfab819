import type { Deps } from '../../deps.ts'
import { Prisma } from '../../generated/prisma/client.ts'
import type { UserActor } from '../../kernel/actor.ts'
import { plusDays, startOf } from '../../kernel/business-day.ts'
import { can } from '../../policy/can.ts'
import type { Search } from './search.ts'

/** Whose eyes: a user, and whether they see others' operations (全操作履歴照会). */
export type HistoryReader = Pick<UserActor, 'id' | 'companyId'> & { others: boolean }

export const readerOf = (actor: UserActor): HistoryReader => ({
  id: actor.id,
  companyId: actor.companyId,
  others: can(actor, 'history:others'),
})

/** What a user may see: their company's history, and of that only their own part without 全操作履歴照会 (F-01). */
export const visibleTo = ({ id, companyId, others }: HistoryReader): Prisma.Sql =>
  others
    ? Prisma.sql`history.chain_id = ${companyId}::uuid`
    : Prisma.sql`history.chain_id = ${companyId}::uuid AND history.actor_id = ${id}::uuid`

/**
 * The newest `limit` entries found in one of some ways, and more where they were found in several. Each way walks its
 * own index from the newest on; an OR would have to gather and sort all there is.
 */
export const newest = (ways: Prisma.Sql[], limit: number): Prisma.Sql =>
  Prisma.join(
    ways.map(
      where => Prisma.sql`
        (SELECT history.id, history.at FROM history WHERE ${where}
         ORDER BY history.at DESC, history.id DESC LIMIT ${limit})`,
    ),
    ' UNION ',
  )

/** What this user did, and what was done to them. */
export const byOrAbout = (userId: string): Prisma.Sql[] => [
  Prisma.sql`history.actor_id = ${userId}::uuid`,
  Prisma.sql`history.subject_id = ${userId}::uuid`,
]

/** The conditions of a search; of several, an entry must meet one. */
export const waysToFind = async (
  deps: Deps,
  reader: HistoryReader,
  search: Search,
): Promise<Prisma.Sql[]> => {
  const parts = [visibleTo(reader)]
  if (search.from) parts.push(Prisma.sql`history.at >= ${startOf(search.from)}::timestamptz`)
  if (search.to) parts.push(Prisma.sql`history.at < ${startOf(plusDays(search.to, 1))}::timestamptz`)
  if (search.operation) parts.push(Prisma.sql`history.operation = ${search.operation}`)
  if (search.outcome === 'refused') parts.push(Prisma.sql`history.outcome = 'refused'`)
  if (search.outcome === 'done') parts.push(Prisma.sql`history.outcome = 'done'`)
  const where = Prisma.join(parts, ' AND ')
  // Who may see only their own has nobody else to search for.
  if (!search.user || !reader.others) return [where]
  return (await byOrAboutNamed(deps, reader, search.user)).map(part => Prisma.sql`${where} AND ${part}`)
}

/** What users of the reader's company did, deleted ones too, by login ID or the beginning of the name: all of them. */
const byOrAboutNamed = async (
  { db }: Pick<Deps, 'db'>,
  { companyId }: HistoryReader,
  typed: string,
): Promise<Prisma.Sql[]> => {
  const text = typed.normalize('NFKC')
  // starts_with, for LIKE would take % and _ for wildcards.
  const named = Prisma.sql`
    SELECT id FROM "user"
     WHERE company_id = ${companyId}::uuid
       AND (login_id_key = ${text.toLowerCase()} OR starts_with(name, ${typed}) OR starts_with(name, ${text}))`
  const [only, another] = await db.$queryRaw<{ id: string }[]>`${named} LIMIT 2`
  // An equation keeps the order of the index, a list of users does not.
  return only && !another
    ? byOrAbout(only.id)
    : [Prisma.sql`history.actor_id IN (${named})`, Prisma.sql`history.subject_id IN (${named})`]
}
