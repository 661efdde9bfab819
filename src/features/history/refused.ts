import type { Deps } from '../../deps.ts'
import { type Actor, type StaffActor, system, type UserActor } from '../../kernel/actor.ts'
import { isId } from '../../kernel/ids.ts'
import { type Refusal, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import { countedRefusals, refusalCeiling } from '../../platform/audit/refusal-ceiling.ts'
import { inTx } from '../../platform/db/in-tx.ts'
import { isFirstThisMinute } from '../../platform/http/refusal-rate.ts'
import { AccessRefused, RefusalsCounted } from './events.ts'

/** What of a request gets into the history: who asked, the route as it is written, and the ids in its address. */
export type RefusedRequest = {
  actor: Actor
  /** Whose session the cookie is of, where the actor only holds it: the entry is in their history, and about them (C-15). */
  cookieOf: UserActor | StaffActor | null
  /** The session, where it is a living one: only its owner can be asked to wait. */
  live: unknown
  method: string
  params: unknown
  routeOptions: { url?: string | undefined }
}

/**
 * Writes a refused try into the history of the company whose user it was, or into the bank's own, with the ids that were
 * tried (F-02). Where one of them is a user of the actor's company, the entry is about that user. Of what strangers are
 * refused it has one entry a minute for each address and reason, and of a cookie's bearers for each certificate; of somebody in a session so many in ten minutes (decision 94).
 * Gives what the answer says: the same refusal, or for a session that has been refused too often that it has to wait.
 */
export const recordRefusal = async (
  deps: Deps,
  request: RefusedRequest,
  refusal: Refusal,
): Promise<Refusal> => {
  const { actor, cookieOf, method, routeOptions } = request
  const what = cookieOf
    ? `${refusal.reason} ${cookieOf.id} ${actor.origin.certificateSerial ?? ''}`
    : refusal.reason
  if (actor.kind === 'stranger' && !(await isFirstThisMinute(deps, actor.origin, what))) return refusal
  const tried = idsIn(request.params)
  const about = actor.kind === 'user' ? await userAmong(deps, actor, tried) : cookieOf
  const whose = cookieOf ?? actor
  const written = await audit.recordAlone(deps, AccessRefused, {
    actor,
    companyId: whose.kind === 'user' ? whose.companyId : null,
    ...(about && { subject: { kind: cookieOf?.kind ?? 'user', id: about.id, label: about.loginId } }),
    // The route as it is written, not the address as it came: what a stranger types is no part of the record.
    details: { method, address: routeOptions.url ?? '', ...(tried.length > 0 && { tried }) },
    outcome: 'refused',
    reason: refusal.reason,
  })
  return written === undefined && request.live ? tooOften(deps) : refusal
}

const tooOften = ({ clock }: Deps): Refusal => {
  const passed = (clock.now().getTime() / 1000) % refusalCeiling.seconds
  const seconds = Math.max(1, Math.ceil(refusalCeiling.seconds - passed))
  return refuse('rate.refusals', { seconds, minutes: Math.ceil(seconds / 60) })
}

/** Writes what was only counted of somebody's refused tries into the history, one entry a person and window; gives how many. */
export const recordCountedRefusals = async (deps: Deps): Promise<number> => {
  let entries = 0
  for (const { who, refusals, from, until, take } of await countedRefusals(deps))
    await inTx(deps, async tx => {
      if (!(await take(tx))) return
      await audit.record(deps, tx, RefusalsCounted, {
        actor: system('access:refusals'),
        companyId: who.companyId,
        subject: { kind: who.kind, id: who.id, label: who.loginId },
        details: { refusals, countedFrom: from.toISOString(), countedUntil: until.toISOString() },
        outcome: 'refused',
        reason: 'rate.refusals',
      })
      entries++
    })
  return entries
}

const idsIn = (params: unknown): string[] =>
  Object.values(params ?? {}).filter((value): value is string => typeof value === 'string' && isId(value))

const userAmong = (deps: Deps, { companyId }: UserActor, ids: string[]) =>
  ids.length === 0
    ? undefined
    : deps.db.user.findFirst({ where: { companyId, id: { in: ids } }, select: { id: true, loginId: true } })
