import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../../deps.ts'
import { isId } from '../../kernel/ids.ts'
import { type Refusal, refuse } from '../../kernel/result.ts'
import { staff, staffActor } from '../../platform/http/policy.ts'
import type { BankAct } from '../../policy/policy.ts'
import { longestReason, usualReasons } from './case.ts'
import { issueAcquisitionPassword, releaseCustomerLock } from './commands.ts'
import { type CaseValues, caseValues, isOurs, type Mistake, readCase } from './forms.ts'
import { lookAtCustomer } from './looks.ts'
import { type Customer, findCustomer } from './queries.ts'
import { readerOf } from './routes.customers.ts'
import { actHref, customerHref, filledView, forWhom, pathOf } from './views.ts'

const screens: Record<BankAct, { form: string; confirm: string; done: string }> = {
  lock_release: { form: 'HD0020', confirm: 'HD0021', done: 'HD0023' },
  acquisition_password: { form: 'HD0030', confirm: 'HD0031', done: 'HD0032' },
}

const policies = {
  lock_release: staff('lock:release'),
  acquisition_password: staff('acquisition-password:issue'),
}

type Params = { Params: { id: string } }

/**
 * The pages of one act: form → confirm → done. The form carries the id of the case it will become, so that sending it
 * twice has one effect; the confirm page carries what was typed, so that nothing is stored before 「実行」.
 */
export const actRoutes = (app: FastifyInstance, deps: Deps, act: BankAct): void => {
  const address = `/helpdesk/users/:id/${pathOf[act]}`
  const policy = policies[act]

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
      return read && confirmPage(request, reply, act, read.customer, read.values, read.filled)
    },
  )

  app.post<Params>(address, { config: { policy, screen: screens[act].done } }, async (request, reply) => {
    const read = await readForm(deps, act, request, reply)
    if (!read) return reply
    return act === 'lock_release'
      ? carryOutRelease(deps, request, reply, read)
      : carryOutIssue(deps, request, reply, read)
  })
}

/** Why an act would be refused already now; the command decides again, on locked rows. */
const hindranceOf = (act: BankAct, customer: Customer): Refusal | undefined => {
  if (customer.serviceState === 'deleted') return refuse('customer.deleted')
  if (!customer.policy.byOneOfficer.includes(act)) return refuse('case.secondOfficer')
  if (act === 'lock_release') return customer.locked ? undefined : refuse('lock.notLocked')
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
  act: BankAct,
  request: FastifyRequest<Params>,
  reply: FastifyReply,
): Promise<Read | undefined> => {
  const { id } = request.params
  const customer = isId(id) ? await findCustomer(deps, staffActor(request), id) : undefined
  const values = caseValues(request.body)
  if (!customer) await reply.refuse(refuse('customer.notFound'))
  else if (!isOurs(values)) await reply.refuse(refuse('form.expired'))
  else if ((request.body as { back?: unknown }).back !== undefined)
    await formPage(request, reply, act, customer, values)
  else {
    const { mistakes, filled } = readCase(act, values, deps.clock.now(), choice =>
      request.t(`cases.usualReasons.${choice}`),
    )
    if (filled) return { customer, values, filled }
    await formPage(request, reply, act, customer, values, mistakes)
  }
  return undefined
}

const carryOutRelease = async (
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  { customer, filled }: Read,
): Promise<FastifyReply> => {
  const { caseId, paper } = filled
  const done = await releaseCustomerLock(deps, staffActor(request), { caseId, paper, userId: customer.id })
  if (!done.ok) return refusedPage(request, reply, 'lock_release', customer.id, done)
  return reply.redirect(`/helpdesk/cases/${caseId}`, 303)
}

const carryOutIssue = async (
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  { customer, filled }: Read,
): Promise<FastifyReply> => {
  const done = await issueAcquisitionPassword(deps, staffActor(request), { ...filled, userId: customer.id })
  if (!done.ok) return refusedPage(request, reply, 'acquisition_password', customer.id, done)
  // The same form again: the value was shown then, and only then.
  if (!done.value.issued) return reply.redirect(`/helpdesk/cases/${filled.caseId}`, 303)
  const { t } = request
  const { password, expiresAt } = done.value.issued
  return reply.header('cache-control', 'no-store').page('helpdesk/issued', {
    screen: screens.acquisition_password.done,
    title: t('cases.act.acquisition_password.done'),
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
  act: BankAct,
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
      rows: forWhom(readerOf(request), customer),
      reasons: usualReasons[act].map(value => ({ value, label: t(`cases.usualReasons.${value}`) })),
      longestReason,
      deliveries: ['post', 'phone'].map(value => ({ value, label: t(`cases.delivery.${value}`) })),
      pending:
        act === 'acquisition_password' && values.seen !== '' ? customer.acquisitionPassword : undefined,
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
  act: BankAct,
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
  act: BankAct,
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
