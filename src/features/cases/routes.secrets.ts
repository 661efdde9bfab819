import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../../deps.ts'
import { isId } from '../../kernel/ids.ts'
import { refuse } from '../../kernel/result.ts'
import { staff, staffActor } from '../../platform/http/policy.ts'
import { attachmentName } from '../../platform/http/print.ts'
import { isLanguage } from '../../platform/i18n.ts'
import { helpdeskHours, hoursSentence } from '../helpdesk-hours/index.ts'
import { type OfficerProof, officerProofField, proveOfficer } from '../officer-proof/index.ts'
import { letterOf } from './letter.ts'
import { type Case, findCase } from './queries.cases.ts'
import { findCustomer } from './queries.ts'
import { casePage } from './routes.cases.ts'
import { readerOf } from './routes.customers.ts'
import { fetchSecret } from './secrets.ts'
import { customerHref, forWhom } from './views.cases.ts'

type Params = { Params: { caseId: string } }

/** The secret of a case, shown once to the officer who prepared or approved it, who proves anew who they are (H-01, H-05). */
export const secretRoutes = (app: FastifyInstance, deps: Deps): void => {
  const address = '/helpdesk/cases/:caseId/secret'
  const config = { policy: staff('case:open'), screen: 'HD0032' }

  // What was shown is gone: a reload or another language comes back to the case, which says what to do.
  app.get<Params>(address, { config }, (request, reply) =>
    reply.redirect(`/helpdesk/cases/${encodeURIComponent(request.params.caseId)}`, 303),
  )

  app.post<Params>(address, { config }, async (request, reply) => {
    const { t } = request
    const { caseId } = request.params
    const actor = staffActor(request)
    const found = isId(caseId) ? await findCase(deps, actor, caseId) : undefined
    if (!found?.secret) return reply.refuse(refuse('case.notFound'))
    // Sent again by a reload: nothing is asked, for there is nothing left.
    if (found.secret.state !== 'kept') return reply.redirect(`/helpdesk/cases/${caseId}`, 303)
    const proof = await proveOfficer(deps, actor, request.body)
    if (!proof.ok) {
      const field = officerProofField(proof.reason)
      return field
        ? casePage(deps, request, reply, [{ field, message: t(`reasons.${proof.reason}`) }])
        : reply.refuse(proof)
    }
    if ((request.body as { letter?: unknown }).letter !== undefined)
      return letter(deps, request, reply, proof.value, found)
    const shown = await fetchSecret(deps, actor, proof.value, found, 'page', async secret => secret)
    if (!shown.ok) return reply.refuse(shown)
    const { kind, password, until } = shown.value
    return reply.header('cache-control', 'no-store').page('helpdesk/issued', {
      screen: 'HD0032',
      title: t(`cases.secret.${kind}.title`),
      kind,
      password,
      until,
      delivery: found.proposal?.delivery ?? 'phone',
      rows: forWhom(readerOf(request), found),
      customerHref: customerHref(found.userId),
    })
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
  const t = request.wordsIn(language)
  const hours = hoursSentence({ t, language }, await helpdeskHours(deps))
  const printed = await fetchSecret(deps, staffActor(request), proof, found, 'letter', secret =>
    deps.pdf.print(
      letterOf(t, language, customer, { kind: secret.kind, secrets: [secret] }, deps.clock.now(), hours),
    ),
  )
  if (!printed.ok) return reply.refuse(printed)
  return reply
    .type('application/pdf')
    .header('cache-control', 'no-store')
    .header('content-disposition', attachmentName('inline', `${request.t('cases.letter.file')}.pdf`))
    .send(printed.value)
}
