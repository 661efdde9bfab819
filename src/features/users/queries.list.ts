import type { Deps } from '../../deps.ts'
import { Prisma } from '../../generated/prisma/client.ts'
import type { UserActor } from '../../kernel/actor.ts'
import { toFullWidth, toHalfWidth } from '../../kernel/width.ts'
import { read } from '../../platform/db/read.ts'
import type { SecurityPolicy } from '../../policy/policy.ts'
import type { StandingFacts } from '../certificates/index.ts'
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
  const from = (number: number) => readPage(deps, actor, { text, sort }, (number - 1) * pageSize)
  let current = Math.max(1, page)
  let rows = await from(current)
  if (rows.length === 0 && current > 1) {
    // Past the end: how many there are, only a page that exists says.
    const total = Number((await from(1))[0]?.total ?? 0)
    current = Math.max(1, Math.ceil(total / pageSize))
    rows = await from(current)
  }
  const inForce = policy ?? (await contractOf(deps.db, actor)).policy
  const now = deps.clock.now()
  return {
    users: rows.map(row => listedUser(listedRow(row), inForce, now)),
    total: Number(rows[0]?.total ?? 0),
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
  total: bigint | number
  id: string
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
  /** The newest certificate; null where there is none. */
  certificateState: StandingFacts['state'] | null
  purpose: StandingFacts['purpose'] | null
  signedAt: Date | null
  notAfter: Date | null
  deliveredOf: string | null
  otpFailures: number | null
  otpSuspendedAt: Date | null
  codesSuspended: boolean
}

/** More than any company has: a LIMIT makes the planner walk the index of the order asked for, where it would sort. */
const mostUsers = 10_000_000

/** The ids of a page with how many there are, from one walk through the index. */
const foundPage = (where: Prisma.Sql, sort: UserSelection['sort'], offset: number): Prisma.Sql => {
  const order = orderOf(sort)
  return Prisma.sql`
    SELECT unnest(ids[${offset}::int + 1 : ${offset}::int + ${pageSize}::int]) AS id, cardinality(ids) AS total
      FROM (SELECT array_agg(id ORDER BY ${order}) AS ids
              FROM (SELECT id, ${orderedBy[sort.by]} FROM "user"
                     WHERE ${where} ORDER BY ${order} LIMIT ${mostUsers}) AS matching) AS found`
}

/**
 * One statement a page: the index says which twenty of ten thousand, and only for those the tables are looked at. Where
 * nothing is searched for, the count has an index to itself; a search counts what it finds.
 */
const readPage = (
  { db }: Pick<Deps, 'db'>,
  actor: UserActor,
  selection: UserSelection,
  offset: number,
): Promise<PageRow[]> => {
  const { where, order, searched } = selecting(actor, selection)
  const page = searched
    ? foundPage(where, selection.sort, offset)
    : Prisma.sql`
        SELECT id, (SELECT count(*) FROM "user" WHERE ${where}) AS total
          FROM "user" WHERE ${where} ORDER BY ${order} LIMIT ${pageSize} OFFSET ${offset}`
  return read<PageRow>(db)`
    SELECT page.total, u.id, u.login_id AS "loginId", u.name, u.role::text AS role,
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
      JOIN "user" u ON u.id = page.id
      LEFT JOIN credential p ON p.user_id = u.id AND p.kind = 'login_password'
      LEFT JOIN LATERAL (SELECT id, state, purpose, signed_at, not_after FROM certificate
                          WHERE user_id = u.id ORDER BY requested_at DESC LIMIT 1) AS c ON true
      LEFT JOIN certificate_delivery d ON d.certificate_id = c.id
      LEFT JOIN otp_token o ON o.company_id = u.company_id AND o.user_id = u.id AND o.state = 'active'
     ORDER BY ${order}`
}

/** The row as the ORM would give it: how a user stands is judged in one place (`listedUser`). */
const listedRow = (row: PageRow): ListedRow => ({
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
