import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../../deps.ts'
import { type Refusal, refuse } from '../../kernel/result.ts'
import { staffActor } from '../../platform/http/policy.ts'
import type { FieldError } from '../../platform/http/view.ts'
import { type Reader, readerOf } from '../../platform/reader.ts'
import { listEntrances } from '../entrances/index.ts'
import {
  type CaseParams,
  casePageRoutes,
  caseRows,
  decisionOf,
  secretRoutes,
  secretView,
} from '../two-officers/index.ts'
import { contractHandling } from './commands.change.ts'
import { registrationHandling } from './commands.registration.ts'
import { type ContractCase, findContractCase } from './queries.cases.ts'
import { showContractSecret } from './routes.secrets.ts'
import { changeSections, followsOf } from './views.change.ts'
import {
  companiesHref,
  companyHref,
  contractCaseHref,
  type Row,
  registrationFollows,
  registrationSections,
  type Section,
} from './views.ts'

/** The page of a case about a contract: what it makes, who decides it, and its secrets, once (H-04 to H-06). */
export const contractCaseRoutes = (app: FastifyInstance, deps: Deps): void => {
  const casePage = async (
    request: FastifyRequest<CaseParams>,
    reply: FastifyReply,
    errors: FieldError[],
  ): Promise<FastifyReply> => {
    const actor = staffActor(request)
    const found = await findContractCase(deps, actor, request.params.caseId)
    if (!found) return reply.refuse(refuse('case.notFound'))
    const { t } = request
    const reader = readerOf(request)
    const secret = secretView(actor, 'case:open', found)
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
        secret: secret && {
          ...secret,
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

  const address = '/helpdesk/contract-cases/:caseId'
  casePageRoutes(app, deps, {
    address,
    screen: 'HD0163',
    looks: 'customer:view',
    page: casePage,
    handling: async (request, decision) => {
      const actor = staffActor(request)
      const { caseId } = request.params
      const found = await findContractCase(deps, actor, caseId)
      return found?.kind === 'company_contract'
        ? contractHandling(deps, actor)
        : registrationHandling(deps, actor, caseId, decision === 'approve')
    },
    refusedPage: (request, reply, refusal) =>
      refusedPage(request, reply, refusal, {
        title: request.t('cases.decisionRefused'),
        back: request.t('cases.toCase'),
        backHref: contractCaseHref(request.params.caseId),
      }),
  })

  secretRoutes(app, deps, {
    address,
    screen: 'HD0164',
    action: 'case:open',
    find: (actor, caseId) => findContractCase(deps, actor, caseId),
    page: casePage,
    show: (request, reply, proof, found) => showContractSecret(deps, request, reply, proof, found),
  })
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
