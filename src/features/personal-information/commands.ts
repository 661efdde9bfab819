import type { Deps } from '../../deps.ts'
import type { UserActor } from '../../kernel/actor.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import { inTx } from '../../platform/db/in-tx.ts'
import { type CodeIssueRefusal, issueCode } from '../codes/index.ts'
import { changeContact, maskedMobile } from '../factors/index.ts'
import { type AdvanceRefusal, type HeldSession, holdSession } from '../sessions/index.ts'
import { type PersonalFacts, PersonalInformationChanged, PersonalInformationChangeRefused } from './events.ts'
import type { PersonalInformation } from './personal-information.ts'
import { ownInformation } from './queries.ts'

export type InformationRefusal =
  | 'draft.targetChanged'
  | 'personalInformation.unchanged'
  | CodeIssueRefusal
  | AdvanceRefusal

/** `codeSent`: the mobile number stays as it was until the code that went to the new one is typed. */
export type Changed = { before: PersonalInformation; after: PersonalInformation; codeSent: boolean }

/** What differs, as the history tells it. */
const factsOf = (
  before: PersonalInformation,
  after: PersonalInformation,
): { before: PersonalFacts; after: PersonalFacts } | undefined => {
  const sides: { before: PersonalFacts; after: PersonalFacts } = { before: {}, after: {} }
  for (const field of ['name', 'phone', 'organisation', 'department'] as const) {
    if ((before[field] ?? '') === (after[field] ?? '')) continue
    sides.before[field] = before[field] ?? ''
    sides.after[field] = after[field] ?? ''
  }
  return Object.keys(sides.after).length > 0 ? sides : undefined
}

/**
 * Changes 個人情報 of the actor (G-06), in one transaction with the history. A new mobile number is not stored: a code goes
 * there, and it counts once the code is typed; a number that is given up is told to it (B-22).
 *
 * Refuses when somebody else has changed the user since `version` (D-12), when nothing would change, when the session that
 * it is done in has ended meanwhile (B-22), and as `issueCode` does.
 */
export const changeInformation = (
  deps: Deps,
  actor: UserActor,
  session: HeldSession,
  version: number,
  wanted: PersonalInformation,
): Promise<Result<Changed, InformationRefusal>> =>
  inTx(deps, async (tx): Promise<Result<Changed, InformationRefusal>> => {
    await tx.$queryRaw`
      SELECT id FROM "user" WHERE company_id = ${actor.companyId}::uuid AND id = ${actor.id}::uuid FOR UPDATE`
    const held = await holdSession(tx, session)
    if (!held.ok) return held
    const { email: _email, locale: _locale, version: now, ...before } = await ownInformation(tx, actor)
    if (now !== version) return refuse('draft.targetChanged')
    const facts = factsOf(before, wanted)
    const movesMobile = (wanted.mobile ?? '') !== (before.mobile ?? '')
    if (!facts && !movesMobile) return refuse('personalInformation.unchanged')
    if (facts) {
      const { name, phone, organisation, department } = wanted
      await tx.user.update({
        where: { companyId_id: { companyId: actor.companyId, id: actor.id } },
        data: { name, phone, organisation, department, version: { increment: 1 } },
      })
    }
    const codeSent = movesMobile && wanted.mobile !== null
    if (codeSent && wanted.mobile) {
      const sent = await issueCode(deps, tx, actor, { purpose: 'mobile-change', recipient: wanted.mobile })
      if (!sent.ok) return sent
    } else if (movesMobile) {
      const given = await changeContact(deps, actor, session, 'mobile', '')
      if (!given.ok) return given
    }
    if (facts)
      await audit.record(deps, tx, PersonalInformationChanged, {
        ...audit.byThemselves(actor),
        details: facts,
      })
    return ok({ before, after: codeSent ? { ...wanted, mobile: before.mobile } : wanted, codeSent })
  })

/** Keeps what a refused change asked for (F-02). */
export const recordChangeRefused = async (
  deps: Deps,
  actor: UserActor,
  wanted: PersonalInformation,
  reason: string,
): Promise<void> => {
  const stored = await ownInformation(deps.db, actor)
  const facts = factsOf(stored, wanted) ?? { before: {}, after: {} }
  await audit.recordAlone(deps, PersonalInformationChangeRefused, {
    ...audit.byThemselves(actor),
    outcome: 'refused',
    reason,
    details: {
      ...facts,
      ...(wanted.mobile !== null &&
        wanted.mobile !== stored.mobile && { mobile: maskedMobile(wanted.mobile) }),
    },
  })
}
