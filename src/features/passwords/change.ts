import type { Deps } from '../../deps.ts'
import type { CredentialKind } from '../../generated/prisma/enums.ts'
import { businessDayOf, toColumn } from '../../kernel/business-day.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import { eraseReplaced } from '../../platform/shown-once.ts'
import { checkNewPassword, type PasswordRefusal } from '../../policy/password-rules.ts'
import type { LockRule, PasswordRule } from '../../policy/policy.ts'
import { forgetBrowsers } from '../browsers/index.ts'
import { type Holder, isLocked, type LockFacts } from './credential.ts'
import { voidResetLinks } from './reset-links.ts'
import { isAtStrangersEnd } from './strangers.ts'

export type NewPasswordRefusal = PasswordRefusal | 'password.usedBefore' | 'password.sameAsOther'

/**
 * Whether a password may become this holder's next one: the rule's shape, not the current one nor the remembered
 * ones before it, and not the holder's other password (B-21). Compares by hash, so it costs a hash each.
 */
export const checkNextPassword = async (
  deps: Deps,
  holder: Holder,
  kind: CredentialKind,
  rule: PasswordRule,
  password: string,
  owner: { loginId: string; name: string },
): Promise<Result<string, NewPasswordRefusal>> => {
  const shaped = checkNewPassword(rule, password, { ...owner, ...(await ownFacts(deps, holder)) })
  if (!shaped.ok) return shaped
  const credentials = await deps.db.credential.findMany({
    where: holder,
    select: {
      kind: true,
      hash: true,
      history: { orderBy: { setAt: 'desc' }, take: rule.remembered, select: { hash: true } },
    },
  })
  for (const credential of credentials) {
    if (credential.kind !== kind) {
      if (await deps.hasher.verify(credential.hash, password)) return refuse('password.sameAsOther')
      continue
    }
    for (const { hash } of [{ hash: credential.hash }, ...credential.history])
      if (await deps.hasher.verify(hash, password))
        return refuse('password.usedBefore', { count: rule.remembered + 1 })
  }
  return ok(password)
}

/** What the rule asks beyond the owner's names: the company's words, and whether they hold a second factor. */
const ownFacts = async (deps: Deps, holder: Holder) => {
  if ('staffId' in holder) return {}
  const { email, company } = await deps.db.user.findUniqueOrThrow({
    where: { companyId_id: { companyId: holder.companyId, id: holder.userId } },
    select: { email: true, company: { select: { name: true, contractNumber: true } } },
  })
  const factors =
    (await deps.db.otpToken.count({ where: { userId: holder.userId, state: 'active' } })) +
    (await deps.db.passkey.count({ where: { userId: holder.userId } }))
  return { ownWords: [email, company.name, company.contractNumber], holdsSecondFactor: factors > 0 }
}

/** `temporaryUntil`: an initial or temporary password works no longer than that (H-05). */
export type StoredAs = {
  forceChange: boolean
  remembered: number
  temporaryUntil?: Date | null
  /** By which the browser that the user sits at is known, where it is the user who sets the login password. */
  browser?: readonly string[]
}

/** A credential that nobody has failed at, and that is locked and closed to nobody (B-07). */
const unlocked = {
  failures: 0,
  retryAfter: null,
  strangerFailures: 0,
  strangerRetryAfter: null,
  lockedAt: null,
  lockedUntil: null,
  lockedByBank: false,
}

/**
 * Stores a password's hash as the holder's credential of this kind, in the transaction of the change that caused it.
 * The hash before it joins the remembered ones; failures, locks and links of a forgotten password end, what the bank had
 * made and nobody has fetched is erased (H-05), and other browsers that were known by the one before are strangers' (B-07).
 * `hash` comes from `deps.hasher.hash`, made before the transaction began: hashing is slow.
 */
export const storePassword = async (
  deps: Deps,
  tx: Tx,
  holder: Holder,
  kind: CredentialKind,
  hash: string,
  { forceChange, remembered, temporaryUntil = null, browser }: StoredAs,
): Promise<void> => {
  const now = deps.clock.now()
  if ('userId' in holder) {
    await voidResetLinks(deps, tx, holder)
    await eraseReplaced(tx, holder, kind === 'login_password' ? 'login' : 'confirmation')
    if (kind === 'login_password') await forgetBrowsers(tx, holder, browser)
  }
  const set = {
    hash,
    setAt: now,
    setOn: toColumn(businessDayOf(now)),
    forceChange,
    temporaryUntil,
    ...unlocked,
    lockCount: 0,
  }
  const current = await tx.credential.findFirst({ where: { ...holder, kind } })
  if (!current) {
    await tx.credential.create({ data: { id: deps.ids.next(), ...holder, kind, ...set } })
    return
  }
  await tx.credentialHistory.create({
    data: { id: deps.ids.next(), credentialId: current.id, hash: current.hash, setAt: current.setAt },
  })
  const kept = await tx.credentialHistory.findMany({
    where: { credentialId: current.id },
    orderBy: { setAt: 'desc' },
    take: remembered,
    select: { id: true },
  })
  await tx.credentialHistory.deleteMany({
    where: { credentialId: current.id, id: { notIn: kept.map(row => row.id) } },
  })
  await tx.credential.update({ where: { id: current.id }, data: set })
}

/** Ends a 閉塞, and one that waits under the bank's 利用停止 to be given back (decision 42). */
const endBlock = async (tx: Tx, { companyId, userId: id }: { companyId: string; userId: string }) => {
  await tx.user.updateMany({
    where: { companyId, id, suspendedByBank: true, stateBeforeBank: 'blocked' },
    data: { stateBeforeBank: 'available', version: { increment: 1 } },
  })
  return tx.user.updateMany({
    where: { companyId, id, serviceState: 'blocked' },
    data: { serviceState: 'available', version: { increment: 1 } },
  })
}

/**
 * Ends the lock of a password and forgets its failures, on a row that is locked meanwhile (SELECT … FOR UPDATE). Gives
 * when it had been locked, null where the program died between the last failure and its lock; refuses when it isn't
 * locked any more, so that nobody believes to have released what somebody else did. A block (閉塞) ends with the lock of
 * the login password, or by itself where its lock is gone, and the locks are counted anew; so does the end of the strangers'
 * tries, locked or not (B-07).
 */
export const releaseLock = async (
  deps: Pick<Deps, 'clock'>,
  tx: Tx,
  holder: Holder,
  kind: CredentialKind,
  rule: LockRule,
): Promise<Result<{ lockedAt: Date | null }, 'lock.notLocked'>> => {
  const user = 'userId' in holder ? holder : undefined
  const staffId = 'staffId' in holder ? holder.staffId : null
  const [row] = await tx.$queryRaw<
    (LockFacts & {
      id: string
      strangerFailures: number
      strangerRetryAfter: Date | null
    })[]
  >`
    SELECT id, failures, locked_at AS "lockedAt", locked_until AS "lockedUntil",
           stranger_failures AS "strangerFailures", stranger_retry_after AS "strangerRetryAfter"
      FROM credential
     WHERE (company_id = ${user?.companyId ?? null}::uuid AND user_id = ${user?.userId ?? null}::uuid
            OR staff_id = ${staffId}::uuid)
       AND kind = ${kind}::credential_kind
       FOR UPDATE`
  const now = deps.clock.now()
  // Asked of the row itself, and not before: of two releases at once the second finds no block any more.
  const blocked = kind === 'login_password' && user ? await endBlock(tx, user) : { count: 0 }
  const closed = row && (isLocked(row, rule, now) || isAtStrangersEnd(row, now) || blocked.count > 0)
  if (!closed) return refuse('lock.notLocked')
  await tx.credential.update({
    where: { id: row.id },
    data: {
      ...unlocked,
      ...(row.lockedUntil === null && { lockCount: 0 }),
    },
  })
  return ok({ lockedAt: row.lockedAt })
}
