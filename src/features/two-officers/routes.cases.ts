import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../../deps.ts'
import { isId } from '../../kernel/ids.ts'
import { type Refusal, type Result, refuse } from '../../kernel/result.ts'
import { staff, staffActor } from '../../platform/http/policy.ts'
import type { FieldError } from '../../platform/http/view.ts'
import { officerProofField, proveOfficer } from '../officer-proof/index.ts'
import { approveCase, type CaseHandling, rejectCase, withdrawCase } from './commands.ts'
import type { Decision } from './flow.ts'

export type CaseParams = { Params: { caseId: string } }

/** The page of a case, with what is wrong at its fields. */
export type CasePage = (
  request: FastifyRequest<CaseParams>,
  reply: FastifyReply,
  errors: FieldError[],
) => Promise<FastifyReply>

/** Where a kind of case is shown and decided, and the pages around it. */
export type CasePages<Held, Done, R extends string> = {
  /** The address of a case's page, with `:caseId` in it: 承認, 差し戻し and 取り下げ are nouns below it. */
  address: string
  screen: string
  /** What the role of whoever looks at it must allow. */
  looks: 'customer:view' | 'staff:view'
  page: CasePage
  handling: (
    request: FastifyRequest<CaseParams>,
    decision: Decision,
  ) => CaseHandling<Held, Done, R> | Promise<CaseHandling<Held, Done, R>>
  /** A decision that could not be: what stands in the way. */
  refusedPage: (
    request: FastifyRequest<CaseParams>,
    reply: FastifyReply,
    refusal: Refusal,
  ) => FastifyReply | Promise<FastifyReply>
}

const fieldOf: Record<string, string> = {
  'case.noteMissing': 'decisionNote',
  'case.noteTooLong': 'decisionNote',
  'case.noteUnprintable': 'decisionNote',
}

type Decide = (request: FastifyRequest<CaseParams>) => Promise<Result<unknown>>

/** The address of the case above a noun of it. */
export const caseHref = ({ url }: FastifyRequest, noun: string): string =>
  (url.split('?')[0] ?? url).slice(0, -(noun.length + 1))

/** Refusals after which there is no case to come back to. */
const answeredAlone: ReadonlySet<string> = new Set([
  'case.notFound',
  'access.forbidden',
  'officer-proof.locked',
])

const noteOf = (request: FastifyRequest): string => {
  const note: unknown = (request.body as Record<string, unknown> | null | undefined)?.decisionNote
  return typeof note === 'string' ? note : ''
}

/** The page of a case and the three decisions about a prepared one, for whatever kind of it (H-04). */
export const casePageRoutes = <Held, Done, R extends string>(
  app: FastifyInstance,
  deps: Deps,
  pages: CasePages<Held, Done, R>,
): void => {
  const { address, screen, looks } = pages
  app.get<CaseParams>(address, { config: { policy: staff(looks), screen } }, (request, reply) =>
    pages.page(request, reply, []),
  )
  const decisions: [string, 'case:approve' | 'case:open', Decide][] = [
    [
      'approval',
      'case:approve',
      async request => {
        const actor = staffActor(request)
        const proof = await proveOfficer(deps, actor, request.body)
        return proof.ok
          ? approveCase(
              deps,
              actor,
              proof.value,
              request.params.caseId,
              await pages.handling(request, 'approve'),
            )
          : proof
      },
    ],
    [
      'rejection',
      'case:approve',
      async request =>
        rejectCase(
          deps,
          staffActor(request),
          request.params.caseId,
          noteOf(request),
          await pages.handling(request, 'reject'),
        ),
    ],
    [
      'withdrawal',
      'case:open',
      async request =>
        withdrawCase(
          deps,
          staffActor(request),
          request.params.caseId,
          await pages.handling(request, 'withdraw'),
        ),
    ],
  ]
  for (const [noun, action, decide] of decisions) {
    const config = { policy: staff(action), screen }
    // A reload of what a decision answered, or another language, comes back to the case.
    app.get<CaseParams>(`${address}/${noun}`, { config }, (request, reply) =>
      reply.redirect(caseHref(request, noun), 303),
    )
    app.post<CaseParams>(`${address}/${noun}`, { config }, async (request, reply) => {
      if (!isId(request.params.caseId)) return reply.refuse(refuse('case.notFound'))
      const done = await decide(request)
      if (done.ok) return reply.redirect(caseHref(request, noun), 303)
      const field = officerProofField(done.reason) ?? fieldOf[done.reason]
      if (field)
        return pages.page(request, reply, [
          { field, message: request.t(`reasons.${done.reason}`, done.params) },
        ])
      return answeredAlone.has(done.reason) ? reply.refuse(done) : pages.refusedPage(request, reply, done)
    })
  }
}
