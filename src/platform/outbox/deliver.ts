import { type Clock, plusSeconds } from '../../kernel/clock.ts'
import type { Db } from '../db/client.ts'
import { presetOf } from '../db/preset-of.ts'
import type { Addressee, Letter, LetterContent } from '../mail/letter.ts'
import type { AnyMailKind } from '../mail/mail-kind.ts'
import type { Delivery, Mailer } from '../mail/mailer.ts'
import type { SecretBox } from '../secret-box.ts'
import { sealContext } from './outbox.ts'
import { asLine, type Delivered } from './settle.ts'

export type DeliverDeps = {
  db: Db
  clock: Clock
  mailer: Pick<Mailer, 'send'>
  /** Opens what a row keeps sealed. */
  secretBox: Pick<SecretBox, 'open'>
  mailKinds: readonly AnyMailKind[]
  writeLetter: (mail: AnyMailKind, content: LetterContent) => Letter
  /** What `createSettling` gives. */
  settle: (delivered: Delivered) => Promise<void>
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
      preset: await presetOf(db, row.companyId),
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
  await deps.settle({ row, delivery })
  return delivery.ok ? 'sent' : 'undeliverable'
}
