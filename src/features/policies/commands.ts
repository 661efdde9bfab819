import type { Deps } from '../../deps.ts'
import type { Prisma } from '../../generated/prisma/client.ts'
import type { StaffActor } from '../../kernel/actor.ts'
import { businessDayOf } from '../../kernel/business-day.ts'
import { ok, type Refusal, type Result, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import { overInSql } from '../../platform/db/contract-over.ts'
import { isUniqueViolation } from '../../platform/db/errors.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import { inPortions } from '../../platform/db/portions.ts'
import { impactOf, isTightened } from '../../policy/impact.ts'
import { loginIdScopeOf } from '../../policy/login-id.ts'
import type { PolicyOverrides } from '../../policy/policy.ts'
import { holdSessionsTo } from '../sessions/index.ts'
import { type CaseHandling, type OpenedCase, openCase } from '../two-officers/index.ts'
import { PolicyChanged, PolicyProposed } from './events.ts'
import {
  breachesOfChange,
  isSameChoice,
  needsSecondOfficer,
  overrideLines,
  type PolicyChoice,
  type Proposal,
  resultOf,
} from './proposal.ts'
import { alikeUsers, choiceOf, countLoginIdsTaken } from './queries.ts'

/** A change as an officer asks for it, under the id that the form was opened with. */
export type PolicyRequest = {
  caseId: string
  companyId: string
  /** The version that the officer's page showed. */
  baseVersion: number
  /** The slug of the entrance, whose preset becomes the company's. */
  entrance: string
  overrides: PolicyOverrides
  reason: string
  /** All that the form says (`contentOf`). */
  sent: string
}

export type PolicyRefusal =
  | 'access.forbidden'
  | 'customer.notFound'
  | 'case.notFound'
  | 'case.openedOtherwise'
  | 'contract.ended'
  | 'policy.entrance'
  | 'policy.unchanged'
  | 'policy.changedMeanwhile'
  | 'policy.pending'
  | 'policy.loginIdsTaken'

/**
 * A change touches the passwords and login IDs of all users, of whom a company may have a hundred thousand, and holds the company's
 * row for as long: whoever of them logs in meanwhile waits for it, three seconds at most, and is asked to try again.
 */
const longest = 60

type Company = {
  id: string
  name: string
  contractNumber: string
  version: number
  /** Whether its contract is over: what nobody uses any more is changed for nobody (H-06). */
  over: boolean
  current: PolicyChoice
}

/** The company's row, held until the transaction ends: two officers at once take turns. */
const holdCompany = async (
  deps: Pick<Deps, 'clock'>,
  tx: Tx,
  companyId: string,
): Promise<Company | undefined> => {
  const [row] = await tx.$queryRaw<
    { id: string; name: string; contractNumber: string; version: number; over: boolean; slug: string }[]
  >`
    SELECT c.id, c.name, c.contract_number AS "contractNumber", c.policy_version AS version,
           ${overInSql(deps.clock.now())} AS over, e.slug
      FROM company c JOIN entrance e ON e.id = c.entrance_id
     WHERE c.id = ${companyId}::uuid
       FOR NO KEY UPDATE OF c`
  if (!row) return undefined
  const policy = await tx.companyPolicy.findUniqueOrThrow({
    where: { companyId_version: { companyId, version: row.version } },
  })
  const { slug, ...company } = row
  return { ...company, current: choiceOf(slug, policy) }
}

const entryOf = (actor: StaffActor, company: Company) => ({
  actor,
  companyId: company.id,
  subject: { kind: 'company', id: company.id, label: company.name },
})

const recorded = ({ preset, overrides }: PolicyChoice) => ({ preset, overrides: overrideLines(overrides) })

const stored = (value: unknown) => value as Prisma.InputJsonObject

/**
 * Changes a company's policy: at once, or, where that falls below its preset's floor, is weaker than before or takes another preset, as a
 * case that waits for a second officer. The same form sent twice has one effect (`openCase`). Refuses what another
 * officer has overtaken, and a preset under which login IDs of the company would no longer be unique.
 */
export const changePolicy = (
  deps: Deps,
  actor: StaffActor,
  request: PolicyRequest,
): Promise<Result<OpenedCase, PolicyRefusal>> => {
  const { caseId, companyId, sent } = request
  const asked = { caseId, kind: 'policy_change' as const, sent, about: { companyId } }
  return openCase<Company, PolicyRefusal>(deps, actor, asked, {
    action: 'policy:change',
    hold: async tx => {
      const company = await holdCompany(deps, tx, companyId)
      return company ? ok(company) : refuse('customer.notFound')
    },
    content: async (tx, company) => {
      if (company.over) return refuse('contract.ended')
      if (company.version !== request.baseVersion) return refuse('policy.changedMeanwhile')
      const proposal = await proposalOf(tx, request)
      if (!proposal) return refuse('policy.entrance')
      if (isSameChoice(company.current, proposal)) return refuse('policy.unchanged')
      const alone = !needsSecondOfficer({
        breaches: breachesOfChange(company.current, proposal),
        presetChanges: company.current.preset !== proposal.preset,
      })
      return ok({
        companyId,
        reason: request.reason,
        proposal,
        ...(alone && {
          alone: {
            reviewed: false,
            carryOut: () => carryOut(deps, tx, actor, company, proposal, request),
          },
        }),
        recordPrepared: () =>
          audit.record(deps, tx, PolicyProposed, {
            ...entryOf(actor, company),
            details: {
              caseId,
              caseReason: request.reason,
              before: recorded(company.current),
              after: recorded(proposal),
            },
          }),
      })
    },
    taken,
    seconds: longest,
    refused: async (reason, company) => company && recordRefused(deps, actor, company, reason),
  })
}

const proposalOf = async (
  tx: Tx,
  { entrance: slug, overrides, baseVersion }: PolicyRequest,
): Promise<Proposal | undefined> => {
  const entrance = await tx.entrance.findUnique({ where: { slug }, select: { preset: true } })
  return entrance ? { ...choiceOf(slug, { preset: entrance.preset, overrides }), baseVersion } : undefined
}

/** The new version, with all that follows from it for the company's users, in the transaction of its case. */
const carryOut = async (
  deps: Deps,
  tx: Tx,
  actor: StaffActor,
  company: Company,
  wanted: PolicyChoice,
  { caseId, reason }: { caseId: string; reason: string },
): Promise<Result<null, 'policy.loginIdsTaken' | 'policy.entrance'>> => {
  const now = deps.clock.now()
  const [before, after] = [resultOf(company.current), resultOf(wanted)]
  const entrance = await tx.entrance.findUnique({ where: { slug: wanted.entrance } })
  // The bank may have given the entrance another preset while the case waited.
  if (entrance?.preset !== wanted.preset) return refuse('policy.entrance')
  const scope = loginIdScopeOf(after.loginId, company.contractNumber)
  const taken = await countLoginIdsTaken(tx, company.id, scope)
  if (taken > 0) return refuse('policy.loginIdsTaken', { count: taken })
  const version = company.version + 1
  await tx.companyPolicy.create({
    data: {
      companyId: company.id,
      version,
      preset: wanted.preset,
      overrides: stored(wanted.overrides),
      createdAt: now,
      createdBy: actor.id,
    },
  })
  await tx.company.update({
    where: { id: company.id },
    data: { policyVersion: version, entranceId: entrance.id, version: { increment: 1 } },
  })
  // Deleted users' too: their IDs are not given again (D-09).
  await inPortions(
    atMost => tx.$executeRaw`
      UPDATE "user" SET login_id_scope = ${scope}
       WHERE id IN (SELECT id FROM "user"
                     WHERE company_id = ${company.id}::uuid AND login_id_scope <> ${scope} LIMIT ${atMost})`,
  )
  const { mustChangePassword } = impactOf(
    before,
    after,
    await alikeUsers(tx, company.id, now),
    businessDayOf(now),
  )
  // What the passwords are made of can't be read from their hashes: each is changed at the next login.
  if (isTightened(before.loginPassword, after.loginPassword))
    await inPortions(
      atMost => tx.$executeRaw`
        UPDATE credential SET force_change = true
         WHERE id IN (SELECT c.id FROM credential c JOIN "user" u ON u.id = c.user_id
                       WHERE u.company_id = ${company.id}::uuid AND u.service_state <> 'deleted'
                         AND NOT c.force_change LIMIT ${atMost})`,
    )
  const sessionsEnded = await holdSessionsTo(deps, tx, { companyId: company.id, before, after })
  await audit.record(deps, tx, PolicyChanged, {
    ...entryOf(actor, company),
    details: {
      caseId,
      caseReason: reason,
      before: recorded(company.current),
      after: recorded(wanted),
      usersToChange: mustChangePassword,
      sessionsEnded,
    },
  })
  return ok(null)
}

/**
 * How a prepared change is decided: it is carried out as it was proposed, unless a later version of the policy has
 * overtaken it.
 */
export const policyHandling = (
  deps: Deps,
  actor: StaffActor,
  ofCompany: string,
): CaseHandling<Company, null, PolicyRefusal> => ({
  kinds: ['policy_change'],
  seconds: longest,
  hold: async (tx, { companyId }) => (companyId === ofCompany ? holdCompany(deps, tx, companyId) : undefined),
  carryOut: async (tx, company, row) => {
    if (company.over) return refuse('contract.ended')
    const proposal = row.proposal as Proposal
    if (company.version !== proposal.baseVersion) return refuse('policy.changedMeanwhile')
    return carryOut(deps, tx, actor, company, proposal, { caseId: row.id, reason: row.reason })
  },
})

/** The constraints have the last word where two officers come at the same moment. */
const taken = (error: unknown): Refusal<PolicyRefusal> | undefined => {
  if (isUniqueViolation(error, 'helpdesk_case_pending_policy')) return refuse('policy.pending')
  if (isUniqueViolation(error, 'user_login_id_scope_login_id_key_key'))
    return refuse('policy.loginIdsTaken', { count: 1 })
  return undefined
}

const recordRefused = async (
  deps: Deps,
  actor: StaffActor,
  company: Company,
  reason: Refusal['reason'],
): Promise<void> => {
  await audit.recordAlone(deps, PolicyChanged, {
    ...entryOf(actor, company),
    details: {
      caseId: null,
      caseReason: null,
      before: null,
      after: null,
      usersToChange: 0,
      sessionsEnded: 0,
    },
    outcome: 'refused',
    reason,
  })
}
