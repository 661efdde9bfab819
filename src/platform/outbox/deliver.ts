import { z } from 'zod'
import { system } from '../../kernel/actor.ts'
import { type Clock, plusSeconds } from '../../kernel/clock.ts'
import type { Ids } from '../../kernel/ids.ts'
import * as audit from '../audit/audit.ts'
import type { Db } from '../db/client.ts'
import { inTx, type Tx } from '../db/in-tx.ts'
import type { Addressee, Letter, LetterContent } from '../mail/letter.ts'
import { mailNumber } from '../mail/letter.ts'
import type { AnyMailKind } from '../mail/mail-kind.ts'
import type { Delivery, Mailer } from '../mail/mailer.ts'
import type { SecretBox } from '../secret-box.ts'
import { sealContext } from './outbox.ts'

/** Each mail to a user is an event in the history (I-04), found again by the number printed in it. */
export const MailSent = audit.defineEvent(
  'mail.sent',
  z.strictObject({ mail: z.string(), number: z.string(), recipient: z.string(), locale: z.string() }),
)

export type DeliverDeps = {
  db: Db
  clock: Clock
  ids: Ids
  mailer: Mailer
  /** Opens what a row keeps sealed. */
  secretBox: Pick<SecretBox, 'open'>
  mailKinds: readonly AnyMailKind[]
  writeLetter: (mail: AnyMailKind, content: LetterContent) => Letter
  /**
   * Told, in the transaction that gives the mail up, that a user's address does not exist (D-15). The address may have
   * been changed since: compare.
   */
  onUndeliverable: (tx: Tx, user: { companyId: string; userId: string; recipient: string }) => Promise<void>
}

/** Longer than a worker can take over one mail; then the claim of a killed one lapses. */
const claimSeconds = 90

/**
 * Sends the mail of an outbox row, once among all workers of all programs: whoever claims the row sends it, and marks it
 * in the transaction that writes it into the history (I-04). Only a program killed between the server's "250" and that
 * commit sends a mail twice, with the same Message-ID.
 *
 * - `sent`, `undeliverable`: done now
 * - `settled`: there was nothing to do, since it was sent or given up before
 *
 * Throws when it must be tried again: the mail server is away or busy, or another worker holds the claim.
 */
export const deliver = async (
  deps: DeliverDeps,
  id: string,
): Promise<'sent' | 'undeliverable' | 'settled'> => {
  const { db, clock, mailer } = deps
  const now = clock.now()
  const [row] = await db.outboxMail.updateManyAndReturn({
    where: {
      id,
      sentAt: null,
      failedAt: null,
      OR: [{ claimedUntil: null }, { claimedUntil: { lt: now } }],
    },
    data: { claimedUntil: plusSeconds(now, claimSeconds), attempts: { increment: 1 } },
  })
  if (!row) {
    const open = await db.outboxMail.count({ where: { id, sentAt: null, failedAt: null } })
    if (open > 0) throw new Error(`Mail ${id} is being sent by another worker`)
    return 'settled'
  }
  const { addressee, ...params } = row.params as { addressee: Addressee; [param: string]: unknown }
  let delivery: Delivery
  try {
    const kind = deps.mailKinds.find(each => each.kind === row.kind)
    if (!kind) throw new Error(`Mail ${id} is of the unknown kind ${row.kind}`)
    const secrets =
      row.sealed && JSON.parse(deps.secretBox.open(row.sealed, sealContext(id)).toString('utf8'))
    const letter = deps.writeLetter(kind, {
      id,
      locale: row.locale,
      addressee,
      params: { ...params, ...secrets },
    })
    delivery = await mailer.send({ id, to: row.recipient, letter, at: row.createdAt })
  } catch (error) {
    await db.outboxMail.updateMany({
      where: { id, sentAt: null, failedAt: null },
      data: { claimedUntil: null, lastError: asLine(error) },
    })
    throw error
  }
  // If this fails the claim stands: the mail is out, and another try must wait as long as it can.
  await settle(deps, row, delivery)
  return delivery.ok ? 'sent' : 'undeliverable'
}

type Row = {
  id: string
  companyId: string | null
  userId: string | null
  kind: string
  recipient: string
  locale: string
}

const userOf = ({ companyId, userId }: Row) => (companyId && userId ? { companyId, userId } : undefined)

const settle = (deps: DeliverDeps, row: Row, delivery: Delivery) =>
  inTx(deps, async tx => {
    const { id, recipient } = row
    const user = userOf(row)
    const now = deps.clock.now()
    const [done] = await tx.$queryRaw<{ loginId: string | null }[]>`
      UPDATE outbox_mail
         SET sent_at = ${delivery.ok ? now : null}::timestamptz, failed_at = ${delivery.ok ? null : now}::timestamptz,
             last_error = ${delivery.ok ? null : asLine(delivery.response)}, claimed_until = NULL, sealed = NULL
       WHERE id = ${id}::uuid
      RETURNING (SELECT login_id FROM "user" WHERE "user".id = outbox_mail.user_id) AS "loginId"`
    if (!delivery.ok && user) await deps.onUndeliverable(tx, { ...user, recipient })
    const label = done?.loginId
    await audit.record(deps, tx, MailSent, {
      actor: system('mail'),
      companyId: row.companyId,
      ...(user && { subject: { kind: 'user', id: user.userId, ...(label && { label }) } }),
      details: { mail: row.kind, number: mailNumber(id), recipient, locale: row.locale },
      ...(delivery.ok ? {} : { outcome: 'refused' as const, reason: 'mail.undeliverable' }),
    })
  })

const asLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replace(/\s+/g, ' ').slice(0, 500)
