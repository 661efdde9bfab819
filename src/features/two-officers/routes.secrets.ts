import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../../deps.ts'
import type { StaffActor } from '../../kernel/actor.ts'
import { refuse } from '../../kernel/result.ts'
import { staff, staffActor } from '../../platform/http/policy.ts'
import { type OfficerProof, officerProofField, proveOfficer } from '../officer-proof/index.ts'
import type { FoundCase } from './queries.found.ts'
import { type CasePage, type CaseParams, caseHref } from './routes.cases.ts'
import type { FetchAction } from './secrets.ts'

/** Where what a kind of case made is shown. */
export type SecretPages<Found> = {
  /** The address of a case's page, with `:caseId` in it: what it made is a noun below it. */
  address: string
  screen: string
  action: FetchAction
  find: (actor: StaffActor, caseId: string) => Promise<Found | undefined>
  /** The case's page, with what is wrong with the proof. */
  page: CasePage
  /** Shows it to the officer who has proved who they are. */
  show: (
    request: FastifyRequest<CaseParams>,
    reply: FastifyReply,
    proof: OfficerProof,
    found: Found,
  ) => Promise<FastifyReply>
}

/** What a case made, shown once to an officer of it who proves anew who they are (H-01, H-05). */
export const secretRoutes = <Found extends Pick<FoundCase, 'secret'>>(
  app: FastifyInstance,
  deps: Deps,
  { address, screen, action, find, page, show }: SecretPages<Found>,
): void => {
  const noun = 'secret'
  const config = { policy: staff(action), screen }

  // What was shown is gone: a reload or another language comes back to the case, which says what to do.
  app.get<CaseParams>(`${address}/${noun}`, { config }, (request, reply) =>
    reply.redirect(caseHref(request, noun), 303),
  )

  app.post<CaseParams>(`${address}/${noun}`, { config }, async (request, reply) => {
    const actor = staffActor(request)
    const found = await find(actor, request.params.caseId)
    if (!found?.secret) return reply.refuse(refuse('case.notFound'))
    // Sent again by a reload: nothing is asked, for there is nothing left.
    if (found.secret.state !== 'kept') return reply.redirect(caseHref(request, noun), 303)
    const proof = await proveOfficer(deps, actor, request.body)
    if (proof.ok) return show(request, reply, proof.value, found)
    const field = officerProofField(proof.reason)
    return field
      ? page(request, reply, [{ field, message: request.t(`reasons.${proof.reason}`) }])
      : reply.refuse(proof)
  })
}
