import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../../deps.ts'
import { type Refusal, refuse } from '../../kernel/result.ts'
import { staff, staffActor } from '../../platform/http/policy.ts'
import { attachmentName } from '../../platform/http/print.ts'
import type { FieldError } from '../../platform/http/view.ts'
import { policyOf } from '../../policy/policy.ts'
import { letterOf } from '../cases/index.ts'
import { listEntrances } from '../entrances/index.ts'
import { helpdeskHours, hoursSentence } from '../helpdesk-hours/index.ts'
import { type OfficerProof, officerProofField, proveOfficer } from '../officer-proof/index.ts'
import { decisionRoutes, decisionView } from '../two-officers/index.ts'
import { registrationHandling } from './commands.registration.ts'
import { fetchContractSecret, firstSecretsIn, mayFetch } from './commands.secrets.ts'
import { type ContractCase, findContractCase } from './queries.cases.ts'
import { readerOf } from './routes.registration.ts'
import { caseRows, companiesHref, companyHref, contractCaseHref, registrationSections } from './views.ts'

type Params = { Params: { caseId: string } }

const address = '/helpdesk/contract-cases/:caseId'

/** The page of a case about a contract: what it makes, who decides it, and its secrets, once (H-04 to H-06). */
export const contractCaseRoutes = (app: FastifyInstance, deps: Deps): void => {
  const casePage = async (
    request: FastifyRequest<Params>,
    reply: FastifyReply,
    errors: FieldError[] = [],
  ): Promise<FastifyReply> => {
    const actor = staffActor(request)
    const found = await findContractCase(deps, actor, request.params.caseId)
    if (!found) return reply.refuse(refuse('case.notFound'))
    const { t } = request
    const reader = readerOf(request)
    return reply.page(
      'contracts/case',
      {
        screen: 'HD0163',
        title: t('cases.waiting.title', {
          kind: t(`two-officers.kinds.${found.kind}`),
          state: t(`two-officers.states.${found.state}`),
        }),
        state: found.state,
        sections: registrationSections(reader, found.registration, await listEntrances(deps)),
        rows: caseRows(reader, found),
        decision: decisionView(actor, found, contractCaseHref(found.id), deps.clock.now()),
        secret: found.secret && {
          ...found.secret,
          mayFetch: found.secret.state === 'kept' && mayFetch(actor, found),
          byPost: found.registration.delivery === 'post',
        },
        onwardHref: found.companyId ? companyHref(found.companyId) : companiesHref,
        errors,
      },
      errors.length > 0 ? 422 : 200,
    )
  }

  app.get<Params>(
    address,
    { config: { policy: staff('customer:view'), screen: 'HD0163' } },
    (request, reply) => casePage(request, reply),
  )

  decisionRoutes(app, deps, {
    address,
    screen: 'HD0163',
    handling: (request, decision) =>
      registrationHandling(deps, staffActor(request), request.params.caseId, decision === 'approve'),
    pageAgain: casePage,
    refusedPage: (request, reply, refusal) => refusedPage(request, reply, refusal),
  })

  const config = { policy: staff('case:open'), screen: 'HD0164' }

  // What was shown is gone: a reload or another language comes back to the case, which says what to do.
  app.get<Params>(`${address}/secret`, { config }, (request, reply) =>
    reply.redirect(contractCaseHref(encodeURIComponent(request.params.caseId)), 303),
  )

  app.post<Params>(`${address}/secret`, { config }, async (request, reply) => {
    const actor = staffActor(request)
    const found = await findContractCase(deps, actor, request.params.caseId)
    if (!found?.secret) return reply.refuse(refuse('case.notFound'))
    // Sent again by a reload: nothing is asked, for there is nothing left.
    if (found.secret.state !== 'kept') return reply.redirect(contractCaseHref(found.id), 303)
    const proof = await proveOfficer(deps, actor, request.body)
    if (!proof.ok) {
      const field = officerProofField(proof.reason)
      return field
        ? casePage(request, reply, [{ field, message: request.t(`reasons.${proof.reason}`) }])
        : reply.refuse(proof)
    }
    if ((request.body as { letter?: unknown }).letter !== undefined)
      return letter(deps, request, reply, proof.value, found)
    const shown = await fetchContractSecret(deps, actor, proof.value, found, 'page', async values =>
      firstSecretsIn(values),
    )
    if (!shown.ok) return reply.refuse(shown)
    return reply.header('cache-control', 'no-store').page('contracts/first-secrets', {
      screen: 'HD0164',
      title: request.t('contracts.secrets.title'),
      secrets: shown.value,
      delivery: found.registration.delivery,
      rows: firstUserRows(request, found),
      caseHref: contractCaseHref(found.id),
    })
  })
}

const firstUserRows = ({ t }: FastifyRequest, { registration }: ContractCase) => [
  { label: t('company.fields.name'), value: registration.name },
  { label: t('cases.columns.loginId'), value: registration.first.loginId },
  { label: t('cases.columns.name'), value: registration.first.name },
]

/** The first letter to a company's first user: their passwords, without the login ID (H-05). */
const letter = async (
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  proof: OfficerProof,
  found: ContractCase,
): Promise<FastifyReply> => {
  const { name, first, preset } = found.registration
  // A company begins in the bank's own language.
  const t = request.wordsIn('ja')
  const hours = hoursSentence({ t, language: 'ja' }, await helpdeskHours(deps))
  const owner = { companyName: name, name: first.name, policy: policyOf({ preset, overrides: {} }) }
  const printed = await fetchContractSecret(deps, staffActor(request), proof, found, 'letter', async values =>
    deps.pdf.print(
      letterOf(t, 'ja', owner, { kind: 'first', secrets: firstSecretsIn(values) }, deps.clock.now(), hours),
    ),
  )
  if (!printed.ok) return reply.refuse(printed)
  return reply
    .type('application/pdf')
    .header('cache-control', 'no-store')
    .header('content-disposition', attachmentName('inline', `${request.t('cases.letter.file')}.pdf`))
    .send(printed.value)
}

const refusedPage = (request: FastifyRequest<Params>, reply: FastifyReply, refusal: Refusal): FastifyReply =>
  reply.page(
    'contracts/refused',
    {
      screen: 'HD0169',
      title: request.t('cases.decisionRefused'),
      message: request.t(`reasons.${refusal.reason}`, { what: '', ...refusal.params }),
      backHref: contractCaseHref(request.params.caseId),
      back: request.t('cases.toCase'),
    },
    409,
  )
