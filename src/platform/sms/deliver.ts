import { z } from 'zod'
import { system } from '../../kernel/actor.ts'
import { type Clock, plusSeconds } from '../../kernel/clock.ts'
import type { Ids } from '../../kernel/ids.ts'
import * as audit from '../audit/audit.ts'
import type { Db } from '../db/client.ts'
import { inTx } from '../db/in-tx.ts'
import { type Language, languages, type Translate } from '../i18n.ts'
import type { SecretBox } from '../secret-box.ts'
import type { SmsDelivery, SmsGateway } from './gateway.ts'
import { contextOf, type SmsKind, smsKinds } from './outbox.ts'

/** Each short message to a user is an event in the history (I-04); of the number only its end. */
export const SmsSent = audit.defineEvent(
  'sms.sent',
  z.strictObject({ sms: z.enum(smsKinds), recipientEnd: z.string(), locale: z.string() }),
)

export type SmsDeliverDeps = {
  db: Db
  clock: Clock
  ids: Ids
  secretBox: SecretBox
  gateway: SmsGateway
  translations: (language: Language) => Translate
}

const claimSeconds = 30

/**
 * Sends the short message of an outbox row, once among all workers: whoever claims the row sends it. Its params are
 * erased with the mark that it is sent, refused, or stale. Throws when it must be tried again.
 */
export const deliverSms = async (
  deps: SmsDeliverDeps,
  id: string,
): Promise<'sent' | 'undeliverable' | 'stale' | 'settled'> => {
  const { db, clock, gateway, secretBox } = deps
  const now = clock.now()
  const [row] = await db.outboxSms.updateManyAndReturn({
    where: { id, sentAt: null, failedAt: null, OR: [{ claimedUntil: null }, { claimedUntil: { lt: now } }] },
    data: { claimedUntil: plusSeconds(now, claimSeconds), attempts: { increment: 1 } },
  })
  if (!row) {
    const open = await db.outboxSms.count({ where: { id, sentAt: null, failedAt: null } })
    if (open > 0) throw new Error(`Short message ${id} is being sent by another worker`)
    return 'settled'
  }
  if (now >= row.staleAt || !row.sealedParams) {
    await db.outboxSms.update({
      where: { id },
      data: { failedAt: now, claimedUntil: null, sealedParams: null, lastError: 'stale' },
    })
    return 'stale'
  }
  let delivery: SmsDelivery
  try {
    const params = JSON.parse(secretBox.open(row.sealedParams, contextOf(id)).toString()) as Record<
      string,
      string | number
    >
    const language = languages.find(each => each === row.locale) ?? 'ja'
    const text = deps.translations(language)(`sms.${row.kind}`, params)
    delivery = await gateway.send({ id, to: row.recipient, text, at: now })
  } catch (error) {
    await db.outboxSms.updateMany({
      where: { id, sentAt: null, failedAt: null },
      data: { claimedUntil: null, lastError: asLine(error) },
    })
    throw error
  }
  await inTx(deps, async tx => {
    const at = clock.now()
    await tx.outboxSms.update({
      where: { id },
      data: {
        ...(delivery.ok ? { sentAt: at } : { failedAt: at, lastError: delivery.response.slice(0, 200) }),
        claimedUntil: null,
        sealedParams: null,
      },
    })
    await audit.record(deps, tx, SmsSent, {
      actor: system('sms'),
      companyId: row.companyId,
      subject: { kind: 'user', id: row.userId },
      details: { sms: row.kind as SmsKind, recipientEnd: row.recipient.slice(-4), locale: row.locale },
      ...(delivery.ok ? {} : { outcome: 'refused' as const, reason: 'sms.undeliverable' }),
    })
  })
  return delivery.ok ? 'sent' : 'undeliverable'
}

const asLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replace(/\s+/g, ' ').slice(0, 300)
