import type { Clock } from '../kernel/clock.ts'
import type { Db } from './db/client.ts'
import { inTx, type Tx } from './db/in-tx.ts'
import { inPortions } from './db/portions.ts'
import type { SecretBox } from './secret-box.ts'

/** What is shown: texts by name, such as `password`. */
export type OnceValues = Record<string, string>

/** Which of its owner's passwords a secret is: another one of those makes it worthless. */
export type Opens = 'login' | 'confirmation' | 'acquisition'

/** Whose password a secret is, and which of theirs. */
export type OwnPassword = { userId: string; opens: readonly Opens[] }

/** Where a secret stands: `kept` can be shown, `taken` was, `over` was erased unseen; undefined where there is none. */
export type OnceStanding = { state: 'kept' | 'taken' | 'over'; keptUntil: Date; takenAt: Date | null }

const context = (id: string): string => `shown-once:${id}`

/**
 * Keeps a secret that the portal made for somebody, in the transaction that made it: sealed by the secret box, to be
 * shown or printed once until `until`, then erased: passwords of a case (H-05), of a certificate's file (C-12), first
 * passwords that a wizard's commit made (D-03). `id` is that of what made it; `companyId` null is the bank's own; `of` is the user whose passwords it is, where it is one's: see `eraseReplaced`.
 */
export const keepOnce = async (
  deps: { secretBox: Pick<SecretBox, 'seal'> },
  tx: Pick<Tx, 'shownOnce'>,
  {
    id,
    companyId,
    values,
    until,
    of,
  }: {
    id: string
    companyId: string | null
    values: OnceValues
    until: Date
    of?: OwnPassword
  },
): Promise<void> => {
  const sealed = new Uint8Array(deps.secretBox.seal(JSON.stringify(values), context(id)))
  await tx.shownOnce.create({
    data: {
      id,
      companyId,
      sealed,
      keptUntil: until,
      ...(of && { userId: of.userId, opens: [...of.opens] }),
    },
  })
}

/** Whether a secret can still be shown; never the secret itself. */
export const onceStanding = async (
  { db, clock }: { db: Pick<Tx, 'shownOnce'>; clock: Clock },
  id: string,
): Promise<OnceStanding | undefined> => {
  const row = await db.shownOnce.findUnique({
    where: { id },
    select: { sealed: true, keptUntil: true, takenAt: true },
  })
  if (!row) return undefined
  const { sealed, keptUntil, takenAt } = row
  return {
    state: takenAt ? 'taken' : sealed && clock.now() < keptUntil ? 'kept' : 'over',
    keptUntil,
    takenAt,
  }
}

/**
 * Shows a secret once (H-05): `make` makes what is shown of it, `record` writes into the transaction that erases it. Of any
 * number at once one gets what it made; undefined for the others, and where there is nothing to show any more. It is
 * erased after `make` has succeeded, so that a letter that could not be made costs no secret. `allowed` is asked last, in that
 * transaction: where it says no, nothing is shown, and the secret is kept.
 */
export const showOnce = async <T>(
  deps: { db: Db; clock: Clock; secretBox: Pick<SecretBox, 'open'> },
  id: string,
  make: (values: OnceValues) => Promise<T>,
  record: (tx: Tx) => Promise<void>,
  allowed: (tx: Tx) => Promise<boolean> = async () => true,
): Promise<T | undefined> => {
  const now = deps.clock.now()
  const row = await deps.db.shownOnce.findFirst({
    where: { id, keptUntil: { gt: now } },
    select: { sealed: true },
  })
  if (!row?.sealed) return undefined
  const made = await make(
    JSON.parse(deps.secretBox.open(row.sealed, context(id)).toString('utf8')) as OnceValues,
  )
  const mine = await inTx(deps, async tx => {
    if (!(await allowed(tx))) return false
    const { count } = await tx.shownOnce.updateMany({
      where: { id, sealed: { not: null } },
      data: { sealed: null, takenAt: now },
    })
    if (count === 1) await record(tx)
    return count === 1
  })
  return mine ? made : undefined
}

/** Erases secrets unseen, in the transaction of what makes them worthless: a newer one, an end. */
export const eraseOnce = async (tx: Pick<Tx, 'shownOnce'>, ids: readonly string[]): Promise<void> => {
  await tx.shownOnce.updateMany({ where: { id: { in: [...ids] } }, data: { sealed: null } })
}

/** Erases unseen all that is kept for a company, in the transaction of its end (H-06). */
export const eraseAllOf = async (tx: Pick<Tx, 'shownOnce'>, companyId: string): Promise<void> => {
  await tx.shownOnce.updateMany({ where: { companyId, sealed: { not: null } }, data: { sealed: null } })
}

/**
 * Erases unseen what was kept of a user's password, in the transaction that stores another one in its place, whoever does:
 * what opens nothing any more is shown to nobody (H-05).
 */
export const eraseReplaced = async (
  tx: Pick<Tx, 'shownOnce'>,
  { companyId, userId }: { companyId: string; userId: string },
  replaced: Opens,
): Promise<void> => {
  await tx.shownOnce.updateMany({
    where: { companyId, userId, opens: { has: replaced }, sealed: { not: null } },
    data: { sealed: null },
  })
}

/** Erases the secrets whose time is over; gives how many there were. */
export const eraseOverdueSecrets = (deps: { db: Db; clock: Clock }): Promise<number> => {
  const where = { sealed: { not: null }, keptUntil: { lte: deps.clock.now() } }
  return inPortions(limit => deps.db.shownOnce.updateMany({ where, data: { sealed: null }, limit }))
}
