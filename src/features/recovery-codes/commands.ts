import type { Deps } from '../../deps.ts'
import { holderOf, type UserActor } from '../../kernel/actor.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import { toHalfWidth } from '../../kernel/width.ts'
import * as audit from '../../platform/audit/audit.ts'
import { inTx, type Tx } from '../../platform/db/in-tx.ts'
import type { HashingPlace } from '../../platform/hasher.ts'
import * as outbox from '../../platform/outbox/outbox.ts'
import { toUser } from '../../platform/outbox/to-user.ts'
import { randomText } from '../../platform/random.ts'
import { type AdvanceRefusal, type HeldSession, holdSession } from '../sessions/index.ts'
import { RecoveryCodeRefused, RecoveryCodesIssued, RecoveryCodeUsed } from './events.ts'
import { RecoveryCodesMail } from './mails.ts'
import {
  alphabet,
  codesAtOnce,
  failuresUntilVoid,
  printed,
  randomLength,
  readRecoveryCode,
} from './recovery-code.ts'

const tellOwner = async (
  deps: Deps,
  tx: Tx,
  actor: UserActor,
  what: { happening: 'issued' | 'used'; remaining: number },
) => {
  const { ip } = actor.origin
  await outbox.put(deps, tx, RecoveryCodesMail, {
    ...(await toUser(tx, holderOf(actor))),
    params: { at: deps.clock.now(), ...what, ...(ip && { from: ip }) },
  })
}

/**
 * Makes ten recovery codes for a user in place of those before (B-19); the page before has authenticated them anew, in
 * this session, which must be alive still once the codes are hashed (B-22). Gives the codes as they are shown, this once:
 * only their hashes are kept.
 */
export const issueRecoveryCodes = async (
  deps: Deps,
  actor: UserActor,
  session: HeldSession,
): Promise<Result<string[], AdvanceRefusal>> => {
  const made = await Promise.all(
    Array.from({ length: codesAtOnce }, async (_, number) => {
      const random = randomText(alphabet, randomLength)
      return { number, shown: printed(number, random), hash: await deps.hasher.hash(random) }
    }),
  )
  return inTx(deps, async (tx): Promise<Result<string[], AdvanceRefusal>> => {
    const createdAt = deps.clock.now()
    await tx.$queryRaw`SELECT id FROM "user" WHERE id = ${actor.id}::uuid FOR UPDATE`
    const held = await holdSession(tx, session)
    if (!held.ok) return held
    await tx.recoveryCode.deleteMany({ where: holderOf(actor) })
    await tx.recoveryCode.createMany({
      data: made.map(({ number, hash }) => ({ ...holderOf(actor), number, hash, createdAt })),
    })
    await tellOwner(deps, tx, actor, { happening: 'issued', remaining: codesAtOnce })
    await audit.record(deps, tx, RecoveryCodesIssued, { ...audit.byThemselves(actor), details: {} })
    return ok(made.map(({ shown }) => shown))
  })
}

export type RecoveryRefusal = 'recoveryCode.blank' | 'recoveryCode.wrong' | 'recoveryCode.exhausted'

/**
 * Uses up a recovery code in place of the second factor. One conditional UPDATE takes a try before the comparison,
 * another marks the code used: of many at once, one succeeds. A used code and one that never was are told alike.
 */
export const useRecoveryCode = (
  deps: Deps,
  actor: UserActor,
  typed: string,
): Promise<Result<null, RecoveryRefusal>> =>
  deps.hasher.withPlace('known', place => redeem(deps, place, actor, typed))

const redeem = async (
  deps: Deps,
  place: HashingPlace,
  actor: UserActor,
  typed: string,
): Promise<Result<null, RecoveryRefusal>> => {
  if (typed.trim() === '') return refuse('recoveryCode.blank')
  const refused = async (reason: RecoveryRefusal) => {
    await audit.recordAlone(deps, RecoveryCodeRefused, {
      ...audit.byThemselves(actor),
      details: {},
      outcome: 'refused',
      reason,
    })
    return refuse(reason)
  }
  const holder = holderOf(actor)
  // Whatever was typed costs a try: the count is kept at the first code of the set.
  const tried = await deps.db.recoveryCode.updateMany({
    where: { ...holder, number: 0, failures: { lt: failuresUntilVoid } },
    data: { failures: { increment: 1 } },
  })
  const read = readRecoveryCode(toHalfWidth(typed))
  const code =
    tried.count === 1 && read
      ? await deps.db.recoveryCode.findUnique({
          where: { companyId_userId_number: { ...holder, number: read.number } },
        })
      : null
  const right = code && read ? await place.verify(code.hash, read.random) : await place.verifyNobody(typed)
  if (!code || !right || code.usedAt)
    return refused(tried.count === 1 ? 'recoveryCode.wrong' : 'recoveryCode.exhausted')
  const used = await inTx(deps, async tx => {
    const marked = await tx.recoveryCode.updateMany({
      where: { ...holder, number: code.number, hash: code.hash, usedAt: null },
      data: { usedAt: deps.clock.now() },
    })
    if (marked.count === 0) return false
    await tx.recoveryCode.updateMany({ where: { ...holder, number: 0 }, data: { failures: 0 } })
    const remaining = await tx.recoveryCode.count({ where: { ...holder, usedAt: null } })
    await tellOwner(deps, tx, actor, { happening: 'used', remaining })
    await audit.record(deps, tx, RecoveryCodeUsed, { ...audit.byThemselves(actor), details: { remaining } })
    return true
  })
  return used ? ok(null) : refused('recoveryCode.wrong')
}
