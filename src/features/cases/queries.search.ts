import type { Deps } from '../../deps.ts'
import { Prisma } from '../../generated/prisma/client.ts'
import type { StaffActor } from '../../kernel/actor.ts'
import { policyOf } from '../../policy/policy.ts'
import { isLocked } from '../passwords/index.ts'
import { type ServiceState, viewing } from './queries.ts'
import { countedAtMost, type SearchKeys, shownAtMost } from './search.ts'

export type FoundCompany = { id: string; contractNumber: string; name: string; users: number }
export type FoundUser = {
  id: string
  loginId: string
  name: string
  email: string
  serviceState: ServiceState
  locked: boolean
  companyName: string
  contractNumber: string
}

/** `count` is what there is in all, up to `countedAtMost`. */
export type Found<T> = { rows: T[]; count: number }

// In LIKE, these mean something: the customer typed them, they stand for themselves.
const literally = (text: string): string => text.replace(/[\\%_]/g, '\\$&')
const beginsWith = (text: string): string => `${literally(text)}%`

/** The texts that begin with one, as bounds: an index answers them also where the plan is made before the text is known. */
const beginning = (column: Prisma.Sql, text: string): Prisma.Sql =>
  Prisma.sql`(${column} ~>=~ ${text} AND ${column} ~<~ ${`${text}\u{10ffff}`})`

const contains = (text: string): string => `%${literally(text)}%`

const withoutSpaces = (column: Prisma.Sql): Prisma.Sql =>
  Prisma.sql`lower(translate(${column}, ' \u3000', ''))`

const namesLike = (column: Prisma.Sql, names: string[]): Prisma.Sql =>
  Prisma.join(
    names.map(name => Prisma.sql`${withoutSpaces(column)} LIKE ${contains(name)}`),
    ' OR ',
  )

/**
 * Users with any of these texts in their name. Its pairs of characters, which an index holds, find them (a trigger of the
 * database keeps them, written alike); LIKE then looks at what they have found.
 */
const namedLike = (names: readonly string[]): Prisma.Sql =>
  Prisma.join(
    names.map(
      name =>
        Prisma.sql`(u.name_grams IS NOT NULL AND u.name_grams @> ${gramsOf(name)}::text[]
                    AND ${withoutSpaces(Prisma.sql`u.name`)} LIKE ${contains(name)})`,
    ),
    ' OR ',
  )

const gramsOf = (text: string): string[] => {
  const characters = [...text]
  if (characters.length === 1) return characters
  return characters.slice(1).map((character, index) => (characters[index] ?? '') + character)
}

const companyIs = ({ contract, names }: Pick<SearchKeys, 'contract' | 'names'>): Prisma.Sql | undefined => {
  const conditions = [
    ...(contract ? [Prisma.sql`c.contract_number LIKE ${beginsWith(contract)}`] : []),
    ...(names ? [namesLike(Prisma.sql`c.name`, names), namesLike(Prisma.sql`c.name_kana`, names)] : []),
  ]
  return conditions.length === 0 ? undefined : Prisma.join(conditions, ' OR ')
}

/** Companies by contract number or name, in the order of their contract numbers (H-02). */
export const findCompanies = async (
  deps: Pick<Deps, 'db'>,
  actor: StaffActor,
  keys: SearchKeys,
): Promise<Found<FoundCompany>> => {
  viewing(actor)
  const where = companyIs(keys.company ?? keys)
  if (!where) return { rows: [], count: 0 }
  const rows = await deps.db.$queryRaw<FoundCompany[]>`
    SELECT c.id, c.contract_number AS "contractNumber", c.name,
           (SELECT count(*)::int FROM "user" u WHERE u.company_id = c.id AND u.service_state <> 'deleted') AS users
      FROM company c WHERE ${where} ORDER BY c.contract_number LIMIT ${shownAtMost}`
  return { rows, count: rows.length < shownAtMost ? rows.length : await countCompanies(deps, where) }
}

const countCompanies = async (deps: Pick<Deps, 'db'>, where: Prisma.Sql): Promise<number> => {
  const [row] = await deps.db.$queryRaw<{ count: number }[]>`
    SELECT count(*)::int AS count FROM (SELECT FROM company c WHERE ${where} LIMIT ${countedAtMost}) AS found`
  return row?.count ?? 0
}

/**
 * Which users are meant, one SELECT a field: PostgreSQL can then use each field's own index, and a field that fits
 * half the bank is cut off where counting ends.
 */
const userHits = (keys: SearchKeys): Prisma.Sql[] => {
  const companies = keys.company && companyIs(keys.company)
  const within = companies
    ? Prisma.sql`AND u.company_id IN (SELECT c.id FROM company c WHERE ${companies})`
    : Prisma.empty
  const from = (condition: Prisma.Sql) =>
    Prisma.sql`(SELECT u.id FROM "user" u WHERE (${condition}) ${within} LIMIT ${countedAtMost})`
  const { company: _company, ...asked } = keys
  if (Object.keys(asked).length === 0) return companies ? [from(Prisma.sql`true`)] : []
  return [
    ...(keys.contract
      ? [
          Prisma.sql`(SELECT u.id FROM "user" u JOIN company c ON c.id = u.company_id
                       WHERE c.contract_number LIKE ${beginsWith(keys.contract)} ${within}
                       LIMIT ${countedAtMost})`,
        ]
      : []),
    ...(keys.loginId ? [from(Prisma.sql`u.login_id_key LIKE ${beginsWith(keys.loginId)}`)] : []),
    ...(keys.names ? [from(namedLike(keys.names))] : []),
    ...(keys.email ? [from(beginning(Prisma.sql`lower(u.email)`, keys.email))] : []),
    ...(keys.serial
      ? [
          Prisma.sql`(SELECT k.user_id AS id FROM certificate k JOIN "user" u ON u.id = k.user_id
                       WHERE ltrim(lower(k.serial), '0') LIKE ${beginsWith(keys.serial)} ${within}
                       LIMIT ${countedAtMost})`,
        ]
      : []),
  ]
}

type UserRow = Omit<FoundUser, 'locked'> & {
  count: number
  preset: string
  overrides: unknown
  locks: { failures: number; lockedAt: string | null; lockedUntil: string | null }[] | null
}

/** Users by any of contract number, login ID, name, mail address and certificate serial, a page at a time (H-02). */
export const findUsers = async (
  deps: Pick<Deps, 'db' | 'clock'>,
  actor: StaffActor,
  keys: SearchKeys,
  page = 1,
): Promise<Found<FoundUser> & { page: number }> => {
  viewing(actor)
  const hits = userHits(keys)
  if (hits.length === 0) return { rows: [], count: 0, page: 1 }
  const rows = await deps.db.$queryRaw<UserRow[]>`
    WITH hit AS (SELECT id FROM (${Prisma.join(hits, ' UNION ')}) AS any_field LIMIT ${countedAtMost})
    SELECT u.id, u.login_id AS "loginId", u.name, u.email, u.service_state::text AS "serviceState",
           c.name AS "companyName", c.contract_number AS "contractNumber", p.preset, p.overrides,
           (SELECT count(*)::int FROM hit) AS count,
           (SELECT json_agg(json_build_object(
                     'failures', r.failures, 'lockedAt', r.locked_at, 'lockedUntil', r.locked_until))
              FROM credential r WHERE r.user_id = u.id) AS locks
      FROM hit
      JOIN "user" u ON u.id = hit.id
      JOIN company c ON c.id = u.company_id
      JOIN company_policy p ON p.company_id = c.id AND p.version = c.policy_version
     ORDER BY c.contract_number, u.login_id_key, u.id
     LIMIT ${shownAtMost} OFFSET ${(page - 1) * shownAtMost}`
  // Past the end there is nothing to tell how many there are.
  if (rows.length === 0 && page > 1) return findUsers(deps, actor, keys)
  const now = deps.clock.now()
  return {
    page,
    count: rows[0]?.count ?? 0,
    rows: rows.map(({ count: _count, preset, overrides, locks, ...user }) => ({
      ...user,
      locked: (locks ?? []).some(each =>
        isLocked(
          { failures: each.failures, lockedAt: dateOf(each.lockedAt), lockedUntil: dateOf(each.lockedUntil) },
          policyOf({ preset, overrides }).lock,
          now,
        ),
      ),
    })),
  }
}

const dateOf = (text: string | null): Date | null => (text === null ? null : new Date(text))
