import type { Deps } from '../../deps.ts'
import type { StaffActor } from '../../kernel/actor.ts'
import { businessDayOf, fromColumn } from '../../kernel/business-day.ts'
import { contractIsOver } from '../../platform/db/contract-over.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import { can } from '../../policy/can.ts'
import { type AlikeUsers, impactOf } from '../../policy/impact.ts'
import { loginIdScopeOf } from '../../policy/login-id.ts'
import { isPresetName, type PolicyOverrides } from '../../policy/policy.ts'
import { type FactorKind, factorKinds } from '../../policy/second-factor.ts'
import { usableInSql } from '../certificates/index.ts'
import { countSessionsRefused } from '../sessions/index.ts'
import { type FoundCase, findCaseOf, stateOf } from '../two-officers/index.ts'
import { PolicyChanged } from './events.ts'
import { breachesOfChange, type DryRun, type PolicyChoice, type Proposal, resultOf } from './proposal.ts'

/** Looking at companies asks once more, whatever route leads here. */
const viewing = (actor: StaffActor): void => {
  if (!can(actor, 'customer:view')) throw new Error(`${actor.role} may not look at customers`)
}

/** A company with the policy in force, as the helpdesk sees it. */
export type CompanyRecord = {
  id: string
  name: string
  contractNumber: string
  entranceName: string
  /** Whether its contract is over: its policy is changed for nobody any more (H-06). */
  over: boolean
  version: number
  current: PolicyChoice
  users: number
  versions: { version: number; preset: string; at: Date; officer: string | null }[]
  /** The change that waits for its second officer. */
  pending: { id: string } | null
}

/** A change of a company's policy as a case. */
type PolicyCase = FoundCase & { proposal: Proposal }

/** A company with its policy; undefined when there is none with this id. */
export const findCompanyPolicy = async (
  deps: Pick<Deps, 'db' | 'clock'>,
  actor: StaffActor,
  companyId: string,
): Promise<CompanyRecord | undefined> => {
  viewing(actor)
  const row = await deps.db.company.findUnique({
    where: { id: companyId },
    select: {
      id: true,
      name: true,
      contractNumber: true,
      lastDay: true,
      contractEndedAt: true,
      policyVersion: true,
      entrance: { select: { slug: true, name: true } },
      policies: { orderBy: { version: 'desc' }, take: 20 },
      cases: {
        where: { kind: 'policy_change', state: 'prepared' },
        select: { id: true, state: true, expiresAt: true },
      },
    },
  })
  const policy = row?.policies.find(each => each.version === row.policyVersion)
  if (!row || !policy) return undefined
  const [counted] = await deps.db.$queryRaw<{ listed: number }[]>`
    SELECT listed FROM company_user_count WHERE company_id = ${companyId}::uuid`
  const officers = await deps.db.staff.findMany({
    where: { id: { in: row.policies.flatMap(each => each.createdBy ?? []) } },
    select: { id: true, name: true },
  })
  const pending = row.cases.find(each => stateOf(each, deps.clock.now()) === 'prepared')
  return {
    id: row.id,
    name: row.name,
    contractNumber: row.contractNumber,
    entranceName: row.entrance.name,
    over: contractIsOver(row, deps.clock.now()),
    version: row.policyVersion,
    current: choiceOf(row.entrance.slug, policy),
    users: counted?.listed ?? 0,
    versions: row.policies.map(({ version, preset, createdAt, createdBy }) => ({
      version,
      preset,
      at: createdAt,
      officer: officers.find(({ id }) => id === createdBy)?.name ?? null,
    })),
    pending: pending ?? null,
  }
}

/** A row of company_policy as a choice; throws on a preset that this version of the program doesn't know. */
export const choiceOf = (entrance: string, row: { preset: string; overrides: unknown }): PolicyChoice => {
  if (!isPresetName(row.preset)) throw new Error(`there is no preset "${row.preset}"`)
  return { entrance, preset: row.preset, overrides: row.overrides as PolicyOverrides }
}

/** One case of a company's policy; undefined when there is none with this id. */
export const findPolicyCase = async (
  deps: Pick<Deps, 'db' | 'clock'>,
  actor: StaffActor,
  companyId: string,
  caseId: string,
): Promise<PolicyCase | undefined> => {
  viewing(actor)
  const found = await findCaseOf(deps, actor, caseId, ['policy_change'])
  return found?.companyId === companyId ? { ...found, proposal: found.proposal as Proposal } : undefined
}

/** How many sessions a case ended when it was carried out, as the history has it. */
export const sessionsEndedBy = async (
  deps: Pick<Deps, 'db'>,
  actor: StaffActor,
  companyId: string,
  caseId: string,
): Promise<number> => {
  viewing(actor)
  const entry = await deps.db.history.findFirst({
    where: {
      chainId: companyId,
      operation: PolicyChanged.operation,
      outcome: 'done',
      details: { contains: caseId },
    },
    select: { details: true },
  })
  const { sessionsEnded = 0 } = JSON.parse(entry?.details ?? '{}') as { sessionsEnded?: number }
  return sessionsEnded
}

type GroupRow = {
  certificate: boolean
  sms: boolean
  totp: boolean
  passkey: boolean
  setOn: Date | null
  changeForced: boolean | null
  confirmationPassword: boolean
  users: number
}

/** The users of a company, save deleted ones, by what a dry run and the change itself ask about them. */
export const alikeUsers = async (
  db: Pick<Tx, '$queryRaw'>,
  companyId: string,
  now: Date,
): Promise<AlikeUsers[]> => {
  const groups = await db.$queryRaw<GroupRow[]>`
    SELECT certificate, sms, totp, passkey, "setOn", "changeForced", "confirmationPassword", count(*)::int AS users
      FROM (
        SELECT EXISTS (SELECT FROM certificate k WHERE k.user_id = u.id AND ${usableInSql(now)}) AS certificate,
               u.mobile IS NOT NULL AS sms,
               EXISTS (SELECT FROM otp_token o
                        WHERE o.company_id = u.company_id AND o.user_id = u.id AND o.state = 'active') AS totp,
               EXISTS (SELECT FROM passkey y WHERE y.company_id = u.company_id AND y.user_id = u.id) AS passkey,
               l.set_on AS "setOn", l.force_change AS "changeForced",
               EXISTS (SELECT FROM credential f
                        WHERE f.user_id = u.id AND f.kind = 'confirmation_password') AS "confirmationPassword"
          FROM "user" u
          LEFT JOIN credential l ON l.user_id = u.id AND l.kind = 'login_password'
         WHERE u.company_id = ${companyId}::uuid AND u.service_state <> 'deleted') AS each
     GROUP BY 1, 2, 3, 4, 5, 6, 7`
  return groups.map(({ sms, totp, passkey, setOn, changeForced, ...alike }) => {
    const has: Record<FactorKind, boolean> = { totp, sms, passkey }
    return {
      ...alike,
      factors: new Set(factorKinds.filter(kind => has[kind])),
      loginPassword: setOn && { setOn: fromColumn(setOn), changeForced: changeForced ?? false },
    }
  })
}

/** How many of a company's login IDs others have within the scope that a policy would put them in. */
export const countLoginIdsTaken = async (
  db: Pick<Tx, '$queryRaw'>,
  companyId: string,
  scope: string,
): Promise<number> => {
  const [row] = await db.$queryRaw<{ taken: number }[]>`
    SELECT count(*)::int AS taken
      FROM "user" own
      JOIN "user" other ON other.login_id_scope = ${scope} AND other.login_id_key = own.login_id_key
     WHERE own.company_id = ${companyId}::uuid AND other.company_id <> own.company_id
       AND own.login_id_scope <> ${scope}`
  return row?.taken ?? 0
}

/** What changing a company's policy would mean; reads only. */
export const dryRun = async (
  deps: Pick<Deps, 'clock'>,
  db: Pick<Tx, '$queryRaw'>,
  company: { id: string; contractNumber: string; current: PolicyChoice },
  wanted: PolicyChoice,
): Promise<DryRun> => {
  const now = deps.clock.now()
  const [before, after] = [resultOf(company.current), resultOf(wanted)]
  return {
    before,
    after,
    impact: impactOf(before, after, await alikeUsers(db, company.id, now), businessDayOf(now)),
    breaches: breachesOfChange(company.current, wanted),
    presetChanges: company.current.preset !== wanted.preset,
    loginIdsTaken: await countLoginIdsTaken(
      db,
      company.id,
      loginIdScopeOf(after.loginId, company.contractNumber),
    ),
    sessionsEnded: await countSessionsRefused(deps, db, { companyId: company.id, before, after }),
  }
}
