import type { Deps } from '../../deps.ts'
import { hour, plusSeconds } from '../../kernel/clock.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import { inPortions } from '../../platform/db/portions.ts'
import type { LiveSession, SessionEnd } from '../../platform/http/live-session.ts'
import type { Stage } from '../../platform/http/policy.ts'
import { randomToken } from '../../platform/random.ts'
import { hashToken } from './queries.ts'

export type NewSession = {
  kind: LiveSession['kind']
  stage: Stage
  holder: { companyId: string; userId: string } | { staffId: string }
  certificate?: { id: string; fingerprint: string }
  host: string
  ip: string
  userAgent: string
  idleSeconds: number
  absoluteSeconds: number
  previousLogin?: { at: Date; from: string }
  /** Where to go on once the login is complete: a path of ours (B-12). */
  returnTo?: string
}

/**
 * Begins a session and gives the token its cookie will carry: 256 random bits, stored as a hash. The constraint of
 * one live session a user holds (B-13): end the other first.
 */
export const openSession = async (
  deps: Deps,
  tx: Tx,
  wanted: NewSession,
): Promise<{ id: string; token: string }> => {
  const now = deps.clock.now()
  const token = randomToken()
  const id = deps.ids.next()
  await tx.session.create({
    data: {
      id,
      tokenHash: hashToken(token),
      kind: wanted.kind,
      stage: wanted.stage,
      ...wanted.holder,
      certificateId: wanted.certificate?.id ?? null,
      fingerprint: wanted.certificate?.fingerprint ?? null,
      host: wanted.host,
      ip: wanted.ip,
      userAgent: wanted.userAgent.slice(0, 300),
      startedAt: now,
      lastSeenAt: now,
      idleSeconds: wanted.idleSeconds,
      previousLoginAt: wanted.previousLogin?.at ?? null,
      previousLoginFrom: wanted.previousLogin?.from ?? null,
      absoluteEnd: plusSeconds(now, wanted.absoluteSeconds),
      returnTo: wanted.returnTo ?? null,
    },
    select: { id: true },
  })
  return { id, token }
}

/** Why a session does not go on: how it ended meanwhile, or that it stands at another step. */
export type AdvanceRefusal = `session.ended.${SessionEnd}` | 'session.stage'

/**
 * Moves a live session to its next stage under a new token (ids change at login and step-up), which it gives; the old
 * one is worth nothing from then on. Refuses when the session has ended meanwhile or was not at `from`. `proved`: what led
 * here counts as having authenticated anew (B-22). `previousLogin`: where this step completes a login, the one before it.
 */
export const advanceSession = async (
  deps: Deps,
  tx: Tx,
  id: string,
  from: Stage,
  to: Stage,
  {
    proved = false,
    previousLogin,
  }: { proved?: boolean; previousLogin?: NewSession['previousLogin'] | undefined } = {},
): Promise<Result<string, AdvanceRefusal>> => {
  const token = randomToken()
  const now = deps.clock.now()
  const moved = await tx.session.updateMany({
    where: { id, stage: from, endedAt: null },
    data: {
      stage: to,
      tokenHash: hashToken(token),
      lastSeenAt: now,
      ...(proved && { stepUpAt: now }),
      ...(previousLogin && { previousLoginAt: previousLogin.at, previousLoginFrom: previousLogin.from }),
    },
  })
  if (moved.count === 1) return ok(token)
  const ended = await tx.session.findFirst({
    where: { id, endedAt: { not: null } },
    select: { endReason: true },
  })
  return refuse(ended ? endedBy(ended.endReason) : 'session.stage')
}

/** The session that an act belongs to, as its request found it. */
export type HeldSession = Pick<LiveSession, 'id' | 'stage'>

const endedBy = (reason: string | null): AdvanceRefusal =>
  `session.ended.${(reason ?? 'logout') as SessionEnd}`

/**
 * Holds a session at its stage until the transaction ends, for acts on what a login stands on: the request has read the
 * session at its start, and comparing and hashing take their time (B-22). Refuses when it has ended meanwhile or gone on.
 * Call it while the owner's row is held: whatever ends a user's sessions holds that first.
 */
export const holdSession = async (
  tx: Pick<Tx, '$queryRaw'>,
  { id, stage }: HeldSession,
): Promise<Result<null, AdvanceRefusal>> => {
  const [row] = await tx.$queryRaw<{ stage: string; ended: boolean; endReason: string | null }[]>`
    SELECT stage::text AS stage, ended_at IS NOT NULL AS ended, end_reason::text AS "endReason"
      FROM session WHERE id = ${id}::uuid FOR SHARE`
  if (row?.ended) return refuse(endedBy(row.endReason))
  return row?.stage === stage ? ok(null) : refuse('session.stage')
}

/**
 * Notes that the holder of an open session has just proved anew who they are (B-22), under a new token: ids change at
 * step-up as they do at login. Undefined when the session has ended meanwhile.
 */
export const stepUpSession = async (deps: Deps, tx: Tx, id: string): Promise<string | undefined> => {
  const token = randomToken()
  const now = deps.clock.now()
  const moved = await tx.session.updateMany({
    where: { id, stage: 'open', endedAt: null },
    data: { stepUpAt: now, tokenHash: hashToken(token), lastSeenAt: now },
  })
  return moved.count === 1 ? token : undefined
}

/** Ends one session; false when it had ended already. */
export const endSession = async (deps: Deps, tx: Tx, id: string, why: SessionEnd): Promise<boolean> => {
  const ended = await tx.session.updateMany({
    where: { id, endedAt: null },
    data: { endedAt: deps.clock.now(), endReason: why },
  })
  return ended.count === 1
}

/**
 * Ends every session of a user, or those of one kind, of an officer, of one certificate, or of a whole company, save one if
 * asked; gives how many there were.
 */
export const endSessionsOf = async (
  deps: Deps,
  tx: Tx,
  holder:
    | { userId: string; kind?: LiveSession['kind'] }
    | { staffId: string }
    | { certificateId: string }
    | { companyId: string },
  why: SessionEnd,
  except?: string,
): Promise<number> => {
  const ended = await tx.session.updateMany({
    where: { ...holder, endedAt: null, ...(except && { id: { not: except } }) },
    data: { endedAt: deps.clock.now(), endReason: why },
  })
  return ended.count
}

/**
 * The live session that stands in a login's way, if any; what has run out by the clock is ended on the way, so that
 * nobody is asked to end a session that is none (B-13). Who has yet to give a second factor has none either.
 */
export const findLiveSession = async (
  deps: Deps,
  tx: Tx,
  holder: { userId: string } | { staffId: string },
): Promise<{ id: string; startedAt: Date; ip: string } | undefined> => {
  const now = deps.clock.now()
  const sessions = await tx.session.findMany({
    where: { ...holder, endedAt: null, kind: { not: 'enrolment' }, stage: { not: 'second_factor' } },
    select: {
      id: true,
      startedAt: true,
      ip: true,
      lastSeenAt: true,
      idleSeconds: true,
      absoluteEnd: true,
      stage: true,
    },
  })
  let live: { id: string; startedAt: Date; ip: string } | undefined
  for (const session of sessions) {
    const idle = now.getTime() >= session.lastSeenAt.getTime() + session.idleSeconds * 1000
    // An unanswered question whether to take over is dropped: it is asked again.
    if (idle || now >= session.absoluteEnd || session.stage === 'takeover')
      await endSession(
        deps,
        tx,
        session.id,
        idle ? 'idle' : session.stage === 'takeover' ? 'takeover' : 'absolute',
      )
    else live = session
  }
  return live
}

/** The live session that one in stage `takeover` would end; null when it has ended by itself (B-13). */
export const findOtherSession = (
  tx: Pick<Tx, 'session'>,
  holder: { userId: string } | { staffId: string },
  session: { id: string },
): Promise<{ id: string; startedAt: Date; ip: string } | null> =>
  tx.session.findFirst({
    where: {
      ...holder,
      kind: { not: 'enrolment' },
      endedAt: null,
      id: { not: session.id },
      stage: { notIn: ['takeover', 'second_factor'] },
    },
    select: { id: true, startedAt: true, ip: true },
  })

/** How long an ended session's row is kept, in days: the history, not this table, is the lasting record. */
const keptDays = 90

/** Removes sessions that ended long ago; gives how many there were. */
export const removeOldSessions = (deps: Deps): Promise<number> => {
  const before = plusSeconds(deps.clock.now(), -keptDays * 24 * hour)
  return inPortions(limit => deps.db.session.deleteMany({ where: { absoluteEnd: { lt: before } }, limit }))
}
