import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Deps } from '../../deps.ts'
import type { Refusal } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'

/** A try that ended at a page of refusal (F-02): which screen was asked for, by which method. */
export const AccessRefused = audit.defineEvent(
  'access.refused',
  z.strictObject({ method: z.string(), address: z.string() }),
)

/** Writes a refused try into the history of the company whose user it was, or into the bank's own. */
export const recordRefusal = async (deps: Deps, request: FastifyRequest, refusal: Refusal): Promise<void> => {
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
