import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Deps } from '../../deps.ts'
import type { StaffActor, UserActor } from '../../kernel/actor.ts'
import { plusSeconds } from '../../kernel/clock.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import { inTx, type Tx } from '../../platform/db/in-tx.ts'
import { randomDigits } from '../../platform/random.ts'
import { emailStateAfter } from '../../policy/user-states.ts'
import { carriers } from './carriers.ts'
import { type CodePurpose, codeRules, issuing, readCode } from './code.ts'
import { countWrongCode, forgetWrongCodes, isCodeSuspended } from './commands.suspension.ts'
import { AddressProved, AddressUnproved, CodeIssued, CodeRedeemed, CodeRefused } from './events.ts'

export type CodeRefusal =
  | 'code.blank'
  | 'code.malformed'
  | 'code.none'
  | 'code.expired'
  | 'code.used'
  | 'code.exhausted'
  | 'code.wrong'
  | 'code.suspended'

export type CodeIssueRefusal = 'code.tooMany' | 'code.suspended'

/** Six digits are found at once by whoever may try them all: without the key of this program the hash is of no use. */
const hashOf = (deps: Pick<Deps, 'secretBox'>, id: string, code: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(
    createHmac('sha256', deps.secretBox.derive('authentication-code', 32)).update(`${id}:${code}`).digest(),
  )

const entryOf = (actor: UserActor, purpose: CodePurpose) => ({
  ...audit.byThemselves(actor),
  details: { codePurpose: purpose },
})

/**
 * Makes a code for a user and puts it on its way within the transaction of what it is for; the one before it for the
 * same purpose ends. Gives until when it works. Refuses `code.tooMany` after five in an hour, and `code.suspended` after
 * twenty wrong ones in a row.
 * @param wanted.recipient the mail address or mobile number that the right code proves
 */
export const issueCode = async (
  deps: Deps,
  tx: Tx,
  actor: UserActor,
  wanted: { purpose: CodePurpose; recipient: string },
): Promise<Result<{ expiresAt: Date }, CodeIssueRefusal>> => {
  const now = deps.clock.now()
  const { purpose, recipient } = wanted
  const { channel, validSeconds } = codeRules[purpose]
  const holder = { companyId: actor.companyId, userId: actor.id }
  // Two requests at once take turns.
  await tx.$queryRaw`SELECT id FROM "user" WHERE id = ${actor.id}::uuid FOR UPDATE`
  if (await isCodeSuspended(tx, holder, purpose)) return refuse('code.suspended')
  const since = plusSeconds(now, -issuing.withinSeconds)
  const issued = await tx.authenticationCode.count({ where: { ...holder, purpose, issuedAt: { gt: since } } })
  if (issued >= issuing.atMost) return refuse('code.tooMany')
  await tx.authenticationCode.updateMany({
    where: { ...holder, purpose, usedAt: null, voidedAt: null },
    data: { voidedAt: now },
  })
  const id = deps.ids.next()
  const code = randomDigits(6)
  const expiresAt = plusSeconds(now, validSeconds)
  await tx.authenticationCode.create({
    data: {
      id,
      ...holder,
      purpose,
      channel,
      recipient,
      hash: hashOf(deps, id, code),
      issuedAt: now,
      expiresAt,
    },
  })
  await carriers[channel](deps, tx, actor, { purpose, recipient, code, expiresAt })
  await audit.record(deps, tx, CodeIssued, entryOf(actor, purpose))
  return ok({ expiresAt })
}

/**
 * Uses up a code, once: a conditional UPDATE takes one of its tries before anything is compared, and another marks it
 * used, so that of many at the same time one succeeds. Gives the address that it proves. A refusal says what the
 * holder may know: that it ran out, was used, or how many tries are left; it is in the history.
 */
export const redeemCode = async (
  deps: Deps,
  actor: UserActor,
  { purpose, code: typed }: { purpose: CodePurpose; code: string },
): Promise<Result<{ recipient: string }, CodeRefusal>> => {
  if (typed.trim() === '') return refuse('code.blank')
  const refused = async (reason: CodeRefusal, params?: { left: number }) => {
    await audit.recordAlone(deps, CodeRefused, { ...entryOf(actor, purpose), outcome: 'refused', reason })
    return params ? refuse(reason, params) : refuse(reason)
  }
  const code = readCode(typed)
  if (code === undefined) return refused('code.malformed')
  if (await isCodeSuspended(deps.db, { companyId: actor.companyId, userId: actor.id }, purpose))
    return refused('code.suspended')
  const now = deps.clock.now()
  const { tries } = codeRules[purpose]
  const [row] = await deps.db.$queryRaw<{ id: string; hash: Uint8Array; tries: number; recipient: string }[]>`
    UPDATE authentication_code SET tries = tries + 1
     WHERE company_id = ${actor.companyId}::uuid AND user_id = ${actor.id}::uuid AND purpose = ${purpose}
       AND used_at IS NULL AND voided_at IS NULL AND expires_at > ${now}::timestamptz AND tries < ${tries}
    RETURNING id, hash, tries, recipient`
  if (!row) return refused(await whyNone(deps, actor, purpose, now))
  if (!timingSafeEqual(row.hash, hashOf(deps, row.id, code))) {
    if (await countWrongCode(deps, actor, purpose)) return refused('code.suspended')
    return row.tries >= tries ? refused('code.exhausted') : refused('code.wrong', { left: tries - row.tries })
  }
  const isFirst = await inTx(deps, async tx => {
    // The user before the code, as where one is issued.
    await tx.$queryRaw`SELECT id FROM "user" WHERE id = ${actor.id}::uuid FOR UPDATE`
    const used = await tx.authenticationCode.updateMany({
      where: { id: row.id, usedAt: null, voidedAt: null },
      data: { usedAt: now },
    })
    if (used.count === 0) return false
    if (codeRules[purpose].channel === 'mail') await noteProvedAddress(deps, tx, actor, row.recipient)
    await audit.record(deps, tx, CodeRedeemed, entryOf(actor, purpose))
    return true
  })
  if (!isFirst) return refused('code.used')
  await forgetWrongCodes(deps, actor, purpose)
  return ok({ recipient: row.recipient })
}

/** Whatever a mailed code was for, who types it reads the mail of that address: where it is the user's, it is 有効 (D-15). */
const noteProvedAddress = async (deps: Deps, tx: Tx, actor: UserActor, email: string): Promise<void> => {
  const proved = await tx.user.updateMany({
    where: { companyId: actor.companyId, id: actor.id, email, emailState: { not: 'valid' } },
    data: { emailState: emailStateAfter('proved') },
  })
  if (proved.count > 0)
    await audit.record(deps, tx, AddressProved, { ...audit.byThemselves(actor), details: { email } })
}

const whyNone = async (
  deps: Deps,
  actor: UserActor,
  purpose: CodePurpose,
  now: Date,
): Promise<CodeRefusal> => {
  const last = await deps.db.authenticationCode.findFirst({
    where: { companyId: actor.companyId, userId: actor.id, purpose },
    orderBy: { issuedAt: 'desc' },
    select: { usedAt: true, voidedAt: true, tries: true, expiresAt: true },
  })
  if (!last || last.voidedAt) return 'code.none'
  if (last.usedAt) return 'code.used'
  return last.expiresAt <= now ? 'code.expired' : 'code.exhausted'
}

/** Ends a user's usable code for a purpose: its flow was left, or what it would prove has changed. */
export const voidCode = async (
  deps: Pick<Deps, 'clock'>,
  tx: Tx,
  holder: { companyId: string; userId: string },
  purpose: CodePurpose,
): Promise<void> => {
  await tx.authenticationCode.updateMany({
    where: { ...holder, purpose, usedAt: null, voidedAt: null },
    data: { voidedAt: deps.clock.now() },
  })
}

/**
 * Begins the address of somebody's 初期登録 anew, in the transaction of whatever makes it doubtful: another initial password, or
 * their own 「メールアドレスを変更する」. Whoever held the one before may have proved an address of theirs (B-16). The code on
 * its way ends, the address is 未確認, and the history says so where it was not; nothing happens where no 初期登録 is due.
 * @param entry whose it is, and who does it; `subject.id` is the user
 */
export const forgetProvedAddress = async (
  deps: Deps,
  tx: Tx,
  entry: {
    actor: UserActor | StaffActor
    companyId: string
    subject: { kind: string; id: string; label: string }
  },
): Promise<void> => {
  const { companyId, subject } = entry
  const due = { companyId, id: subject.id, registrationDue: true }
  const user = await tx.user.findFirst({ where: due, select: { email: true } })
  if (!user) return
  await voidCode(deps, tx, { companyId, userId: subject.id }, 'mail-registration')
  const { count } = await tx.user.updateMany({
    where: { ...due, emailState: 'valid' },
    data: { emailState: 'unverified', version: { increment: 1 } },
  })
  if (count > 0)
    await audit.record(deps, tx, AddressUnproved, {
      ...entry,
      details: {
        before: { email: user.email, emailState: 'valid' },
        after: { emailState: 'unverified' },
      },
    })
}
