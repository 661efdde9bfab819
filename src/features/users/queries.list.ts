import type { Deps } from '../../deps.ts'
import { Prisma } from '../../generated/prisma/client.ts'
import type { UserActor } from '../../kernel/actor.ts'
import { toFullWidth, toHalfWidth } from '../../kernel/width.ts'
import { read } from '../../platform/db/read.ts'
import type { SecurityPolicy } from '../../policy/policy.ts'
import { type StandingFacts, usableInSql } from '../certificates/index.ts'
import { contractOf, type ListedRow, type ListedUser, listedUser, literally, pageSize } from './queries.ts'
import { loginIdKey } from './user.ts'

export const sortColumns = ['login-id', 'name', 'last-login'] as const

/** Longer than any login ID or name. */
export const longestSearch = 100

/** Which of a company's users, in which order (D-01): a page of the list and the export ask the same (D-13). */
export type UserSelection = {
  text: string
  sort: { by: (typeof sortColumns)[number]; direction: 'ascending' | 'descending' }
}

export type UserSearch = UserSelection & {
  /** From 1; a page past the end shows the last. */
  page: number
}

/**
 * The users of the actor's company, deleted ones aside: those whose login ID or name contains the text, in the order
 * asked for, twenty a page, with how many there are in all (D-01). Who has never logged in comes before everybody.
 * `policy` is the company's, where the caller has it at hand.
 */
export const listUsers = async (
  deps: Pick<Deps, 'db' | 'clock'>,
  actor: UserActor,
  { text, sort, page }: UserSearch,
  policy?: SecurityPolicy,
): Promise<{ users: ListedUser[]; total: number; page: number }> => {
  const from = (number: number) => findPage(deps, actor, { text, sort }, (number - 1) * pageSize)
  let current = Math.max(1, page)
  let found = await from(current)
  if (found.rows.length === 0 && current > 1) {
    current = Math.max(1, Math.ceil(found.total / pageSize))
    found = await from(current)
  }
  const inForce = policy ?? (await contractOf(deps.db, actor)).policy
  const now = deps.clock.now()
  return {
    users: found.rows.map(row => listedUser(listedRow(row), inForce, now)),
    total: found.total,
    page: current,
  }
}

/** What a selection means in SQL, on the table `"user"` by its own name: the partial indexes of the list answer it. */
export const selecting = (
  actor: UserActor,
  { text, sort }: UserSelection,
): { where: Prisma.Sql; order: Prisma.Sql; searched: boolean } => {
  const words = text.trim()
  const listed = Prisma.sql`company_id = ${actor.companyId}::uuid AND service_state <> 'deleted'`
  return {
    searched: words !== '',
    order: orderOf(sort),
    where: words === '' ? listed : Prisma.sql`${listed} AND ${meeting(words)}`,
  }
}

const noLoginId = /[^ -~]/

// Both are stored in one width each; the search takes either. No login ID has a kanji: then only names are looked at.
const meeting = (words: string): Prisma.Sql => {
  const name = Prisma.sql`name LIKE ${containing(toFullWidth(words))}`
  const loginId = loginIdKey(toHalfWidth(words))
  return noLoginId.test(loginId) ? name : Prisma.sql`(login_id_key LIKE ${containing(loginId)} OR ${name})`
}

const containing = (text: string): string => `%${literally(text)}%`

// Forwards and backwards through one index each.
const orders = {
  'login-id': [Prisma.sql`login_id_key`, Prisma.sql`login_id_key DESC`],
  name: [Prisma.sql`name, login_id_key`, Prisma.sql`name DESC, login_id_key DESC`],
  'last-login': [
    Prisma.sql`last_login_at NULLS FIRST, login_id_key`,
    Prisma.sql`last_login_at DESC NULLS LAST, login_id_key DESC`,
  ],
} as const satisfies Record<UserSelection['sort']['by'], readonly [Prisma.Sql, Prisma.Sql]>

const orderOf = ({ by, direction }: UserSelection['sort']): Prisma.Sql =>
  orders[by][direction === 'ascending' ? 0 : 1]

// No column besides, for then its index alone would not do.
const orderedBy = {
  'login-id': Prisma.sql`login_id_key`,
  name: Prisma.sql`name, login_id_key`,
  'last-login': Prisma.sql`last_login_at, login_id_key`,
} as const satisfies Record<UserSelection['sort']['by'], Prisma.Sql>

type PageRow = {
  total: number
  /** How often the company's users have changed: what was counted at another number is counted anew. */
  changes: bigint
  /** Null where the page has nobody. */
  id: string | null
  loginId: string
  name: string
  role: ListedUser['role']
  serviceState: ListedUser['serviceState']
  suspendedByBank: boolean
  emailState: ListedUser['emailState']
  lastLoginAt: Date | null
  /** The login password; null where the user has none yet. */
  failures: number | null
  strangerFailures: number | null
  strangerRetryAfter: Date | null
  lockedAt: Date | null
  lockedUntil: Date | null
  forceChange: boolean | null
  /** The certificate that stands for them (`certificateFact`); null where there is none. */
  certificateState: StandingFacts['state'] | null
  purpose: StandingFacts['purpose'] | null
  signedAt: Date | null
  notAfter: Date | null
  deliveredOf: string | null
  otpFailures: number | null
  otpSuspendedAt: Date | null
  codesSuspended: boolean
}

type ShownRow = PageRow & { id: string }
type Found = { rows: ShownRow[]; total: number; changes: bigint }

/** How many a search has found, and at which of the company's changes; the last ones of each database. */
const counts = new WeakMap<object, Map<string, Pick<Found, 'total' | 'changes'>>>()
const mostCounts = 1_000

/**
 * A page with how many there are in all. Sorting and turning pages finds the same number again: what a search has found is
 * remembered for as long as nobody comes, goes or gets another name or login ID, which the same statement tells.
 */
const findPage = async (
  deps: Pick<Deps, 'db' | 'clock'>,
  actor: UserActor,
  selection: UserSelection,
  offset: number,
): Promise<Found> => {
  const { where, searched } = selecting(actor, selection)
  const read = (page: Prisma.Sql) => readPage(deps, selection.sort, page)
  if (!searched) return read(walkedPage(actor, selection.sort, where, offset, Prisma.sql`listed`))
  const known = counts.get(deps.db) ?? new Map<string, Pick<Found, 'total' | 'changes'>>()
  counts.set(deps.db, known)
  const key = `${actor.companyId} ${selection.text.trim()}`
  const before = known.get(key)
  if (before) {
    const found = await read(
      walkedPage(actor, selection.sort, where, offset, Prisma.sql`${before.total}::int`),
    )
    if (found.changes === before.changes) return found
  }
  const found = await read(countedPage(actor, selection.sort, where, offset))
  known.delete(key)
  known.set(key, { total: found.total, changes: found.changes })
  const [oldest] = known.keys()
  if (known.size > mostCounts && oldest !== undefined) known.delete(oldest)
  return found
}

/** Written out, for a plan that is made without the numbers expects a tenth of all. */
const onePage = Prisma.raw(String(pageSize))

/** More than any company has: a LIMIT makes the planner walk the index of the order asked for, where it would sort. */
const mostUsers = 10_000_000

/** The ids of a page with how many there are, from one walk through the index. */
const countedPage = (
  actor: UserActor,
  sort: UserSelection['sort'],
  where: Prisma.Sql,
  offset: number,
): Prisma.Sql => {
  const order = orderOf(sort)
  return Prisma.sql`
    SELECT shown.id, coalesce(cardinality(ids), 0) AS total,
           (SELECT changes FROM company_user_count WHERE company_id = ${actor.companyId}::uuid) AS changes
      FROM (SELECT array_agg(id ORDER BY ${order}) AS ids
              FROM (SELECT id, ${orderedBy[sort.by]} FROM "user"
                     WHERE ${where} ORDER BY ${order} LIMIT ${mostUsers}) AS matching) AS found
      LEFT JOIN LATERAL unnest(ids[${offset}::int + 1 : ${offset}::int + ${onePage}]) AS shown (id) ON true`
}

/** The ids of a page of so many, by a walk from that end of the order which is nearer. */
const walkedPage = (
  actor: UserActor,
  { by, direction }: UserSelection['sort'],
  where: Prisma.Sql,
  offset: number,
  total: Prisma.Sql,
): Prisma.Sql => {
  const onwards = orderOf({ by, direction })
  const backwards = orderOf({ by, direction: direction === 'ascending' ? 'descending' : 'ascending' })
  return Prisma.sql`
    WITH kept AS MATERIALIZED (
      SELECT ${total} AS total, changes, ${offset}::int > ${total} / 2 AS nearer_to_the_end,
             greatest(0, least(${onePage}, ${total} - ${offset}::int)) AS shown
        FROM company_user_count WHERE company_id = ${actor.companyId}::uuid)
    SELECT page.id, kept.total, kept.changes
      FROM kept
      LEFT JOIN (SELECT id
                   FROM ((SELECT id FROM "user" WHERE ${where} ORDER BY ${onwards}
                           LIMIT (SELECT CASE WHEN nearer_to_the_end THEN 0 ELSE shown END FROM kept)
                          OFFSET ${offset}::int)
                         UNION ALL
                         (SELECT id FROM "user" WHERE ${where} ORDER BY ${backwards}
                           LIMIT (SELECT CASE WHEN nearer_to_the_end THEN shown ELSE 0 END FROM kept)
                          OFFSET (SELECT greatest(0, total - ${offset}::int - shown) FROM kept))) AS walked
                  LIMIT ${onePage}) AS page ON true`
}

/** One statement a page: the index says which twenty of ten thousand, and only for those the tables are looked at. */
const readPage = async (
  { db, clock }: Pick<Deps, 'db' | 'clock'>,
  sort: UserSelection['sort'],
  page: Prisma.Sql,
): Promise<Found> => {
  const rows = await read<PageRow>(db)`
    SELECT page.total, page.changes, u.id, u.login_id AS "loginId", u.name, u.role::text AS role,
           u.service_state::text AS "serviceState", u.suspended_by_bank AS "suspendedByBank", u.email_state::text AS "emailState",
           u.last_login_at AS "lastLoginAt",
           p.failures, p.stranger_failures AS "strangerFailures",
           p.stranger_retry_after AS "strangerRetryAfter", p.locked_at AS "lockedAt",
           p.locked_until AS "lockedUntil", p.force_change AS "forceChange",
           c.state::text AS "certificateState", c.purpose::text AS purpose, c.signed_at AS "signedAt",
           c.not_after AS "notAfter", d.certificate_id AS "deliveredOf",
           o.failures AS "otpFailures", o.suspended_at AS "otpSuspendedAt",
           EXISTS (SELECT FROM code_failures f
                    WHERE f.company_id = u.company_id AND f.user_id = u.id AND f.suspended_at IS NOT NULL
                  ) AS "codesSuspended"
      FROM (${page}) AS page
      LEFT JOIN "user" u ON u.id = page.id
      LEFT JOIN credential p ON p.user_id = u.id AND p.kind = 'login_password'
      LEFT JOIN LATERAL (SELECT id, state, purpose, signed_at, not_after FROM certificate k
                          WHERE k.user_id = u.id
                          ORDER BY ${usableInSql(clock.now())} DESC, k.requested_at DESC LIMIT 1) AS c ON true
      LEFT JOIN certificate_delivery d ON d.certificate_id = c.id
      LEFT JOIN otp_token o ON o.company_id = u.company_id AND o.user_id = u.id AND o.state = 'active'
     ORDER BY ${orderOf(sort)}`
  const [first] = rows
  if (!first) throw new Error('A company that somebody asks for has a user')
  return { rows: rows.filter(isShown), total: first.total, changes: first.changes }
}

const isShown = (row: PageRow): row is ShownRow => row.id !== null

/** The row as the ORM would give it: how a user stands is judged in one place (`listedUser`). */
const listedRow = (row: ShownRow): ListedRow => ({
  ...row,
  credentials:
    row.failures === null
      ? []
      : [
          {
            ...row,
            kind: 'login_password',
            failures: row.failures,
            strangerFailures: row.strangerFailures ?? 0,
            forceChange: row.forceChange ?? false,
          },
        ],
  certificates:
    row.certificateState && row.purpose
      ? [
          {
            state: row.certificateState,
            purpose: row.purpose,
            signedAt: row.signedAt,
            notAfter: row.notAfter,
            delivery: row.deliveredOf === null ? null : { certificateId: row.deliveredOf },
          },
        ]
      : [],
  otpTokens: row.otpFailures === null ? [] : [{ failures: row.otpFailures, suspendedAt: row.otpSuspendedAt }],
  codeFailures: row.codesSuspended ? [{ purpose: 'login' }] : [],
})
