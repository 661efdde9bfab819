import type { Deps } from '../../deps.ts'
import { holderOf, personOf, type StaffActor, type UserActor } from '../../kernel/actor.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import { inTx, type Tx } from '../../platform/db/in-tx.ts'
import * as outbox from '../../platform/outbox/outbox.ts'
import { toUser } from '../../platform/outbox/to-user.ts'
import { randomSeed } from '../../platform/random.ts'
import { readCode } from '../codes/index.ts'
import { type AdvanceRefusal, type HeldSession, holdSession } from '../sessions/index.ts'
import { OtpRefused, OtpRegistered, OtpRevoked, OtpSuspended } from './events.ts'
import { OtpChangedMail } from './mails.ts'
import { failuresUntilSuspension, seedBytes, stepOf } from './otp.ts'

export type OtpRefusal =
  | 'otp.blank'
  | 'otp.malformed'
  | 'otp.notRegistered'
  | 'otp.suspended'
  | 'otp.busy'
  | 'otp.wrong'
  | 'otp.used'

/** Whoever can hold a token: a company's user (B-17) or an officer of the bank (H-01). */
export type TokenOwner = UserActor | StaffActor

const contextOf = (tokenId: string): string => `otp-seed:${tokenId}`

/** Opens the seed of a token's row; only this feature knows under which name it is sealed. */
export const openSeed = (
  deps: Pick<Deps, 'secretBox'>,
  token: { id: string; sealedSeed: Uint8Array },
): Buffer => deps.secretBox.open(token.sealedSeed, contextOf(token.id))

/** Tells the owner of a token what became of it. */
export const tellOwner = async (
  deps: Deps,
  tx: Tx,
  owner: { companyId: string; userId: string },
  change: { happening: 'registered' | 'suspended' | 'lifted' | 'revoked'; from?: string },
): Promise<void> => {
  await outbox.put(deps, tx, OtpChangedMail, {
    ...(await toUser(tx, owner)),
    params: { at: deps.clock.now(), ...change },
  })
}

/** The owner's row, until the transaction ends: steps of one owner's registrations take turns. */
const holdOwnerRow = (tx: Tx, { kind, id }: TokenOwner): Promise<unknown> =>
  kind === 'staff'
    ? tx.$queryRaw`SELECT id FROM staff WHERE id = ${id}::uuid FOR UPDATE`
    : tx.$queryRaw`SELECT id FROM "user" WHERE id = ${id}::uuid FOR UPDATE`

/** A step of an owner's registration, or its end: one at a time, and only while the session that takes it goes on (B-22). */
const inTurn = <T, R extends string>(
  deps: Deps,
  actor: TokenOwner,
  session: HeldSession,
  step: (tx: Tx) => Promise<Result<T, R>>,
): Promise<Result<T, R | AdvanceRefusal>> =>
  inTx(deps, async (tx): Promise<Result<T, R | AdvanceRefusal>> => {
    await holdOwnerRow(tx, actor)
    const held = await holdSession(tx, session)
    return held.ok ? step(tx) : held
  })

/** A user learns by mail what became of their token; officers have the bank's own history, and each other. */
const tellPerson = async (
  deps: Deps,
  tx: Tx,
  actor: TokenOwner,
  happening: 'registered' | 'suspended' | 'revoked',
): Promise<void> => {
  if (actor.kind !== 'user') return
  const { ip } = actor.origin
  await tellOwner(deps, tx, holderOf(actor), { happening, ...(ip && { from: ip }) })
}

/**
 * Begins a registration anew: a fresh seed, whose QR code is shown until its check code comes, in this session alone.
 * Somebody else who knows the password must not read a key that its owner is scanning (B-17).
 */
export const beginRegistration = (
  deps: Deps,
  actor: TokenOwner,
  session: HeldSession,
): Promise<Result<null, AdvanceRefusal>> =>
  inTurn(deps, actor, session, async tx => {
    const sessionId = session.id
    await tx.otpToken.deleteMany({ where: { ...personOf(actor), state: 'pending', sessionId } })
    const id = deps.ids.next()
    const sealedSeed = new Uint8Array(deps.secretBox.seal(randomSeed(seedBytes), contextOf(id)))
    await tx.otpToken.create({
      data: {
        id,
        ...personOf(actor),
        state: 'pending',
        sessionId,
        sealedSeed,
        createdAt: deps.clock.now(),
      },
    })
    return ok(null)
  })

export type RegistrationRefusal =
  | 'otp.blank'
  | 'otp.malformed'
  | 'otp.wrong'
  | 'otp.notBegun'
  | AdvanceRefusal

/**
 * Ends a registration with the check code: it proves that the app has the seed, is used up by it, and the token before
 * it, if any, is revoked in the same moment (B-17), as are registrations that other sessions have begun. A session that
 * has ended meanwhile, of an officer whom two others have just recovered say, registers nothing (B-22, H-08).
 */
export const finishRegistration = async (
  deps: Deps,
  actor: TokenOwner,
  session: HeldSession,
  typed: string,
): Promise<Result<null, RegistrationRefusal>> => {
  if (typed.trim() === '') return refuse('otp.blank')
  const code = readCode(typed)
  if (code === undefined) return refuse('otp.malformed')
  return inTurn(deps, actor, session, async (tx): Promise<Result<null, RegistrationRefusal>> => {
    const now = deps.clock.now()
    // An officer's token ends by two others alone (H-08): a second login under way doesn't put another in its place.
    if (
      actor.kind === 'staff' &&
      (await tx.otpToken.count({ where: { ...personOf(actor), state: 'active' } })) > 0
    )
      return refuse('otp.notBegun')
    const pending = await tx.otpToken.findFirst({
      where: { ...personOf(actor), state: 'pending', sessionId: session.id },
    })
    if (!pending) return refuse('otp.notBegun')
    const step = stepOf(openSeed(deps, pending), code, now)
    if (step === null) return refuse('otp.wrong')
    const revoked = await tx.otpToken.updateMany({
      where: { ...personOf(actor), state: 'active' },
      data: { state: 'revoked', revokedAt: now },
    })
    await tx.otpToken.update({
      where: { id: pending.id },
      data: { state: 'active', sessionId: null, registeredAt: now, lastStep: step },
    })
    await tx.otpToken.deleteMany({ where: { ...personOf(actor), state: 'pending' } })
    await tellPerson(deps, tx, actor, 'registered')
    await audit.record(deps, tx, OtpRegistered, {
      ...audit.byThemselves(actor),
      details: { replaced: revoked.count > 0 },
    })
    return ok(null)
  })
}

/** Ends the user's own token; the page before has authenticated them anew, in this session (B-22). */
export const removeOwnToken = (
  deps: Deps,
  actor: TokenOwner,
  session: HeldSession,
): Promise<Result<null, AdvanceRefusal>> =>
  inTurn(deps, actor, session, async tx => {
    const { count } = await tx.otpToken.updateMany({
      where: { ...personOf(actor), state: 'active' },
      data: { state: 'revoked', revokedAt: deps.clock.now() },
    })
    // Two clicks: the second finds what the first has done.
    if (count === 0) return ok(null)
    await tellPerson(deps, tx, actor, 'revoked')
    await audit.record(deps, tx, OtpRevoked, { ...audit.byThemselves(actor), details: {} })
    return ok(null)
  })

/**
 * Uses up a one-time password. A failure is counted before anything is compared and taken back when the code was
 * right; a code's time step works once, whoever is first (`last_step < step`). The fifth wrong code in a row suspends
 * the token, in one transaction with its mail (B-17).
 */
export const useOtp = async (
  deps: Deps,
  actor: TokenOwner,
  typed: string,
): Promise<Result<null, OtpRefusal>> => {
  if (typed.trim() === '') return refuse('otp.blank')
  const refused = async (reason: OtpRefusal) => {
    await audit.recordAlone(deps, OtpRefused, {
      ...audit.byThemselves(actor),
      details: {},
      outcome: 'refused',
      reason,
    })
    return refuse(reason)
  }
  const code = readCode(typed)
  if (code === undefined) return refused('otp.malformed')
  const now = deps.clock.now()
  const user = actor.kind === 'user' ? holderOf(actor) : null
  const staffId = actor.kind === 'staff' ? actor.id : null
  const [token] = await deps.db.$queryRaw<{ id: string; sealedSeed: Uint8Array }[]>`
    UPDATE otp_token SET failures = failures + 1
     WHERE (company_id = ${user?.companyId ?? null}::uuid AND user_id = ${user?.userId ?? null}::uuid OR staff_id = ${staffId}::uuid)
       AND state = 'active'
       AND suspended_at IS NULL AND failures < ${failuresUntilSuspension}
    RETURNING id, sealed_seed AS "sealedSeed"`
  if (!token) return refused(await whyNone(deps, actor))
  const step = stepOf(openSeed(deps, token), code, now)
  if (step === null)
    return refused((await suspendIfExhausted(deps, actor, token.id)) ? 'otp.suspended' : 'otp.wrong')
  const accepted = await deps.db.otpToken.updateMany({
    where: { id: token.id, state: 'active', suspendedAt: null, lastStep: { lt: step } },
    data: { lastStep: step, failures: 0 },
  })
  if (accepted.count === 1) return ok(null)
  // Right, but used before: no guess, so nothing is counted.
  await deps.db.$executeRaw`
    UPDATE otp_token SET failures = greatest(failures - 1, 0) WHERE id = ${token.id}::uuid AND suspended_at IS NULL`
  return refused('otp.used')
}

const whyNone = async (deps: Deps, actor: TokenOwner): Promise<OtpRefusal> => {
  const token = await deps.db.otpToken.findFirst({
    where: { ...personOf(actor), state: 'active' },
    select: { suspendedAt: true },
  })
  if (!token) return 'otp.notRegistered'
  // Tries in flight use up the counter for a moment: two clicks must not be told of a suspension that there is not.
  return token.suspendedAt ? 'otp.suspended' : 'otp.busy'
}

const suspendIfExhausted = (deps: Deps, actor: TokenOwner, tokenId: string): Promise<boolean> =>
  inTx(deps, async tx => {
    const { count } = await tx.otpToken.updateMany({
      where: { id: tokenId, suspendedAt: null, failures: { gte: failuresUntilSuspension } },
      data: { suspendedAt: deps.clock.now() },
    })
    if (count === 0) return false
    await tellPerson(deps, tx, actor, 'suspended')
    await audit.record(deps, tx, OtpSuspended, {
      ...audit.byThemselves(actor),
      details: { failures: failuresUntilSuspension },
    })
    return true
  })
