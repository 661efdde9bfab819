import type { Deps } from '../../deps.ts'
import type { StaffActor } from '../../kernel/actor.ts'
import { ok, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import * as outbox from '../../platform/outbox/outbox.ts'
import { forgetBrowsers } from '../browsers/index.ts'
import { AcquisitionPasswordIssuedMail, endAllOf } from '../certificates/index.ts'
import { removeAllPasskeys, removePasskeyOf } from '../passkeys/index.ts'
import { forgetStrangers } from '../passwords/index.ts'
import { endSessionsOf } from '../sessions/index.ts'
import { reviewDayFrom } from '../two-officers/index.ts'
import type { CustomerAct } from './case.ts'
import { AcquisitionPasswordIssued, PasskeyRemovalCarriedOut, RevocationCarriedOut } from './events.ts'
import { addressOf, type CarryOut, caseDetails, entryOf, holderOf, type OpenCase } from './open-case.ts'

/** Issues an acquisition password (C-02, C-09): the unused one is voided, so that one at most is usable. */
const issue = async (deps: Deps, tx: Tx, actor: StaffActor, open: OpenCase): Promise<void> => {
  const { caseId, customer, proposal, made } = open
  if (!made) return
  const now = deps.clock.now()
  const voided = await tx.acquisitionPassword.updateMany({
    where: { ...holderOf(customer), usedAt: null, voidedAt: null },
    data: { voidedAt: now },
  })
  // A case issues one password: they share the id, so that the case's page can tell what became of it.
  await tx.acquisitionPassword.create({
    data: { id: caseId, ...holderOf(customer), hash: made.hash, issuedAt: now, expiresAt: made.until },
  })
  // Whoever came to the end of the strangers' tries begins anew with the new password (B-07).
  await forgetStrangers(tx, holderOf(customer))
  await outbox.put(deps, tx, AcquisitionPasswordIssuedMail, {
    ...addressOf(customer),
    params: { at: now, expiresAt: made.until, delivery: proposal.delivery },
  })
  await audit.record(deps, tx, AcquisitionPasswordIssued, {
    ...entryOf(actor, customer),
    details: {
      ...caseDetails(open),
      delivery: proposal.delivery,
      expiresAt: made.until.toISOString(),
      replaced: voided.count > 0 || customer.acquisitionPassword?.pending === true,
    },
  })
}

const issueAcquisition: CarryOut<'acquisition_password'> = async (deps, tx, actor, open) => {
  await issue(deps, tx, actor, open)
  return ok(null)
}

/** The old computer's certificates end and a new acquisition password is issued, or enrolment is open again (C-08). */
const changeComputer: CarryOut<'new_computer'> = async (deps, tx, actor, open) => {
  const lost = open.proposal.revocationReason === 'lost'
  await endAllOf(deps, tx, actor, holderOf(open.customer), lost ? 'lost' : 'newComputer')
  await issue(deps, tx, actor, open)
  return ok(null)
}

/**
 * Revokes every certificate of a customer's user and ends what could lead to another one, passkeys among it (H-03, H-04):
 * whoever calls about a stolen computer is not made to wait for a second officer. Sessions without a certificate end too, and no browser is
 * known any more (B-07): the computer that somebody else holds may have either.
 */
const revoke: CarryOut<'certificate_revocation'> = async (deps, tx, actor, open) => {
  const { customer, caseId, paper, proposal } = open
  const revoked = await endAllOf(deps, tx, actor, holderOf(customer), proposal.revocationReason)
  await removeAllPasskeys(deps, tx, actor, holderOf(customer))
  const others = await endSessionsOf(deps, tx, { userId: customer.id }, 'certificate')
  await forgetBrowsers(tx, holderOf(customer))
  await audit.record(deps, tx, RevocationCarriedOut, {
    ...entryOf(actor, customer),
    details: {
      caseId,
      caseReason: paper.reason,
      certificates: revoked.length,
      sessionsEnded: revoked.reduce((sum, each) => sum + each.sessionsEnded, others),
      reviewDueOn: reviewDayFrom(deps.clock.now()),
    },
  })
  return ok(null)
}

/**
 * Removes one passkey of a customer's user, whose device was lost while certificates and other passkeys go on (C-19, H-03).
 * Whoever holds the device may be logged in with it, and no session says by which passkey: all of them end.
 */
const removePasskey: CarryOut<'passkey_removal'> = async (deps, tx, actor, open) => {
  const { customer, caseId, paper, proposal } = open
  const { passkey } = proposal
  const holder = { ...holderOf(customer), loginId: customer.loginId }
  // Of two officers at once, or an officer and the user, one finds it gone.
  if (!passkey || !(await removePasskeyOf(deps, tx, actor, holder, passkey)))
    return refuse('passkey.ofNobody')
  const sessionsEnded = await endSessionsOf(deps, tx, { userId: customer.id }, 'bank')
  await audit.record(deps, tx, PasskeyRemovalCarriedOut, {
    ...entryOf(actor, customer),
    details: {
      caseId,
      caseReason: paper.reason,
      passkey: passkey.name,
      sessionsEnded,
      reviewDueOn: reviewDayFrom(deps.clock.now()),
    },
  })
  return ok(null)
}

export const carryOutCertificates = {
  acquisition_password: issueAcquisition,
  new_computer: changeComputer,
  certificate_revocation: revoke,
  passkey_removal: removePasskey,
} satisfies { [Act in CustomerAct]?: CarryOut<Act> }
