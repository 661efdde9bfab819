import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../../deps.ts'
import { isId } from '../../kernel/ids.ts'
import { type Refusal, refuse } from '../../kernel/result.ts'
import { staff, staffActor } from '../../platform/http/policy.ts'
import {
  accessGivenBy,
  type CustomerAct,
  issuesPassword,
  longestReason,
  takesAccessAway,
  usualReasons,
} from './case.ts'
import { issueAcquisitionPassword, releaseCustomerLock } from './commands.ts'
import { type CaseValues, caseValues, isOurs, type Mistake, readCase } from './forms.ts'
import { lookAtCustomer, recordLook } from './looks.ts'
import { type Customer, findCustomer, hasUsable } from './queries.ts'
import { revokeCustomerCertificates } from './revocations.ts'
import { readerOf } from './routes.customers.ts'
import { actHref, customerHref, filledView, forWhom, pathOf } from './views.ts'

const screens: Record<CustomerAct, { form: string; confirm: string; done: string }> = {
  lock_release: { form: 'HD0020', confirm: 'HD0021', done: 'HD0023' },
  acquisition_password: { form: 'HD0030', confirm: 'HD0031', done: 'HD0032' },
  new_computer: { form: 'HD0033', confirm: 'HD0034', done: 'HD0035' },
  certificate_revocation: { form: 'HD0036', confirm: 'HD0037', done: 'HD0023' },
}

type Params = { Params: { id: string } }

/**
 * The pages of one act: form → confirm → done. The form carries the id of the case it will become, so that sending it
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
      await recordLook(deps, staffActor(request), read.customer)
      return confirmPage(request, reply, act, read.customer, read.values, read.filled)
    },
  )

  app.post<Params>(address, { config: { policy, screen: screens[act].done } }, async (request, reply) => {
    const read = await readForm(deps, act, request, reply)
    if (!read) return reply
    if (issuesPassword(act)) return carryOutIssue(deps, request, reply, act, read)
    const { caseId, paper, revocationReason } = read.filled
    const asked = { caseId, paper, userId: read.customer.id }
    const done =
      act === 'lock_release'
        ? await releaseCustomerLock(deps, staffActor(request), asked)
        : await revokeCustomerCertificates(deps, staffActor(request), { ...asked, revocationReason })
    return done.ok
      ? reply.redirect(`/helpdesk/cases/${caseId}`, 303)
      : refusedPage(request, reply, act, read.customer.id, done)
  })
}

/** Why an act would be refused already now; the command decides again, on locked rows. */
const hindranceOf = (act: CustomerAct, customer: Customer): Refusal | undefined => {
  if (customer.serviceState === 'deleted') return refuse('customer.deleted')
  const given = accessGivenBy(act)
  if (given && !customer.policy.byOneOfficer.includes(given)) return refuse('case.secondOfficer')
  if (act === 'certificate_revocation')
    return hasUsable(customer) ? undefined : refuse('certificate.noneUsable')
  if (act === 'lock_release') {
    if (!customer.locked) return refuse('lock.notLocked')
    return customer.mayBeReleased ? undefined : refuse('lock.notHelpdesk')
  }
  return customer.serviceState === 'available' ? undefined : refuse('customer.notAvailable')
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
    const { mistakes, filled } = readCase(act, values, deps.clock.now(), choice =>
      request.t(`cases.usualReasons.${choice}`),
    )
    if (filled) return { customer, values, filled }
    await shownAgain(customer, mistakes)
  }
  return undefined
}

const carryOutIssue = async (
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  act: 'acquisition_password' | 'new_computer',
  { customer, filled }: Read,
): Promise<FastifyReply> => {
  const done = await issueAcquisitionPassword(deps, staffActor(request), {
    ...filled,
    act,
    userId: customer.id,
  })
  if (!done.ok) return refusedPage(request, reply, act, customer.id, done)
  // The same form again: the value was shown then, and only then.
  if (!done.value.issued) return reply.redirect(`/helpdesk/cases/${filled.caseId}`, 303)
  const { t } = request
  const { password, expiresAt } = done.value.issued
  return reply.header('cache-control', 'no-store').page('helpdesk/issued', {
    screen: screens[act].done,
    title: t(`cases.act.${act}.done`),
    doneText: t(`cases.act.${act}.doneText`),
    password,
    expiresAt,
    delivery: filled.delivery,
    rows: forWhom(readerOf(request), customer),
    customerHref: customerHref(customer.id),
  })
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
  return reply.page(
    'helpdesk/case-form',
    {
      screen: screens[act].form,
      title: t(`cases.act.${act}.form`),
      act,
      paper: !takesAccessAway(act),
      delivers: issuesPassword(act),
      rows: forWhom(readerOf(request), customer),
      reasons: usualReasons[act].map(value => ({ value, label: t(`cases.usualReasons.${value}`) })),
      longestReason,
      deliveries: ['post', 'phone'].map(value => ({ value, label: t(`cases.delivery.${value}`) })),
      pending: issuesPassword(act) && values.seen !== '' ? customer.acquisitionPassword : undefined,
      action: `${actHref(customer.id, act)}/confirmation`,
      customerHref: customerHref(customer.id),
      values,
      errors: mistakes.map(({ field, reason, params }) => ({
        field,
        message: t(`reasons.${reason}`, params),
      })),
    },
    mistakes.length > 0 ? 422 : 200,
  )
}

const confirmPage = (
  request: FastifyRequest,
  reply: FastifyReply,
  act: CustomerAct,
  customer: Customer,
  values: CaseValues,
  filled: Read['filled'],
): FastifyReply => {
  const { t } = request
  const reader = readerOf(request)
  return reply.page('helpdesk/case-confirm', {
    screen: screens[act].confirm,
    title: t(`cases.act.${act}.confirm`),
    act,
    rows: [...forWhom(reader, customer), ...filledView(reader, act, filled)],
    hidden: Object.entries(values).map(([name, value]) => ({ name, value })),
    action: actHref(customer.id, act),
    replaces: values.seen !== '',
  })
}

/** An act that can't be carried out for this customer now: what stands in the way, and back to where it shows. */
const refusedPage = (
  request: FastifyRequest,
  reply: FastifyReply,
  act: CustomerAct,
  userId: string,
  refusal: Refusal,
): FastifyReply => {
  const { t } = request
  return reply.page(
    'helpdesk/refused',
    {
      screen: 'HD0024',
      title: t(`cases.act.${act}.refused`),
      message: t(`reasons.${refusal.reason}`, refusal.params),
      customerHref: customerHref(userId),
    },
    409,
  )
}
