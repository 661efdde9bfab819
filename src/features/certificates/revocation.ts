import type { Deps } from '../../deps.ts'
import type { CertificateState } from '../../generated/prisma/enums.ts'
import type { Actor } from '../../kernel/actor.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import * as outbox from '../../platform/outbox/outbox.ts'
import { eraseOnce } from '../../platform/shown-once.ts'
import { requestCrl } from '../authorities/index.ts'
import { removeAllPasskeys } from '../passkeys/index.ts'
import type { Holder } from '../passwords/index.ts'
import { endSessionsOf } from '../sessions/index.ts'
import { after, type RevocationReason, statesBefore } from './certificate.ts'
import { tellEnded } from './ended.ts'
import { endErrands } from './errands.ts'
import { CertificateRevoked, CertificateVoided } from './events.ts'
import { holderOf, type Owner, ownerOf } from './holder.ts'
import { CertificateRevokedMail } from './mails.ts'

export type Revoked = { certificateId: string; serial: string; revokedAt: Date; sessionsEnded: number }

type Row = {
  id: string
  companyId: string | null
  userId: string | null
  staffId: string | null
  state: CertificateState
  issuerId: string | null
  serial: string | null
  fingerprint: string | null
  notAfter: Date | null
}

/**
 * Revokes a certificate for good, within the transaction of whoever may decide it: its state, its sessions and its file
 * end together (C-14, C-07), the owner is told, and every copy of the program closes its connections at the commit.
 * From then on no request over it is answered but with what to do next, since each reads the row.
 *
 * Who may revoke whose, the caller has decided. Refuses `certificate.notFound`, and `certificate.state` where it has
 * ended already or was never signed: what is still on its way is for `endAllOf`.
 */
export const revoke = async (
  deps: Deps,
  tx: Tx,
  actor: Actor,
  certificateId: string,
  reason: RevocationReason,
): Promise<Result<Revoked, 'certificate.notFound' | 'certificate.state'>> => {
  const row = await hold(tx, certificateId)
  if (!row) return refuse('certificate.notFound')
  const next = after(row.state, 'revoke')
  if (!next.ok) return next
  const { serial, fingerprint, notAfter } = row
  if (!serial || !fingerprint || !notAfter) throw new Error(`certificate ${row.id} is signed incompletely`)
  const revokedAt = deps.clock.now()
  await tx.certificate.update({
    where: { id: row.id },
    data: { state: next.value, endedAt: revokedAt, endReason: reason },
  })
  await eraseFile(deps, tx, row.id)
  const sessionsEnded = await endSessionsOf(deps, tx, { certificateId: row.id }, 'certificate')
  await tellEnded(tx, fingerprint)
  await requestCrl(deps, tx, row)
  const owner = await ownerOf(tx, holderOf(row))
  await tellOwner(deps, tx, actor, owner, { serial, reason })
  await audit.record(deps, tx, CertificateRevoked, {
    actor,
    ...owner.about,
    details: { serial, notAfter: notAfter.toISOString(), revocationReason: reason, sessionsEnded },
  })
  return ok({ certificateId: row.id, serial, revokedAt, sessionsEnded })
}

/**
 * Ends every certificate of a holder: usable ones are revoked, those still on their way are void, and what could lead
 * to another one ends with them (C-07, C-08, C-14, C-19): a renewal that was asked for before would otherwise work on
 * where its old certificate was lost. What was lost may hold their passkeys, too: they are removed. Gives those that were
 * revoked.
 */
export const endAllOf = async (
  deps: Deps,
  tx: Tx,
  actor: Actor,
  holder: Holder,
  reason: RevocationReason,
): Promise<Revoked[]> => {
  if ('userId' in holder) {
    // Whoever asks for a certificate at this moment has asked, or waits until there is nothing to ask with.
    await tx.$queryRaw`SELECT id FROM "user" WHERE id = ${holder.userId}::uuid FOR UPDATE`
    await endErrands(deps, tx, actor, holder, await ownerOf(tx, holder))
    if (reason === 'lost') await removeAllPasskeys(deps, tx, actor, holder)
  }
  const certificates = await tx.certificate.findMany({
    where: { ...holder, state: { in: ['requested', 'prepared', ...statesBefore('revoke')] } },
    // One order for everyone who holds several rows.
    orderBy: { id: 'asc' },
    select: { id: true },
  })
  const revoked: Revoked[] = []
  for (const { id } of certificates) {
    const done = await revoke(deps, tx, actor, id, reason)
    if (done.ok) revoked.push(done.value)
    else await giveUp(deps, tx, actor, id, reason)
  }
  return revoked
}

/** What was asked for and not signed yet is void; whoever works on it finds that out at their next step (C-10). */
const giveUp = async (
  deps: Deps,
  tx: Tx,
  actor: Actor,
  id: string,
  reason: RevocationReason,
): Promise<void> => {
  const moved = await tx.certificate.updateMany({
    where: { id, state: { in: ['requested', 'prepared'] } },
    data: { state: 'void', endedAt: deps.clock.now(), endReason: reason },
  })
  if (moved.count > 0) await afterVoid(deps, tx, actor, id)
}

/** What goes with a certificate that has just become void: its file, its place in the list of what works, the history (C-11). */
export const afterVoid = async (deps: Deps, tx: Tx, actor: Actor, id: string): Promise<void> => {
  await eraseFile(deps, tx, id)
  const row = await tx.certificate.findUniqueOrThrow({ where: { id } })
  await requestCrl(deps, tx, row)
  const owner = await ownerOf(tx, holderOf(row))
  await audit.record(deps, tx, CertificateVoided, {
    actor,
    ...owner.about,
    details: { purpose: row.purpose, serial: row.serial, requestedAt: row.requestedAt.toISOString() },
  })
}

/** The certificate's row, held until the transaction ends: a login, a download and a revocation take turns. */
const hold = async (tx: Tx, id: string): Promise<Row | undefined> => {
  const [row] = await tx.$queryRaw<Row[]>`
    SELECT id, company_id AS "companyId", user_id AS "userId", staff_id AS "staffId", state::text AS state,
           issuer_id AS "issuerId", serial, fingerprint, not_after AS "notAfter"
      FROM certificate WHERE id = ${id}::uuid
       FOR UPDATE`
  return row
}

/** Erases the file of a certificate with whatever secret is left beside it (C-11). */
export const eraseFile = async (deps: Deps, tx: Tx, certificateId: string): Promise<void> => {
  await tx.certificateDelivery.updateMany({
    where: { certificateId, erasedAt: null },
    data: { pkcs12: null, sealedKey: null, sealedPassword: null, erasedAt: deps.clock.now() },
  })
  await eraseOnce(tx, [certificateId])
}

const tellOwner = async (
  deps: Deps,
  tx: Tx,
  actor: Actor,
  { companyId, letter }: Owner,
  { serial, reason }: { serial: string; reason: RevocationReason },
): Promise<void> => {
  if (!companyId || !letter) return
  await outbox.put(deps, tx, CertificateRevokedMail, {
    companyId,
    ...letter,
    params: { at: deps.clock.now(), serial, reason, revokedBy: byWhom(actor, letter.userId) },
  })
}

const byWhom = (actor: Actor, ownerId: string) => {
  if (actor.kind === 'staff') return 'helpdesk' as const
  if (actor.kind !== 'user') return 'itself' as const
  return actor.id === ownerId ? ('yourself' as const) : ('administrator' as const)
}
