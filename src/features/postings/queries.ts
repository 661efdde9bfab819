import type { Deps } from '../../deps.ts'
import { Prisma } from '../../generated/prisma/client.ts'
import type { StaffActor, UserActor } from '../../kernel/actor.ts'
import { isId } from '../../kernel/ids.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import { type PostingKind, type PostingReader, readerOf, type Target } from './posting.ts'

/** What a reader's query of postings begins with: shown now, and for this reader (`isFor` says the same of one). */
export const shownTo = (
  { companyId, preset, role }: PostingReader,
  kind: PostingKind,
  now: Date,
): Prisma.PostingWhereInput => ({
  kind,
  publishAt: { lte: now },
  withdrawnAt: null,
  AND: [
    { OR: [{ endsAt: null }, { endsAt: { gt: now } }] },
    { OR: [{ presets: { isEmpty: true } }, { presets: { has: preset } }] },
    { OR: [{ roles: { isEmpty: true } }, { roles: { has: role } }] },
    { OR: [{ targetsCompanies: false }, { companies: { some: { companyId } } }] },
  ],
})

/** The same as a condition on `p` (posting), for lists that are read in one statement. */
export const shownToSql = (
  { companyId, preset, role }: PostingReader,
  kind: PostingKind,
  now: Date,
): Prisma.Sql => Prisma.sql`
  p.kind = ${kind}::posting_kind AND p.publish_at <= ${now} AND p.withdrawn_at IS NULL
  AND (p.ends_at IS NULL OR p.ends_at > ${now})
  AND (p.presets = '{}' OR ${preset} = ANY(p.presets))
  AND (p.roles = '{}' OR ${role}::user_role = ANY(p.roles))
  AND (NOT p.targets_companies OR EXISTS (
    SELECT FROM posting_company c WHERE c.posting_id = p.id AND c.company_id = ${companyId}::uuid))`

/** The reader that a user is, where only the user is known. */
export const findReader = async (db: Tx, actor: UserActor): Promise<PostingReader> =>
  readerOf(
    actor,
    await db.companyPolicy.findFirstOrThrow({
      where: { companyId: actor.companyId },
      orderBy: { version: 'desc' },
      select: { preset: true },
    }),
  )

/** What everybody sees of a posting, and the bank's staff besides. */
export const postingColumns = {
  id: true,
  kind: true,
  title: true,
  body: true,
  sender: true,
  publishAt: true,
  endsAt: true,
  withdrawnAt: true,
  mustAcknowledge: true,
  followsId: true,
  answerUntil: true,
  presets: true,
  roles: true,
  targetsCompanies: true,
  version: true,
  createdAt: true,
  updatedAt: true,
} as const

const staffColumns = {
  ...postingColumns,
  createdBy: { select: { name: true } },
  updatedBy: { select: { name: true } },
} as const

export type PostingRecord = Prisma.PostingGetPayload<{ select: typeof staffColumns }>

export const pageSize = 20

/** A page of what the bank has written of a kind, the latest first. */
export const listPostings = async (
  { db }: Pick<Deps, 'db'>,
  _actor: StaffActor,
  kind: PostingKind,
  page: number,
): Promise<{ postings: PostingRecord[]; total: number }> => {
  const [postings, total] = await Promise.all([
    db.posting.findMany({
      where: { kind },
      orderBy: [{ publishAt: 'desc' }, { id: 'desc' }],
      skip: (page - 1) * pageSize,
      take: pageSize,
      select: staffColumns,
    }),
    db.posting.count({ where: { kind } }),
  ])
  return { postings, total }
}

/** One posting of a kind, for staff. */
export const findPosting = async (
  db: Tx,
  _actor: StaffActor,
  kind: PostingKind,
  id: string,
): Promise<Result<PostingRecord, 'posting.notFound'>> => {
  const found = isId(id) ? await db.posting.findFirst({ where: { id, kind }, select: staffColumns }) : null
  return found ? ok(found) : refuse('posting.notFound')
}

/** The contract numbers of the companies a posting is for, in order. */
export const contractNumbersOf = async (db: Tx, postingId: string): Promise<string[]> => {
  const rows = await db.postingCompany.findMany({
    where: { postingId },
    select: { company: { select: { contractNumber: true } } },
    orderBy: { company: { contractNumber: 'asc' } },
  })
  return rows.map(({ company }) => company.contractNumber)
}

/** The companies of contract numbers, and the numbers that nobody has. */
export const companiesOf = async (
  db: Tx,
  contractNumbers: readonly string[],
): Promise<{ companyIds: string[]; unknown: string[] }> => {
  const rows = await db.$queryRaw<{ id: string; contract_number: string }[]>`
    SELECT id, contract_number FROM company WHERE contract_number = ANY(${[...contractNumbers]}::text[])`
  const known = new Set(rows.map(row => row.contract_number))
  return { companyIds: rows.map(({ id }) => id), unknown: contractNumbers.filter(each => !known.has(each)) }
}

/** The users that a target means, as a condition on `u` (user) joined with `c` (its company). */
const meant = (target: Target): Prisma.Sql => Prisma.sql`
  u.service_state <> 'deleted'
  AND (${target.presets.length === 0} OR EXISTS (
    SELECT FROM company_policy p
     WHERE p.company_id = c.id AND p.version = c.policy_version AND p.preset = ANY(${[...target.presets]}::text[])))
  AND (${target.roles.length === 0} OR u.role::text = ANY(${[...target.roles]}::text[]))
  AND (${target.companyIds === null} OR c.id = ANY(${[...(target.companyIds ?? [])]}::uuid[]))`

/** How many companies and users a target means. */
export const countMeant = async (db: Tx, target: Target): Promise<{ companies: number; users: number }> => {
  const [row] = await db.$queryRaw<{ companies: number; users: number }[]>`
    SELECT count(DISTINCT c.id)::int AS companies, count(*)::int AS users
      FROM "user" u JOIN company c ON c.id = u.company_id
     WHERE ${meant(target)}`
  return row ?? { companies: 0, users: 0 }
}

/** The target of a stored posting. */
export const targetOf = async (db: Tx, posting: PostingRecord): Promise<Target> => ({
  presets: posting.presets,
  roles: posting.roles,
  companyIds: posting.targetsCompanies
    ? (
        await db.postingCompany.findMany({ where: { postingId: posting.id }, select: { companyId: true } })
      ).map(({ companyId }) => companyId)
    : null,
})

/** Somebody a posting is for, and what they have done with it. */
export type MeantUser = {
  contractNumber: string
  company: string
  loginId: string
  name: string
  readAt: Date | null
  acknowledgedAt: Date | null
  answeredAt: Date | null
}

export const readerStates = ['any', 'done', 'not-done'] as const
export type ReaderState = (typeof readerStates)[number]

/** How many of those meant have read (of a survey: answered) and acknowledged a posting, and a page of them by name. */
export const readersOf = async (
  db: Tx,
  posting: PostingRecord,
  { state, page }: { state: ReaderState; page: number },
): Promise<{ meant: number; done: number; acknowledged: number; users: MeantUser[]; total: number }> => {
  const target = await targetOf(db, posting)
  const from = Prisma.sql`
    FROM "user" u
    JOIN company c ON c.id = u.company_id
    LEFT JOIN posting_look l ON l.posting_id = ${posting.id}::uuid AND l.company_id = u.company_id AND l.user_id = u.id
    LEFT JOIN survey_answer a ON a.posting_id = ${posting.id}::uuid AND a.company_id = u.company_id AND a.user_id = u.id
    WHERE ${meant(target)}`
  const done =
    posting.kind === 'survey' ? Prisma.sql`a.answered_at IS NOT NULL` : Prisma.sql`l.read_at IS NOT NULL`
  const kept = {
    any: Prisma.sql`TRUE`,
    done,
    'not-done': Prisma.sql`NOT (${done})`,
  }[state]
  const [found] = await db.$queryRaw<{ meant: number; done: number; acknowledged: number; total: number }[]>`
    SELECT count(*)::int AS meant, count(*) FILTER (WHERE ${done})::int AS done,
           count(l.acknowledged_at)::int AS acknowledged, count(*) FILTER (WHERE ${kept})::int AS total ${from}`
  const counts = found ?? { meant: 0, done: 0, acknowledged: 0, total: 0 }
  // A page past the end is the last: the database would walk over everybody to find nobody.
  const at = Math.min(page, Math.max(1, Math.ceil(counts.total / pageSize)))
  const users = await db.$queryRaw<MeantUser[]>`
    SELECT c.contract_number AS "contractNumber", c.name AS company, u.login_id AS "loginId", u.name,
           l.read_at AS "readAt", l.acknowledged_at AS "acknowledgedAt", a.answered_at AS "answeredAt"
    ${from} AND ${kept}
    ORDER BY c.contract_number, u.login_id_key LIMIT ${pageSize} OFFSET ${(at - 1) * pageSize}`
  return { ...counts, users }
}
