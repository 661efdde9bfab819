import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../../deps.ts'
import { type Refusal, refuse } from '../../kernel/result.ts'
import { staff, staffActor } from '../../platform/http/policy.ts'
import type { FieldError } from '../../platform/http/view.ts'
import { listEntrances } from '../entrances/index.ts'
import { decisionOf, decisionRoutes } from '../two-officers/index.ts'
import { contractHandling } from './commands.change.ts'
import { registrationHandling } from './commands.registration.ts'
import { mayFetch } from './commands.secrets.ts'
import { type ContractCase, findContractCase } from './queries.cases.ts'
import { readerOf } from './routes.registration.ts'
import { contractSecretRoutes } from './routes.secrets.ts'
import { changeSections, followsOf } from './views.change.ts'
import {
  caseRows,
  companiesHref,
  companyHref,
  contractCaseHref,
  type Reader,
  type Row,
  registrationFollows,
  registrationSections,
  type Section,
} from './views.ts'

export type CaseParams = { Params: { caseId: string } }

export const caseAddress = '/helpdesk/contract-cases/:caseId'

/** The page of a case about a contract: what it makes, who decides it, and its secrets, once (H-04 to H-06). */
export const contractCaseRoutes = (app: FastifyInstance, deps: Deps): void => {
  const casePage = async (
    request: FastifyRequest<CaseParams>,
    reply: FastifyReply,
    errors: FieldError[] = [],
  ): Promise<FastifyReply> => {
    const actor = staffActor(request)
    const found = await findContractCase(deps, actor, request.params.caseId)
    if (!found) return reply.refuse(refuse('case.notFound'))
    const { t } = request
    const reader = readerOf(request)
    const decision = await decisionOf(deps, actor, found, contractCaseHref(found.id))
    return reply.page(
      'contracts/case',
      {
        screen: 'HD0163',
        title: t('cases.waiting.title', {
          kind: t(`two-officers.kinds.${found.kind}`),
          state: t(`two-officers.states.${found.state}`),
        }),
        state: found.state,
        done: doneWords(reader, found),
        sections: await sectionsOf(deps, reader, found),
        follows: decision.waiting ? caseFollows(reader, found) : [],
        rows: [...companyRows(reader, found), ...caseRows(reader, found)],
        decision,
        secretTitle: t(`contracts.secrets.${found.registration ? 'title' : 'client'}`),
        secret: found.secret && {
          ...found.secret,
          mayFetch: found.secret.state === 'kept' && mayFetch(actor, found),
          byPost: found.registration?.delivery === 'post',
          letter: found.registration !== undefined,
        },
        onward: found.companyId
          ? { text: t('contracts.case.onward'), href: companyHref(found.companyId) }
          : { text: t('contracts.toList'), href: companiesHref },
        errors,
      },
      errors.length > 0 ? 422 : 200,
    )
  }

  app.get<CaseParams>(
    caseAddress,
    { config: { policy: staff('customer:view'), screen: 'HD0163' } },
    (request, reply) => casePage(request, reply),
  )

  decisionRoutes(app, deps, {
    address: caseAddress,
    screen: 'HD0163',
    handling: async (request, decision) => {
      const actor = staffActor(request)
      const { caseId } = request.params
      const found = await findContractCase(deps, actor, caseId)
      return found?.kind === 'company_contract'
        ? contractHandling(deps, actor)
        : registrationHandling(deps, actor, caseId, decision === 'approve')
    },
    pageAgain: casePage,
    refusedPage: (request, reply, refusal) =>
      refusedPage(request, reply, refusal, {
        title: request.t('cases.decisionRefused'),
        back: request.t('cases.toCase'),
        backHref: contractCaseHref(request.params.caseId),
      }),
  })

  contractSecretRoutes(app, deps, casePage)
}

const sectionsOf = async (deps: Deps, reader: Reader, found: ContractCase): Promise<Section[]> => {
  if (found.registration) return registrationSections(reader, found.registration, await listEntrances(deps))
  return found.change ? changeSections(reader, found.change) : []
}

const companyRows = ({ t }: Reader, { registration, companyName }: ContractCase): Row[] =>
  registration ? [] : [{ label: t('company.fields.name'), value: companyName }]

const caseFollows = (reader: Reader, { change }: ContractCase): string[] =>
  change ? followsOf(reader, change) : registrationFollows(reader)

/** What was done, at the top of a case that is carried out. */
const doneWords = ({ t }: Reader, { change }: ContractCase): { text: string; details: string } => {
  const which =
    change?.change === 'end' && change.lastDay !== null ? 'end.plan' : (change?.change ?? 'registration')
  return { text: t(`contracts.${which}.done`), details: t(`contracts.${which}.doneNext`) }
}

/** Something about a contract that can't be done now: what stands in the way, and back to where it shows. */
export const refusedPage = (
  { t }: FastifyRequest,
  reply: FastifyReply,
  { reason, params }: Refusal,
  words: { title: string; back: string; backHref: string },
): FastifyReply =>
  reply.page(
    'contracts/refused',
    {
      screen: 'HD0169',
      ...words,
      message: t(`reasons.${reason}`, { what: '', ...params }),
    },
    409,
  )
