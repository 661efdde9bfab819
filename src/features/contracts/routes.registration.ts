import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../../deps.ts'
import { isId } from '../../kernel/ids.ts'
import { refuse } from '../../kernel/result.ts'
import type { Values } from '../../platform/http/drafts.ts'
import { contentOf } from '../../platform/http/form-content.ts'
import type { Mistake } from '../../platform/http/mistake.ts'
import { staff, staffActor } from '../../platform/http/policy.ts'
import { submissionOf } from '../../platform/http/wizard-form.ts'
import { type Reader, readerOf } from '../../platform/reader.ts'
import { deliveries, longestFormNumber, longestReason } from '../cases/index.ts'
import {
  accountLimitDigits,
  accountLimitKinds,
  companyLimitDigits,
  companyLimitKinds,
} from '../company/index.ts'
import { listEntrances } from '../entrances/index.ts'
import { nobodyApproves, openedOtherwisePage, paperRows } from '../two-officers/index.ts'
import { prepareRegistration } from './commands.registration.ts'
import { accountKinds, longestBranchName, longestCompanyName, mostAccounts } from './contract.ts'
import { accountCeilingField, accountRowsIn, ceilingField, halfIn, textIn } from './form.parts.ts'
import { type ReadRegistration, readRegistration, registrationFields } from './form.registration.ts'
import { bankServices } from './queries.ts'
import { companiesHref, contractCaseHref, registrationFollows, registrationSections } from './views.ts'
import { errorsOf } from './words.ts'

const address = `${companiesHref}/registration`

/** The lines of new accounts as a form shows them. */
export const accountLines = ({ t }: Pick<Reader, 't'>, rows: number) =>
  Array.from({ length: rows }, (_row, index) => index + 1).map(row => ({
    row,
    kinds: accountKinds.map(kind => ({ value: kind, text: t(`users.accountKinds.${kind}`) })),
    longestBranchName,
    ceilings: accountLimitKinds.map(kind => ({
      name: accountCeilingField(kind, row),
      label: t('contracts.ceilingOf', { what: t(`company.accountLimits.${kind}`) }),
    })),
  }))

/** What the paper asks on each form of a contract. */
export const paperParts = { longestReason, longestFormNumber }

/** 企業の登録: form → confirm → the case that waits for its second officer (H-06). */
export const registrationRoutes = (app: FastifyInstance, deps: Deps): void => {
  const policy = staff('case:open')
  const formConfig = { policy, screen: 'HD0161' }

  app.get(address, { config: formConfig }, (request, reply) =>
    formPage(deps, request, reply, { caseId: deps.ids.next(), accountRows: '1' }),
  )

  // Shows what was typed and changes nothing; a reload or another language begins again.
  app.get(`${address}/confirmation`, { config: { policy, screen: 'HD0162' } }, (_request, reply) =>
    reply.redirect(address, 303),
  )
  app.post(`${address}/confirmation`, { config: { policy, screen: 'HD0162' } }, async (request, reply) => {
    const sent = await readForm(deps, request, reply)
    if (!sent) return reply
    const { values, read } = sent
    const reader = readerOf(request)
    return reply.page('contracts/registration-confirm', {
      screen: 'HD0162',
      title: request.t('contracts.registration.confirm'),
      sections: registrationSections(reader, read.registration, await listEntrances(deps)),
      follows: registrationFollows(reader),
      paper: paperRows(reader, read.paper),
      nobodyApproves: await nobodyApproves(deps, staffActor(request).id),
      hidden: hiddenOf(values),
      action: address,
    })
  })

  app.post(address, { config: formConfig }, async (request, reply) => {
    const sent = await readForm(deps, request, reply)
    if (!sent) return reply
    const { values, read } = sent
    const caseId = textIn(values, 'caseId')
    const done = await prepareRegistration(deps, staffActor(request), {
      caseId,
      registration: read.registration,
      paper: read.paper,
      sent: contentOf(request.body),
    })
    if (done.ok) return reply.redirect(contractCaseHref(caseId), 303)
    if (done.reason === 'case.openedOtherwise')
      return openedOtherwisePage(request, reply, contractCaseHref(caseId))
    const field = fieldOf[done.reason]
    if (field === undefined) return reply.refuse(done)
    return formPage(deps, request, reply, values, [
      {
        field: field === 'number-1' ? rowOfTaken(values, done.params) : field,
        reason: done.reason,
        ...(done.params && { params: done.params }),
      },
    ])
  })
}

/** The line of new accounts whose number a refusal names. */
export const rowOfTaken = (values: Values, params: Record<string, string | number> = {}): string => {
  const [, number = ''] = String(params.number).split('-')
  const rows = Array.from({ length: accountRowsIn(values) }, (_row, index) => `number-${index + 1}`)
  return rows.find(field => halfIn(values, field) === number) ?? 'number-1'
}

const fieldOf: Record<string, string> = {
  'company.contractNumberTaken': 'contractNumber',
  'contract.pending': 'contractNumber',
  'contract.account.taken': 'number-1',
  'policy.entrance': 'entrance',
  'user.loginId.taken': 'loginId',
}

/** What was typed, as hidden fields of the confirm page: nothing is stored before 「承認を依頼」. */
export const hiddenOf = (values: Values): { name: string; value: string }[] =>
  Object.entries(values).flatMap(([name, value]) =>
    [value].flat().map(each => ({ name, value: String(each) })),
  )

type Read = Extract<ReadRegistration, { registration: object }>

/** The form's content; otherwise answers with what is wrong, with one more line of accounts, or the form to go back to. */
const readForm = async (
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<{ values: Values; read: Read } | undefined> => {
  const rows = accountRowsIn((request.body ?? {}) as Values)
  const { values, leaves } = submissionOf(request.body, registrationFields(rows), [])
  if (!isId(textIn(values, 'caseId'))) {
    await reply.refuse(refuse('form.expired'))
    return undefined
  }
  if ((request.body as { moreAccounts?: unknown }).moreAccounts !== undefined || leaves) {
    const more = leaves ? rows : Math.min(rows + 1, mostAccounts)
    await formPage(deps, request, reply, { ...values, accountRows: String(more) })
    return undefined
  }
  const services = (await bankServices(deps.db)).map(({ code }) => code)
  const read = readRegistration(values, await listEntrances(deps), services, deps.clock.now())
  if (read.registration) return { values, read }
  await formPage(deps, request, reply, values, read.mistakes)
  return undefined
}

const formPage = async (
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  values: Values,
  mistakes: Mistake[] = [],
): Promise<FastifyReply> => {
  const { t } = request
  const rows = accountRowsIn(values)
  return reply.page(
    'contracts/registration-form',
    {
      screen: 'HD0161',
      title: t('contracts.registration.form'),
      action: `${address}/confirmation`,
      listHref: companiesHref,
      longestCompanyName,
      entrances: (await listEntrances(deps)).map(({ slug, name, preset }) => ({
        value: slug,
        text: t('policies.form.entranceItem', { name, preset: t(`policies.presets.${preset}`) }),
      })),
      services: (await bankServices(deps.db)).map(({ code }) => ({
        value: code,
        label: t(`users.services.${code}`),
      })),
      ceilings: companyLimitKinds.map(kind => ({
        name: ceilingField(kind),
        label: t('contracts.ceilingOf', { what: t(`company.companyLimits.${kind}`) }),
      })),
      companyDigits: companyLimitDigits,
      accountDigits: accountLimitDigits,
      accounts: accountLines({ t }, rows),
      mayAddAccounts: rows < mostAccounts,
      deliveries: deliveries.map(value => ({ value, label: t(`cases.delivery.${value}`) })),
      ...paperParts,
      values: { ...values, accountRows: String(rows) },
      errors: errorsOf(t, mistakes),
    },
    mistakes.length > 0 ? 422 : 200,
  )
}
