import type { Deps } from '../../deps.ts'
import { type Company, Prisma } from '../../generated/prisma/client.ts'
import type { CaseKind } from '../../generated/prisma/enums.ts'
import type { StaffActor } from '../../kernel/actor.ts'
import { type BusinessDay, fromColumn } from '../../kernel/business-day.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import { can } from '../../policy/can.ts'
import type { RoleWord } from '../../policy/policy.ts'
import { policyOf, roleWordOf } from '../../policy/policy.ts'
import type { ServiceState } from '../../policy/user-states.ts'
import { type CompanySettings, companySettings } from '../company/index.ts'
import { stateOf } from '../two-officers/index.ts'

/** Looking at companies asks once more, whatever route leads here. */
export const viewing = (actor: StaffActor): void => {
  if (!can(actor, 'customer:view')) throw new Error(`${actor.role} may not look at customers`)
}

/** The bank's lines of business in the order of its manual, with whether their requests may need approval (E-02). */
export const bankServices = (
  db: Pick<Tx, 'service'>,
): Promise<{ code: string; approval: 'optional' | 'required' | null }[]> =>
  db.service.findMany({ orderBy: { sort: 'asc' }, select: { code: true, approval: true } })

export type ListedCompany = {
  id: string
  contractNumber: string
  name: string
  entrance: string
  preset: string
  users: number
  /** 解約済. */
  ended: boolean
}

export const companiesOnPage = 50

// In LIKE, these mean something: the officer typed them, they stand for themselves.
const literally = (text: string): string => text.replace(/[\\%_]/g, '\\$&')

/**
 * The bank's companies by contract number, a page at a time: all of them, those whose number begins with a text, or whose
 * name or kana has it anywhere (H-02, H-06).
 * @param names the text as names are compared: without spaces, in both widths, lower case
 */
export const listCompanies = async (
  deps: Pick<Deps, 'db'>,
  actor: StaffActor,
  { number, names, page }: { number: string; names: readonly string[]; page: number },
): Promise<{ rows: ListedCompany[]; total: number }> => {
  viewing(actor)
  const named = names.map(
    name =>
      Prisma.sql`lower(translate(c.name || ' ' || c.name_kana, ' \u3000', '')) LIKE ${`%${literally(name)}%`}`,
  )
  const where =
    number === ''
      ? Prisma.sql`true`
      : Prisma.join([Prisma.sql`c.contract_number LIKE ${`${literally(number)}%`}`, ...named], ' OR ')
  const [counted] = await deps.db.$queryRaw<{ total: number }[]>`
    SELECT count(*)::int AS total FROM company c WHERE ${where}`
  const total = counted?.total ?? 0
  const last = Math.max(1, Math.ceil(total / companiesOnPage))
  const rows = await deps.db.$queryRaw<ListedCompany[]>`
    SELECT c.id, c.contract_number AS "contractNumber", c.name, e.name AS entrance, e.preset,
           c.contract_ended_at IS NOT NULL AS ended,
           coalesce((SELECT listed FROM company_user_count n WHERE n.company_id = c.id), 0) AS users
      FROM company c JOIN entrance e ON e.id = c.entrance_id
     WHERE ${where}
     ORDER BY c.contract_number
     LIMIT ${companiesOnPage} OFFSET ${(Math.min(page, last) - 1) * companiesOnPage}`
  return { rows, total }
}

/** A service entered by single sign-on that the company has contracted, and the addresses it tells of itself. */
export type SignOnContract = {
  code: string
  nameJa: string
  nameEn: string
  loginUri: string
  endedAt: Date | null
}

/** 解約 of a contract, planned or done: until when its people may use the portal, and the case that says why. */
export type PlannedEnd = {
  lastDay: BusinessDay
  /** Null while its people may still use the portal. */
  endedAt: Date | null
  caseId: string
  reason: string
}

/** What the bank has contracted with a company, and who of it administers. */
export type ContractRecord = CompanySettings & {
  id: string
  createdAt: Date
  entrance: { slug: string; name: string; preset: string }
  signOn: SignOnContract[]
  /** Null where nobody has ended it. */
  end: PlannedEnd | null
  administrators: {
    id: string
    loginId: string
    name: string
    email: string
    role: RoleWord
    serviceState: ServiceState
  }[]
  /** Cases of the company itself or its users that wait for a second officer. */
  waiting: { id: string; kind: CaseKind; at: Date; officer: string; loginId: string | null }[]
  /** The newest cases of the company itself, whatever became of them. */
  cases: { id: string; kind: CaseKind; state: string; at: Date; officer: string; reason: string }[]
}

/** The case by which a contract ends, or has ended: the last one of those that were carried out. */
export const endCaseOf = async (
  db: Pick<Tx, 'helpdeskCase'>,
  companyId: string,
): Promise<{ id: string; reason: string; formReceivedOn: BusinessDay | null }> => {
  const { id, reason, formReceivedOn } = await db.helpdeskCase.findFirstOrThrow({
    where: {
      companyId,
      kind: 'company_contract',
      state: 'done',
      proposal: { path: ['change'], equals: 'end' },
    },
    orderBy: { decidedAt: 'desc' },
    select: { id: true, reason: true, formReceivedOn: true },
  })
  return { id, reason, formReceivedOn: formReceivedOn && fromColumn(formReceivedOn) }
}

const plannedEndOf = async (
  db: Pick<Tx, 'helpdeskCase'>,
  { id, lastDay, contractEndedAt: endedAt }: Pick<Company, 'id' | 'lastDay' | 'contractEndedAt'>,
): Promise<PlannedEnd | null> => {
  if (!lastDay) return null
  const { id: caseId, reason } = await endCaseOf(db, id)
  return { lastDay: fromColumn(lastDay), endedAt, caseId, reason }
}

const administratorColumns = {
  orderBy: { loginIdKey: 'asc' },
  take: 50,
  select: { id: true, loginId: true, name: true, email: true, role: true, serviceState: true },
} as const

/** Whom the end of a contract has found administering it: they are deleted by it, and still who did. */
const administratorsAt = (db: Pick<Tx, 'user'>, companyId: string, endedAt: Date) =>
  db.user.findMany({
    where: {
      ...{ companyId, role: { not: 'user' } },
      OR: [{ serviceState: { not: 'deleted' } }, { deletedAt: endedAt }],
    },
    ...administratorColumns,
  })

/** A company's contract; undefined where there is no such company. */
export const findContract = async (
  deps: Pick<Deps, 'clock'> & { db: Tx },
  actor: StaffActor,
  companyId: string,
): Promise<ContractRecord | undefined> => {
  viewing(actor)
  const row = await deps.db.company.findUnique({
    where: { id: companyId },
    select: {
      id: true,
      createdAt: true,
      lastDay: true,
      contractEndedAt: true,
      policyVersion: true,
      policies: { orderBy: { version: 'desc' }, take: 1 },
      entrance: { select: { slug: true, name: true, preset: true } },
      serviceClients: {
        orderBy: { serviceCode: 'asc' },
        select: {
          loginUri: true,
          endedAt: true,
          service: { select: { code: true, nameJa: true, nameEn: true } },
        },
      },
      users: {
        where: { role: { not: 'user' }, serviceState: { not: 'deleted' } },
        ...administratorColumns,
      },
      cases: {
        where: { OR: [{ userId: null }, { state: 'prepared' }] },
        orderBy: { preparedAt: 'desc' },
        take: 50,
        select: {
          id: true,
          kind: true,
          state: true,
          expiresAt: true,
          preparedAt: true,
          userId: true,
          reason: true,
          preparedBy: { select: { name: true } },
          user: { select: { loginId: true } },
        },
      },
    },
  })
  const [policy] = row?.policies ?? []
  if (!row || !policy) return undefined
  const roles = policyOf(policy)
  const now = deps.clock.now()
  const cases = row.cases.map(each => ({ ...each, state: stateOf(each, now) }))
  return {
    ...(await companySettings(deps.db, { companyId })),
    id: row.id,
    createdAt: row.createdAt,
    entrance: row.entrance,
    end: await plannedEndOf(deps.db, row),
    signOn: row.serviceClients.map(({ service, ...client }) => ({ ...service, ...client })),
    administrators: (row.contractEndedAt
      ? await administratorsAt(deps.db, row.id, row.contractEndedAt)
      : row.users
    ).map(({ role, ...user }) => ({ ...user, role: roleWordOf(roles, role) })),
    waiting: cases
      .filter(({ state }) => state === 'prepared')
      .map(({ id, kind, preparedAt, preparedBy, user }) => ({
        id,
        kind,
        at: preparedAt,
        officer: preparedBy.name,
        loginId: user?.loginId ?? null,
      })),
    cases: cases
      .filter(({ userId }) => userId === null)
      .slice(0, 10)
      .map(({ id, kind, state, preparedAt, preparedBy, reason }) => ({
        id,
        kind,
        state,
        at: preparedAt,
        officer: preparedBy.name,
        reason,
      })),
  }
}
