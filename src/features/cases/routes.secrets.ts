import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../../deps.ts'
import { refuse } from '../../kernel/result.ts'
import { presetOf } from '../../platform/db/preset-of.ts'
import { staffActor } from '../../platform/http/policy.ts'
import { attachmentName } from '../../platform/http/print.ts'
import { isLanguage } from '../../platform/i18n.ts'
import { readerOf } from '../../platform/reader.ts'
import { helpdeskHours, hoursSentence } from '../helpdesk-hours/index.ts'
import type { OfficerProof } from '../officer-proof/index.ts'
import { letterOf } from './letter.ts'
import type { Case } from './queries.cases.ts'
import { findCustomer } from './queries.ts'
import { fetchCustomerSecret } from './secrets.ts'
import { customerHref, forWhom } from './views.cases.ts'

/** Answers with the secret of a case about a customer, once: on the officer's page, or as a letter (H-05). */
export const showCaseSecret = async (
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  proof: OfficerProof,
  found: Case,
): Promise<FastifyReply> => {
  if ((request.body as { letter?: unknown }).letter !== undefined)
    return letter(deps, request, reply, proof, found)
  const actor = staffActor(request)
  const shown = await fetchCustomerSecret(deps, actor, proof, found, 'page', async secret => secret)
  if (!shown.ok) return reply.refuse(shown)
  const { kind, password, until } = shown.value
  return reply.header('cache-control', 'no-store').page('helpdesk/issued', {
    screen: 'HD0032',
    title: request.t(`cases.secret.${kind}.title`),
    kind,
    password,
    until,
    delivery: found.proposal?.delivery ?? 'phone',
    rows: forWhom(readerOf(request), found),
    customerHref: customerHref(found.userId),
  })
}

/** The secret as a letter in the customer's language, printed once. */
const letter = async (
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  proof: OfficerProof,
  found: Case,
): Promise<FastifyReply> => {
  const customer = await findCustomer(deps, staffActor(request), found.userId)
  if (!customer) return reply.refuse(refuse('case.notFound'))
  const language = isLanguage(customer.locale) ? customer.locale : 'ja'
  const t = request.wordsIn(language, await presetOf(deps.db, customer.companyId))
  const hours = hoursSentence({ t, language }, await helpdeskHours(deps))
  const printed = await fetchCustomerSecret(deps, staffActor(request), proof, found, 'letter', secret =>
    deps.pdf.print(
      letterOf(t, language, customer, { kind: secret.kind, secrets: [secret] }, deps.clock.now(), hours),
    ),
  )
  return printed.ok ? answerLetter(request, reply, printed.value) : reply.refuse(printed)
}

/** Answers with a letter that was made once: nothing keeps a copy on its way. */
export const answerLetter = ({ t }: FastifyRequest, reply: FastifyReply, letter: Buffer): FastifyReply =>
  reply
    .type('application/pdf')
    .header('cache-control', 'no-store')
    .header('content-disposition', attachmentName('inline', `${t('cases.letter.file')}.pdf`))
    .send(letter)
