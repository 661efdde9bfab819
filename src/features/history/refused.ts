import type { Deps } from '../../deps.ts'
import type { Actor, UserActor } from '../../kernel/actor.ts'
import { isId } from '../../kernel/ids.ts'
import type { Refusal } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import { isFirstThisMinute } from '../../platform/http/refusal-rate.ts'
import { AccessRefused } from './events.ts'

/** What of a request gets into the history: who asked, the route as it is written, and the ids in its address. */
export type RefusedRequest = {
  actor: Actor
  method: string
  params: unknown
  routeOptions: { url?: string | undefined }
}

/**
 * Writes a refused try into the history of the company whose user it was, or into the bank's own, with the ids that were
 * tried (F-02). Where one of them is a user of the actor's company, the entry is about that user. Of what strangers are
 * refused it has one entry a minute for each address and reason.
 */
export const recordRefusal = async (deps: Deps, request: RefusedRequest, refusal: Refusal): Promise<void> => {
  const { actor, method, routeOptions } = request
  if (actor.kind === 'stranger' && !(await isFirstThisMinute(deps, actor.origin, refusal.reason))) return
  const tried = idsIn(request.params)
  const about = actor.kind === 'user' ? await userAmong(deps, actor, tried) : undefined
  await audit.recordAlone(deps, AccessRefused, {
    actor,
    companyId: actor.kind === 'user' ? actor.companyId : null,
    ...(about && { subject: { kind: 'user', id: about.id, label: about.loginId } }),
    // The route as it is written, not the address as it came: what a stranger types is no part of the record.
    details: { method, address: routeOptions.url ?? '', ...(tried.length > 0 && { tried }) },
    outcome: 'refused',
    reason: refusal.reason,
  })
}

const idsIn = (params: unknown): string[] =>
  Object.values(params ?? {}).filter((value): value is string => typeof value === 'string' && isId(value))

const userAmong = (deps: Deps, { companyId }: UserActor, ids: string[]) =>
  ids.length === 0
    ? undefined
    : deps.db.user.findFirst({ where: { companyId, id: { in: ids } }, select: { id: true, loginId: true } })
