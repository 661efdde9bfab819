import type { Deps } from '../../deps.ts'
import type { Actor } from '../../kernel/actor.ts'
import type { Refusal } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import { AccessRefused } from './events.ts'

/** What of a request gets into the history: who asked, and the route as it is written. */
export type RefusedRequest = { actor: Actor; method: string; routeOptions: { url?: string | undefined } }

/** Writes a refused try into the history of the company whose user it was, or into the bank's own. */
export const recordRefusal = async (deps: Deps, request: RefusedRequest, refusal: Refusal): Promise<void> => {
  const { actor } = request
  await audit.recordAlone(deps, AccessRefused, {
    actor,
    companyId: actor.kind === 'user' ? actor.companyId : null,
    // The route as it is written, not the address as it came: what a stranger types is no part of the record.
    details: { method: request.method, address: request.routeOptions.url ?? '' },
    outcome: 'refused',
    reason: refusal.reason,
  })
}
