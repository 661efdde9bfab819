import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../../deps.ts'
import { isId } from '../../kernel/ids.ts'
import { type Refusal, refuse } from '../../kernel/result.ts'
import { contentOf } from '../../platform/http/form-content.ts'
import { errorsOf, type Mistake } from '../../platform/http/mistake.ts'
import { staff, staffActor } from '../../platform/http/policy.ts'
import { readerOf } from '../../platform/reader.ts'
import { writtenNumber } from '../factors/index.ts'
import { nobodyApproves, openedOtherwisePage } from '../two-officers/index.ts'
import { hindranceOf, secretOf } from './acts.ts'
import {
  accessGivenBy,
  type CustomerAct,
  deliveries,
  isDoneAlone,
  longestFormNumber,
  longestReason,
  takesAccessAway,
  usualReasons,
} from './case.ts'
import { openCustomerCase } from './commands.ts'
import { type Asks, type CaseValues, caseValues, isOurs, readCase } from './forms.ts'
import { lookAtCustomer, recordLook } from './looks.ts'
import { waitingCaseOf } from './queries.cases.ts'
import { type Customer, findCustomer } from './queries.ts'
import {
  actHref,
  contractorRows,
  customerHref,
  filledView,
  forWhom,
  lockRows,
  passkeyItems,
  pathOf,
} from './views.cases.ts'

const screens: Record<CustomerAct, { form: string; confirm: string }> = {
  lock_release: { form: 'HD0020', confirm: 'HD0021' },
  acquisition_password: { form: 'HD0030', confirm: 'HD0031' },
  new_computer: { form: 'HD0033', confirm: 'HD0034' },
  certificate_revocation: { form: 'HD0036', confirm: 'HD0037' },
  passkey_removal: { form: 'HD0038', confirm: 'HD0039' },
  password_reset: { form: 'HD0070', confirm: 'HD0071' },
  confirmation_password_reset: { form: 'HD0072', confirm: 'HD0073' },
  initial_password: { form: 'HD0074', confirm: 'HD0075' },
  registration_reset: { form: 'HD0076', confirm: 'HD0077' },
  email_correction: { form: 'HD0078', confirm: 'HD0079' },
  mobile_correction: { form: 'HD0090', confirm: 'HD0091' },
  contractor_appointment: { form: 'HD0092', confirm: 'HD0093' },
  otp_revocation: { form: 'HD0080', confirm: 'HD0081' },
  user_resumption: { form: 'HD0082', confirm: 'HD0083' },
  user_lock: { form: 'HD0084', confirm: 'HD0085' },
  user_suspension: { form: 'HD0086', confirm: 'HD0087' },
  session_end: { form: 'HD0088', confirm: 'HD0089' },
}

type Params = { Params: { id: string } }

const asksOf = (act: CustomerAct, customer: Customer): Asks => ({
  paper: accessGivenBy(act) !== null,
  delivers: secretOf(act, customer) !== null,
  email: act === 'email_correction',
  mobile: act === 'mobile_correction',
  passkeys: act === 'passkey_removal' ? customer.passkeys : null,
})

/**
 * The pages of one act: form → confirm → the case. The form carries the id of the case it will become, so that sending it
 * twice has one effect; the confirm page carries what was typed, so that nothing is stored before 「実行」.
 */
export const actRoutes = (app: FastifyInstance, deps: Deps, act: CustomerAct): void => {
  const address = `/helpdesk/users/:id/${pathOf[act]}`
  const policy = staff('case:open')

  app.get<Params>(address, { config: { policy, screen: screens[act].form } }, async (request, reply) => {
    const looked = await lookAtCustomer(deps, staffActor(request), request.params.id)
    if (!looked.ok) return reply.refuse(looked)
    const customer = looked.value
    const hindrance = hindranceOf(act, customer)
    if (hindrance) return refusedPage(request, reply, act, customer.id, hindrance)
    // Before the officer fills in what could not be sent.
    const waiting = await waitingCaseOf(deps, staffActor(request), customer.id, act)
    if (waiting) return refusedPage(request, reply, act, customer.id, refuse('case.pending'), waiting)
    const { acquisitionPassword } = customer
    return formPage(request, reply, act, customer, {
      ...caseValues({}),
      caseId: deps.ids.next(),
      seen: acquisitionPassword?.pending ? acquisitionPassword.id : '',
    })
  })

  // Shows what was typed and changes nothing; a reload or another language asks for it by GET.
  app.get<Params>(
    `${address}/confirmation`,
    { config: { policy, screen: screens[act].confirm } },
    async (request, reply) => reply.redirect(actHref(encodeURIComponent(request.params.id), act), 303),
  )
  app.post<Params>(
    `${address}/confirmation`,
    { config: { policy, screen: screens[act].confirm } },
    async (request, reply) => {
      const read = await readForm(deps, act, request, reply)
      if (!read) return reply
      const hindrance = hindranceOf(act, read.customer)
      if (hindrance) return refusedPage(request, reply, act, read.customer.id, hindrance)
      await recordLook(deps, staffActor(request), read.customer)
      return confirmPage(deps, request, reply, act, read)
    },
  )

  app.post<Params>(address, { config: { policy, screen: 'HD0023' } }, async (request, reply) => {
    const read = await readForm(deps, act, request, reply)
    if (!read) return reply
    const done = await openCustomerCase(deps, staffActor(request), {
      ...read.filled,
      act,
      userId: read.customer.id,
      sent: contentOf(request.body),
    })
    if (done.ok) return reply.redirect(`/helpdesk/cases/${done.value.caseId}`, 303)
    if (done.reason === 'case.openedOtherwise')
      return openedOtherwisePage(request, reply, `/helpdesk/cases/${read.filled.caseId}`)
    const inTheWay =
      done.reason === 'case.pending'
        ? await waitingCaseOf(deps, staffActor(request), read.customer.id, act)
        : undefined
    return refusedPage(request, reply, act, read.customer.id, done, inTheWay)
  })
}

type Read = {
  customer: Customer
  values: CaseValues
  filled: NonNullable<ReturnType<typeof readCase>['filled']>
}

/** The customer and the form's content; otherwise answers with what is wrong, or with the form to go back to. */
const readForm = async (
  deps: Deps,
  act: CustomerAct,
  request: FastifyRequest<Params>,
  reply: FastifyReply,
): Promise<Read | undefined> => {
  const { id } = request.params
  const customer = isId(id) ? await findCustomer(deps, staffActor(request), id) : undefined
  const values = caseValues(request.body)
  const shownAgain = async (shown: Customer, mistakes: Mistake[]) => {
    await recordLook(deps, staffActor(request), shown)
    return formPage(request, reply, act, shown, values, mistakes)
  }
  if (!customer) await reply.refuse(refuse('customer.notFound'))
  else if (!isOurs(values)) await reply.refuse(refuse('form.expired'))
  else if ((request.body as { back?: unknown }).back !== undefined) await shownAgain(customer, [])
  else {
    const { mistakes, filled } = readCase(act, asksOf(act, customer), values, deps.clock.now(), choice =>
      request.t(`cases.usualReasons.${choice}`),
    )
    if (filled) return { customer, values, filled }
    await shownAgain(customer, mistakes)
  }
  return undefined
}

const formPage = (
  request: FastifyRequest,
  reply: FastifyReply,
  act: CustomerAct,
  customer: Customer,
  values: CaseValues,
  mistakes: Mistake[] = [],
): FastifyReply => {
  const { t } = request
  const asks = asksOf(act, customer)
  const voids = accessGivenBy(act) === 'acquisition_password' && values.seen !== ''
  return reply.page(
    'helpdesk/case-form',
    {
      screen: screens[act].form,
      title: t(`cases.act.${act}.form`),
      asks,
      alone: isDoneAlone(act, customer.policy),
      atOnce: takesAccessAway(act),
      rows: [
        ...forWhom(readerOf(request), customer),
        ...lockRows(readerOf(request), act, customer),
        ...contractorRows(readerOf(request), act, customer),
        ...(asks.email ? [{ label: t('cases.form.emailNow'), value: customer.email }] : []),
        ...(asks.mobile ? [{ label: t('cases.form.mobileNow'), value: writtenNumber(customer.mobile) }] : []),
      ],
      passkeys: passkeyItems(readerOf(request), asks.passkeys ? customer.passkeys : []),
      reasons: usualReasons[act].map(value => ({ value, label: t(`cases.usualReasons.${value}`) })),
      longestReason,
      longestFormNumber,
      deliveries: deliveries.map(value => ({ value, label: t(`cases.delivery.${value}`) })),
      pending: voids ? customer.acquisitionPassword : undefined,
      action: `${actHref(customer.id, act)}/confirmation`,
      customerHref: customerHref(customer.id),
      values,
      errors: errorsOf(request, mistakes),
    },
    mistakes.length > 0 ? 422 : 200,
  )
}

const confirmPage = async (
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  act: CustomerAct,
  { customer, values, filled }: Read,
): Promise<FastifyReply> => {
  const { t } = request
  const reader = readerOf(request)
  const alone = isDoneAlone(act, customer.policy)
  return reply.page('helpdesk/case-confirm', {
    screen: screens[act].confirm,
    title: t(`cases.act.${act}.confirm`),
    check: t(`cases.act.${act}.check`),
    rows: [
      ...forWhom(reader, customer),
      ...lockRows(reader, act, customer),
      ...contractorRows(reader, act, customer),
      ...filledView(reader, asksOf(act, customer), filled, customer),
    ],
    hidden: Object.entries(values).map(([name, value]) => ({ name, value })),
    action: actHref(customer.id, act),
    replaces: accessGivenBy(act) === 'acquisition_password' && values.seen !== '',
    alone,
    nobodyApproves: !alone && (await nobodyApproves(deps, staffActor(request).id)),
    carryOut: t(`cases.act.${act}.carryOut`),
  })
}

/** An act that can't be carried out for this customer now: what stands in the way, and to where it shows. */
const refusedPage = (
  request: FastifyRequest,
  reply: FastifyReply,
  act: CustomerAct,
  userId: string,
  refusal: Refusal,
  caseId?: string,
): FastifyReply | Promise<FastifyReply> => {
  const { t } = request
  if (refusal.reason === 'access.forbidden' || refusal.reason === 'customer.notFound')
    return reply.refuse(refusal)
  return reply.page(
    'helpdesk/refused',
    {
      screen: 'HD0024',
      title: t(`cases.act.${act}.refused`),
      message: t(`reasons.${refusal.reason}`, refusal.params),
      ...(caseId
        ? { customerHref: `/helpdesk/cases/${caseId}`, back: t('cases.toCase') }
        : { customerHref: customerHref(userId) }),
    },
    409,
  )
}
