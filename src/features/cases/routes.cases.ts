import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../../deps.ts'
import { isId } from '../../kernel/ids.ts'
import { type Refusal, refuse } from '../../kernel/result.ts'
import { staffActor } from '../../platform/http/policy.ts'
import type { FieldError } from '../../platform/http/view.ts'
import { readerOf } from '../../platform/reader.ts'
import {
  type CasePage,
  type CaseParams,
  casePageRoutes,
  decisionOf,
  secretRoutes,
  secretView,
} from '../two-officers/index.ts'
import { hindranceOf, secretOf } from './acts.ts'
import { customerHandling } from './approvals.ts'
import { recordLook } from './looks.ts'
import { type Case, findCase, pageOfCase } from './queries.cases.ts'
import { type Customer, findCustomer } from './queries.ts'
import { showCaseSecret } from './routes.secrets.ts'
import { caseView, changedWords, customerHref } from './views.cases.ts'

/** A case's page: what was asked and done, what its second officer decides, and its secret, once (H-04, H-05). */
export const customerCaseRoutes = (app: FastifyInstance, deps: Deps): void => {
  const address = '/helpdesk/cases/:caseId'
  const page: CasePage = (request, reply, errors) => casePage(deps, request, reply, errors)
  casePageRoutes(app, deps, {
    address,
    screen: 'HD0023',
    looks: 'customer:view',
    page,
    handling: (request, decision) =>
      customerHandling(deps, staffActor(request), request.params.caseId, decision === 'approve'),
    refusedPage: (request, reply, refusal) => refusedPage(request, reply, refusal),
  })
  secretRoutes(app, deps, {
    address,
    screen: 'HD0032',
    action: 'case:open',
    find: (actor, caseId) => findCase(deps, actor, caseId),
    page,
    show: (request, reply, proof, found) => showCaseSecret(deps, request, reply, proof, found),
  })
}

/** The page of a case, or where it has one of another kind. */
const casePage = async (
  deps: Deps,
  request: FastifyRequest<CaseParams>,
  reply: FastifyReply,
  errors: FieldError[],
): Promise<FastifyReply> => {
  const { caseId } = request.params
  const actor = staffActor(request)
  if (!isId(caseId)) return reply.refuse(refuse('case.notFound'))
  const found = await findCase(deps, actor, caseId)
  const customer = found && (await findCustomer(deps, actor, found.userId))
  if (!found || !customer) {
    const elsewhere = await pageOfCase(deps, actor, caseId)
    return elsewhere ? reply.redirect(elsewhere, 303) : reply.refuse(refuse('case.notFound'))
  }
  await recordLook(deps, actor, customer)
  return reply.page(
    'helpdesk/case',
    {
      ...(await casePageData(deps, request, found, customer)),
      errors,
    },
    errors.length > 0 ? 422 : 200,
  )
}

const casePageData = async (deps: Deps, request: FastifyRequest, found: Case, customer: Customer) => {
  const { t } = request
  const reader = readerOf(request)
  const actor = staffActor(request)
  const decision = await decisionOf(deps, actor, found, `/helpdesk/cases/${found.id}`)
  const secret = secretView(actor, 'case:open', found)
  const hindrance = decision.waiting ? hindranceOf(found.kind, customer) : undefined
  return {
    screen: 'HD0023',
    title:
      found.state === 'done'
        ? t(`cases.act.${found.kind}.done`)
        : t('cases.waiting.title', {
            kind: t(`two-officers.kinds.${found.kind}`),
            state: t(`two-officers.states.${found.state}`),
          }),
    kind: found.kind,
    state: found.state,
    rows: caseView(reader, found, secretOf(found.kind, customer) !== null),
    decision,
    hindrance: hindrance && t(`reasons.${hindrance.reason}`, hindrance.params),
    changed: changedWords(reader, found, customer),
    secret: secret && {
      ...secret,
      byPost: found.proposal?.delivery === 'post',
    },
    customerHref: customerHref(found.userId),
  }
}

const refusedPage = (
  request: FastifyRequest<CaseParams>,
  reply: FastifyReply,
  refusal: Refusal,
): FastifyReply =>
  reply.page(
    'helpdesk/refused',
    {
      screen: 'HD0024',
      title: request.t('cases.decisionRefused'),
      message: request.t(`reasons.${refusal.reason}`, refusal.params),
      customerHref: `/helpdesk/cases/${request.params.caseId}`,
      back: request.t('cases.toCase'),
    },
    409,
  )
