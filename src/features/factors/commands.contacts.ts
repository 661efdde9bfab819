import type { Deps } from '../../deps.ts'
import { holderOf, type UserActor } from '../../kernel/actor.ts'
import { hour, plusSeconds } from '../../kernel/clock.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import { inTx, type Tx } from '../../platform/db/in-tx.ts'
import * as outbox from '../../platform/outbox/outbox.ts'
import { putSms } from '../../platform/sms/outbox.ts'
import { emailStateAfter } from '../../policy/user-states.ts'
import {
  type CodeIssueRefusal,
  type CodePurpose,
  type CodeRefusal,
  issueCode,
  redeemCode,
} from '../codes/index.ts'
import { voidResetLinks } from '../passwords/index.ts'
import { type AdvanceRefusal, type HeldSession, holdOwner, holdSession } from '../sessions/index.ts'
import { ContactChanged } from './events.ts'
import { ContactChangedMail } from './mails.ts'
import { maskedMobile } from './mobile.ts'

export type Contact = 'email' | 'mobile'

/** Word of a change that could not be delivered for a day tells nobody anything any more. */
const wordGoodForSeconds = 24 * hour

export const purposeOf = { email: 'mail-change', mobile: 'mobile-change' } as const

/** Sends a code to an address that is to become the user's: it counts once the code is typed (B-22). */
export const sendContactCode = (
  deps: Deps,
  actor: UserActor,
  session: HeldSession,
  contact: Contact,
  recipient: string,
): Promise<Result<{ expiresAt: Date }, CodeIssueRefusal | AdvanceRefusal>> =>
  send(deps, actor, session, { purpose: purposeOf[contact], recipient })

const send = (
  deps: Deps,
  actor: UserActor,
  session: HeldSession,
  wanted: { purpose: CodePurpose; recipient: string },
): Promise<Result<{ expiresAt: Date }, CodeIssueRefusal | AdvanceRefusal>> =>
  inTx(deps, async tx => {
    await holdOwner(tx, holderOf(actor))
    const held = await holdSession(tx, session)
    return held.ok ? issueCode(deps, tx, actor, wanted) : held
  })

/** What a right code has done: an address that was the user's before is proved, and nothing has changed (D-15). */
export type ContactProof = 'changed' | 'proved'

/** Makes the address that the code proves the user's, and tells the old and the new one (B-22). */
export const proveContact = async (
  deps: Deps,
  actor: UserActor,
  session: HeldSession,
  contact: Contact,
  code: string,
): Promise<Result<ContactProof, CodeRefusal | AdvanceRefusal>> => {
  const redeemed = await redeemCode(deps, actor, { purpose: purposeOf[contact], code })
  if (!redeemed.ok) return redeemed
  return changeContact(deps, actor, session, contact, redeemed.value.recipient)
}

/** A number is told by its last digits only: a mail may be read by others. */
const shown = (contact: Contact, address: string) =>
  contact === 'mobile' && address !== '' ? maskedMobile(address) : address

/** Sends a code to the address that the user has, which nobody has proved yet (D-15): it counts as theirs once it is typed. */
export const sendProofCode = async (
  deps: Deps,
  actor: UserActor,
  session: HeldSession,
): Promise<Result<{ expiresAt: Date }, CodeIssueRefusal | AdvanceRefusal>> => {
  return send(deps, actor, session, { purpose: 'mail-proof', recipient: await addressOf(deps.db, actor) })
}

const addressOf = async (db: Pick<Tx, 'user'>, { companyId, id }: UserActor): Promise<string> => {
  const { email } = await db.user.findUniqueOrThrow({
    where: { companyId_id: { companyId, id } },
    select: { email: true },
  })
  return email
}

/**
 * Takes the code that `sendProofCode` sent: the address is proved, and stays what it is. Nobody was asked anew who they are for
 * it, so a code of an address that has been corrected since brings the old one back to nobody (B-22), and a code that was
 * to change an address works only where it was asked for.
 */
export const proveOwnAddress = async (
  deps: Deps,
  actor: UserActor,
  session: HeldSession,
  code: string,
): Promise<Result<null, CodeRefusal | AdvanceRefusal>> => {
  const redeemed = await redeemCode(deps, actor, { purpose: 'mail-proof', code })
  if (!redeemed.ok) return redeemed
  return inTx(deps, async (tx): Promise<Result<null, CodeRefusal | AdvanceRefusal>> => {
    await holdOwner(tx, holderOf(actor))
    const held = await holdSession(tx, session)
    if (!held.ok) return held
    return (await addressOf(tx, actor)) === redeemed.value.recipient ? ok(null) : refuse('code.none')
  })
}

/**
 * Stores a proved address, whose code the caller has seen; a number may be given up by a blank one. Refuses where the
 * session that it is done in has ended meanwhile (B-22).
 */
export const changeContact = (
  deps: Deps,
  actor: UserActor,
  session: HeldSession,
  contact: Contact,
  address: string,
): Promise<Result<ContactProof, AdvanceRefusal>> =>
  inTx(deps, async (tx): Promise<Result<ContactProof, AdvanceRefusal>> => {
    const [before] = await tx.$queryRaw<{ email: string; mobile: string | null; locale: string }[]>`
      SELECT email, mobile, locale FROM "user"
       WHERE company_id = ${actor.companyId}::uuid AND id = ${actor.id}::uuid FOR UPDATE`
    if (!before) throw new Error(`user ${actor.id} is gone`)
    const held = await holdSession(tx, session)
    if (!held.ok) return held
    // Word of a change that is none, «before» and «after» alike, would warn its owner of a third party.
    if (before[contact] === address) return ok('proved')
    await tx.user.update({
      where: { companyId_id: { companyId: actor.companyId, id: actor.id } },
      data: {
        ...(contact === 'mobile'
          ? { mobile: address || null }
          : { email: address, emailState: emailStateAfter('proved') }),
        version: { increment: 1 },
      },
    })
    // A link of a forgotten password may lie in the mailbox that is the user's no more.
    if (contact === 'email') await voidResetLinks(deps, tx, { companyId: actor.companyId, userId: actor.id })
    const { name: company } = await tx.company.findUniqueOrThrow({
      where: { id: actor.companyId },
      select: { name: true },
    })
    const old = before[contact] ?? ''
    const { ip } = actor.origin
    await tellContactChanged(deps, tx, {
      companyId: actor.companyId,
      userId: actor.id,
      locale: before.locale,
      addressee: { company, name: actor.name },
      contact,
      emails: contact === 'email' ? [before.email, address] : [before.email],
      before: old,
      after: address,
      ...(ip && { from: ip }),
    })
    await audit.record(deps, tx, ContactChanged, {
      actor,
      companyId: actor.companyId,
      subject: { kind: 'user', id: actor.id, label: actor.loginId },
      details: {
        contact,
        before: { contactAddress: shown(contact, old) },
        after: { contactAddress: shown(contact, address) },
      },
    })
    return ok('changed')
  })

/**
 * Tells of a changed address or number by mail to each of `emails`, the one before the change among them, and by short
 * message to the number of before (B-22): the mailbox may be in the same wrong hands.
 */
export const tellContactChanged = async (
  deps: Deps,
  tx: Tx,
  {
    contact,
    emails,
    before,
    after,
    from,
    ...letter
  }: {
    companyId: string
    userId: string
    locale: string
    addressee: { company: string; name: string }
    contact: Contact
    emails: readonly string[]
    before: string
    after: string
    /** The address it was changed from, where its owner did it. */
    from?: string
  },
): Promise<void> => {
  const at = deps.clock.now()
  for (const recipient of new Set(emails))
    await outbox.put(deps, tx, ContactChangedMail, {
      ...letter,
      recipient,
      params: {
        at,
        contact,
        before: shown(contact, before),
        after: shown(contact, after),
        ...(from && { from }),
      },
    })
  if (contact === 'mobile' && before !== '' && before !== after)
    await putSms(deps, tx, {
      companyId: letter.companyId,
      userId: letter.userId,
      kind: 'number-changed',
      recipient: before,
      locale: letter.locale,
      params: { end: after.slice(-4) },
      staleAt: plusSeconds(at, wordGoodForSeconds),
    })
}
