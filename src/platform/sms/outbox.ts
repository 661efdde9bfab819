import type { Clock } from '../../kernel/clock.ts'
import type { Ids } from '../../kernel/ids.ts'
import type { Db } from '../db/client.ts'
import type { Tx } from '../db/in-tx.ts'
import { inPortions } from '../db/portions.ts'
import type { Jobs } from '../jobs.ts'
import type { SecretBox } from '../secret-box.ts'

/** The kinds of short messages; each one's text is `sms.<kind>` in the locales. */
export const smsKinds = ['code', 'number-changed'] as const
export type SmsKind = (typeof smsKinds)[number]

/** A short message to a user's mobile phone. */
export type SmsEntry = {
  companyId: string
  userId: string
  kind: SmsKind
  /** E.164, the number as it is now. */
  recipient: string
  /** `ja` or `en`, the user's. */
  locale: string
  /** What the text names, a code among it: sealed until it is sent, then erased. */
  params: Readonly<Record<string, string | number>>
  /** When nobody waits for it any more: a code that has expired is not sent. */
  staleAt: Date
}

/** The job of one message: its row's id. */
export type SmsJob = { id: string }

export const smsQueue = 'sms'

export const contextOf = (id: string): string => `sms:${id}`

/**
 * Puts a short message into the outbox within the transaction that causes it, and the job that sends it (B-18, I-04).
 * Gives the message's id. Throws when the recipient is not a number in E.164: the database refuses it.
 */
export const putSms = async (
  deps: { clock: Clock; ids: Ids; jobs: Pick<Jobs, 'put'>; secretBox: SecretBox },
  tx: Tx,
  entry: SmsEntry,
): Promise<string> => {
  const id = deps.ids.next()
  const { companyId, userId, kind, recipient, locale, staleAt } = entry
  const sealedParams = new Uint8Array(deps.secretBox.seal(JSON.stringify(entry.params), contextOf(id)))
  await tx.outboxSms.create({
    data: {
      id,
      companyId,
      userId,
      kind,
      recipient,
      locale,
      sealedParams,
      createdAt: deps.clock.now(),
      staleAt,
    },
  })
  await deps.jobs.put(tx, smsQueue, { id } satisfies SmsJob, { singletonKey: id })
  return id
}

/** Gives up the messages that nobody waits for any more and erases what is sealed in them; gives how many. */
export const eraseStaleSms = (deps: { db: Db; clock: Clock }): Promise<number> => {
  const now = deps.clock.now()
  return inPortions(limit =>
    deps.db.outboxSms.updateMany({
      where: { sentAt: null, failedAt: null, staleAt: { lt: now } },
      data: { failedAt: now, claimedUntil: null, sealedParams: null, lastError: 'stale' },
      limit,
    }),
  )
}

/** Removes what was sent or given up before a moment, numbers and all; gives how many messages. */
export const removeSettledSms = async (deps: { db: Db }, before: Date): Promise<number> =>
  (await inPortions(limit => deps.db.outboxSms.deleteMany({ where: { sentAt: { lt: before } }, limit }))) +
  (await inPortions(limit =>
    deps.db.outboxSms.deleteMany({ where: { sentAt: null, failedAt: { lt: before } }, limit }),
  ))
