import { z } from 'zod'
import { system } from '../../kernel/actor.ts'
import type { Clock } from '../../kernel/clock.ts'
import type { Ids } from '../../kernel/ids.ts'
import * as audit from '../audit/audit.ts'
import { type Db, isDatabaseAway } from '../db/client.ts'
import { inTx, type Tx } from '../db/in-tx.ts'
import { mailNumber } from '../mail/letter.ts'
import type { Delivery } from '../mail/mailer.ts'

/** Each mail to a user is an event in the history (I-04), found again by the number printed in it. */
export const MailSent = audit.defineEvent(
  'mail.sent',
  z.strictObject({ mail: z.string(), number: z.string(), recipient: z.string(), locale: z.string() }),
)

export type SettleDeps = {
  db: Db
  clock: Clock
  ids: Ids
  /**
   * Told, in the transaction that gives the mail up, that a user's address does not exist (D-15). The address may have
   * been changed since: compare.
   */
  onUndeliverable: (tx: Tx, user: { companyId: string; userId: string; recipient: string }) => Promise<void>
}

/** A mail that the mail server has answered for: its row, and what became of it. */
export type Delivered = {
  row: {
    id: string
    companyId: string | null
    userId: string | null
    kind: string
    recipient: string
    locale: string
  }
  delivery: Delivery
}

/** Settled in one transaction at most: a company's history is held for no longer than that. */
const atOnce = 50

type Waiting = Delivered & { done: PromiseWithResolvers<void> }

/**
 * Gives the function that marks mails as sent or given up, each with its entry in the history, in one transaction (I-04).
 * Entries of a company wait for each other in any case: the mails of one that are answered for while a transaction is under
 * way share the next one, and no more connections are held than one a company that is written to.
 */
export const createSettling = (deps: SettleDeps): ((delivered: Delivered) => Promise<void>) => {
  const waiting = new Map<string, Waiting[]>()
  const settleAll = async (chain: string, queue: Waiting[]) => {
    while (queue.length > 0) {
      const some = queue.splice(0, atOnce)
      const failure = await settle(deps, some).then(
        () => undefined,
        error => ({ error }),
      )
      if (failure && some.length > 1 && !isDatabaseAway(failure.error))
        // What is wrong with one must not have the others sent again.
        for (const { done, ...one } of some) await settle(deps, [one]).then(done.resolve, done.reject)
      else for (const { done } of some) failure ? done.reject(failure.error) : done.resolve()
    }
    waiting.delete(chain)
  }
  return delivered => {
    const done = Promise.withResolvers<void>()
    const chain = delivered.row.companyId ?? ''
    const queue = waiting.get(chain)
    if (queue) queue.push({ ...delivered, done })
    else {
      const begun = [{ ...delivered, done }]
      waiting.set(chain, begun)
      void settleAll(chain, begun)
    }
    return done.promise
  }
}

/** All of one company, or of the bank. */
const settle = (deps: SettleDeps, some: readonly Delivered[]): Promise<void> =>
  inTx(deps, async tx => {
    const now = deps.clock.now()
    const users = await tx.user.findMany({
      where: { id: { in: some.flatMap(({ row }) => row.userId ?? []) } },
      select: { id: true, loginId: true },
    })
    const labels = new Map(users.map(({ id, loginId }) => [id, loginId]))
    const sent = some.filter(({ delivery }) => delivery.ok)
    const settled = { claimedUntil: null, sealed: null }
    if (sent.length > 0)
      await tx.outboxMail.updateMany({
        where: { id: { in: sent.map(({ row }) => row.id) } },
        data: { ...settled, sentAt: now, lastError: null },
      })
    for (const { row, delivery } of some) {
      if (delivery.ok) continue
      await tx.outboxMail.updateMany({
        where: { id: row.id },
        data: { ...settled, failedAt: now, lastError: asLine(delivery.response) },
      })
      const { companyId, userId, recipient } = row
      if (companyId && userId) await deps.onUndeliverable(tx, { companyId, userId, recipient })
    }
    await audit.recordAll(
      deps,
      tx,
      MailSent,
      some.map(({ row, delivery }) => {
        const { id, companyId, userId, kind, recipient, locale } = row
        const label = userId ? labels.get(userId) : undefined
        return {
          actor: system('mail'),
          companyId,
          ...(companyId && userId && { subject: { kind: 'user', id: userId, ...(label && { label }) } }),
          details: { mail: kind, number: mailNumber(id), recipient, locale },
          ...(delivery.ok ? {} : { outcome: 'refused' as const, reason: 'mail.undeliverable' }),
        }
      }),
    )
  })

/** An error, or a mail server's answer, as the row keeps it. */
export const asLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replace(/\s+/g, ' ').slice(0, 500)
