import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../../deps.ts'
import { staffActor } from '../../platform/http/policy.ts'
import { policyOf } from '../../policy/policy.ts'
import { answerLetter, letterOf } from '../cases/index.ts'
import { helpdeskHours, hoursSentence } from '../helpdesk-hours/index.ts'
import type { OfficerProof } from '../officer-proof/index.ts'
import { issuerOf } from '../services/index.ts'
import { fetchContractSecret, firstSecretsIn } from './commands.secrets.ts'
import type { Registration } from './contract.ts'
import type { ContractCase } from './queries.cases.ts'
import { contractCaseHref } from './views.ts'

/** Answers with what a case about a contract made, once: a client's secret, or the first passwords as a page or a letter. */
export const showContractSecret = (
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  proof: OfficerProof,
  found: ContractCase,
): Promise<FastifyReply> => {
  const { registration } = found
  if (!registration) return clientPage(deps, request, reply, proof, found)
  return (request.body as { letter?: unknown }).letter !== undefined
    ? letter(deps, request, reply, proof, found, registration)
    : firstSecretsPage(deps, request, reply, proof, found, registration)
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
  const t = request.wordsIn('ja', preset)
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
  return printed.ok ? answerLetter(request, reply, printed.value) : reply.refuse(printed)
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
