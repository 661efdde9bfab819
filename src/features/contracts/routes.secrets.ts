import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../../deps.ts'
import { refuse } from '../../kernel/result.ts'
import { staff, staffActor } from '../../platform/http/policy.ts'
import { attachmentName } from '../../platform/http/print.ts'
import type { FieldError } from '../../platform/http/view.ts'
import { policyOf } from '../../policy/policy.ts'
import { letterOf } from '../cases/index.ts'
import { helpdeskHours, hoursSentence } from '../helpdesk-hours/index.ts'
import { type OfficerProof, officerProofField, proveOfficer } from '../officer-proof/index.ts'
import { issuerOf } from '../services/index.ts'
import { fetchContractSecret, firstSecretsIn } from './commands.secrets.ts'
import type { Registration } from './contract.ts'
import { type ContractCase, findContractCase } from './queries.cases.ts'
import { contractCaseHref } from './views.ts'

type Params = { Params: { caseId: string } }

type CasePage = (
  request: FastifyRequest<Params>,
  reply: FastifyReply,
  errors: FieldError[],
) => Promise<FastifyReply>

/** What a case about a contract made, shown once to an officer of it who proves anew who they are (H-01, H-05). */
export const contractSecretRoutes = (app: FastifyInstance, deps: Deps, casePage: CasePage): void => {
  const address = '/helpdesk/contract-cases/:caseId/secret'
  const config = { policy: staff('case:open'), screen: 'HD0164' }

  // What was shown is gone: a reload or another language comes back to the case, which says what to do.
  app.get<Params>(address, { config }, (request, reply) =>
    reply.redirect(contractCaseHref(encodeURIComponent(request.params.caseId)), 303),
  )

  app.post<Params>(address, { config }, async (request, reply) => {
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
    const { registration } = found
    if (!registration) return clientPage(deps, request, reply, proof.value, found)
    if ((request.body as { letter?: unknown }).letter !== undefined)
      return letter(deps, request, reply, proof.value, found, registration)
    return firstSecretsPage(deps, request, reply, proof.value, found, registration)
  })
}

/** The first passwords of a company's first user, to be told by telephone or written down. */
const firstSecretsPage = async (
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  proof: OfficerProof,
  found: ContractCase,
  { name, first, delivery }: Registration,
): Promise<FastifyReply> => {
  const { t } = request
  const shown = await fetchContractSecret(deps, staffActor(request), proof, found, 'page', async values =>
    firstSecretsIn(values),
  )
  if (!shown.ok) return reply.refuse(shown)
  return reply.header('cache-control', 'no-store').page('contracts/first-secrets', {
    screen: 'HD0164',
    title: t('contracts.secrets.title'),
    secrets: shown.value,
    delivery,
    rows: [
      { label: t('company.fields.name'), value: name },
      { label: t('cases.columns.loginId'), value: first.loginId },
      { label: t('cases.columns.name'), value: first.name },
    ],
    caseHref: contractCaseHref(found.id),
  })
}

/** The first letter to a company's first user: their passwords, without the login ID (H-05). */
const letter = async (
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  proof: OfficerProof,
  found: ContractCase,
  { name, first, preset }: Registration,
): Promise<FastifyReply> => {
  // A company begins in the bank's own language.
  const t = request.wordsIn('ja')
  const hours = hoursSentence({ t, language: 'ja' }, await helpdeskHours(deps))
  const owner = { companyName: name, name: first.name, policy: policyOf({ preset, overrides: {} }) }
  const printed = await fetchContractSecret(
    deps,
    staffActor(request),
    proof,
    found,
    'letter',
    async values => {
      const secrets = firstSecretsIn(values)
      return deps.pdf.print(letterOf(t, 'ja', owner, { kind: 'first', secrets }, deps.clock.now(), hours))
    },
  )
  if (!printed.ok) return reply.refuse(printed)
  return reply
    .type('application/pdf')
    .header('cache-control', 'no-store')
    .header('content-disposition', attachmentName('inline', `${request.t('cases.letter.file')}.pdf`))
    .send(printed.value)
}

/** What a service's operator must know of its client (G-05): who the provider is, the client's identifier and its secret. */
const clientPage = async (
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  proof: OfficerProof,
  found: ContractCase,
): Promise<FastifyReply> => {
  const { t } = request
  const shown = await fetchContractSecret(
    deps,
    staffActor(request),
    proof,
    found,
    'page',
    async values => values,
  )
  if (!shown.ok) return reply.refuse(shown)
  return reply.header('cache-control', 'no-store').page('contracts/client', {
    screen: 'HD0172',
    title: t('contracts.secrets.client'),
    clientSecret: shown.value.clientSecret,
    rows: [
      { label: t('company.fields.name'), value: found.companyName },
      ...(found.change?.change === 'signOn'
        ? [
            {
              label: t('contracts.signOn.service'),
              value: request.language === 'ja' ? found.change.service.nameJa : found.change.service.nameEn,
            },
          ]
        : []),
      { label: t('contracts.signOn.issuer'), value: issuerOf(deps) },
      { label: t('contracts.signOn.clientId'), value: shown.value.clientId ?? '' },
    ],
    caseHref: contractCaseHref(found.id),
  })
}
