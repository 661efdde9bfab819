import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../../deps.ts'
import { isId } from '../../kernel/ids.ts'
import { refuse } from '../../kernel/result.ts'
import type { Values } from '../../platform/http/drafts.ts'
import { contentOf } from '../../platform/http/form-content.ts'
import type { Mistake } from '../../platform/http/mistake.ts'
import { staff, staffActor } from '../../platform/http/policy.ts'
import { namesStranger, submissionOf } from '../../platform/http/wizard-form.ts'
import { readerOf } from '../../platform/reader.ts'
import type { CasePaper } from '../cases/index.ts'
import { nobodyApproves, openedBefore, openedOtherwisePage, paperRows } from '../two-officers/index.ts'
import { accountWords } from '../users/index.ts'
import { basisOf, type ContractChange, isOver } from './change.ts'
import { changeContract, contractKind, recordRefused } from './commands.change.ts'
import { accountBeginnings, type ReadChange } from './form.change.ts'
import { readContractPaper, textIn } from './form.parts.ts'
import { inOrder } from './form.registration.ts'
import { impactOf } from './queries.impact.ts'
import { type ContractRecord, findContract } from './queries.ts'
import { refusedPage } from './routes.cases.ts'
import { hiddenOf, paperParts, rowOfTaken } from './routes.registration.ts'
import { changeSections, followsOf } from './views.change.ts'
import { companyHref, contractCaseHref } from './views.ts'
import { errorsOf } from './words.ts'

type Params = { Params: { id: string } }

/** One of the forms by which officers change a contract: all of them go form → confirm → case. */
export type ChangeForm = {
  /** The noun below the company's address. */
  noun:
    | 'contract-extension'
    | 'contract-reduction'
    | 'service-contract'
    | 'contract-end'
    | 'contract-end-withdrawal'
  words: 'extension' | 'reduction' | 'signOn' | 'end' | 'endWithdrawal'
  screens: { form: string; confirm: string }
  view: string
  /** Why there is nothing that this form could ask of a contract which has not ended. */
  hindrance?: (contract: ContractRecord) => string | undefined
  fields: (contract: ContractRecord, body: unknown) => string[]
  /** The form as it is opened. */
  values: (contract: ContractRecord) => Values
  read: (
    request: FastifyRequest,
    contract: ContractRecord,
    values: Values,
  ) => ReadChange<ContractChange> | Promise<ReadChange<ContractChange>>
  /** What the form's view needs beside the fields. */
  parts: (request: FastifyRequest, contract: ContractRecord, values: Values) => object | Promise<object>
  /** The form again with more lines, where its body asks for them. */
  grows?: (body: unknown, values: Values) => Values | undefined
}

/** The pages of one such form. Nothing is stored before the last of them. */
export const changeRoutes = (app: FastifyInstance, deps: Deps, form: ChangeForm): void => {
  const address = `/helpdesk/companies/:id/${form.noun}`
  const policy = staff('case:open')
  const asksPaper = form.words !== 'reduction'
  const hrefOf = (contract: ContractRecord) => `${companyHref(contract.id)}/${form.noun}`

  /** Nothing about a contract that has ended is changed any more (H-06). */
  const hindranceOf = (contract: ContractRecord): string | undefined =>
    isOver(contract, deps.clock.now()) ? 'contract.ended' : form.hindrance?.(contract)

  const contractOf = async (request: FastifyRequest<Params>, reply: FastifyReply) => {
    const { id } = request.params
    const found = isId(id) ? await findContract(deps, staffActor(request), id) : undefined
    if (!found) await reply.refuse(refuse('customer.notFound'))
    return found
  }

  const formPage = async (
    request: FastifyRequest,
    reply: FastifyReply,
    contract: ContractRecord,
    values: Values,
    mistakes: Mistake[] = [],
  ): Promise<FastifyReply> => {
    const { t } = request
    const accountNamed = (id: string) => {
      const account = contract.accounts.find(each => each.id === id)
      return account && accountWords(t, account)
    }
    return reply.page(
      form.view,
      {
        screen: form.screens.form,
        title: t(`contracts.${form.words}.form`),
        company: [
          { label: t('company.fields.name'), value: contract.name },
          { label: t('company.fields.contractNumber'), value: contract.contractNumber },
        ],
        action: `${hrefOf(contract)}/confirmation`,
        companyHref: companyHref(contract.id),
        asksPaper,
        ...paperParts,
        ...(await form.parts(request, contract, values)),
        values,
        errors: errorsOf(t, mistakes, accountNamed),
      },
      mistakes.length > 0 ? 422 : 200,
    )
  }

  const refused = (request: FastifyRequest, reply: FastifyReply, contract: ContractRecord, reason: string) =>
    refusedPage(request, reply, refuse(reason), {
      title: request.t('contracts.refused'),
      back: request.t('contracts.case.onward'),
      backHref: companyHref(contract.id),
    })

  const askedBy = (request: FastifyRequest, { id: companyId }: ContractRecord, caseId: string) => ({
    caseId,
    kind: contractKind,
    sent: contentOf(request.body),
    about: { companyId },
  })

  type Read = { contract: ContractRecord; values: Values; wanted: ContractChange; paper: CasePaper }

  /** What the form asks for; otherwise answers with what is wrong, or with the form to go back to. */
  const readForm = async (
    request: FastifyRequest<Params>,
    reply: FastifyReply,
  ): Promise<Read | undefined> => {
    const contract = await contractOf(request, reply)
    if (!contract) return undefined
    const fields = form.fields(contract, request.body)
    const { values, leaves } = submissionOf(request.body, fields, [])
    const again = async (shown: Values, mistakes: Mistake[] = []) => {
      await formPage(request, reply, contract, shown, mistakes)
      return undefined
    }
    const forged = async () => {
      await recordRefused(deps, staffActor(request), contract, 'company.account.notFound')
      await reply.refuse(refuse('company.account.notFound'))
      return undefined
    }
    if (!isId(textIn(values, 'caseId'))) {
      await reply.refuse(refuse('form.expired'))
      return undefined
    }
    // Sent again: what it did has changed the contract that it stood on.
    const actor = staffActor(request)
    const before = await openedBefore(deps, actor, askedBy(request, contract, textIn(values, 'caseId')))
    if (!before.ok) {
      await recordRefused(deps, actor, contract, before.reason)
      if (before.reason === 'case.notFound') await reply.refuse(before)
      else await openedOtherwisePage(request, reply, contractCaseHref(textIn(values, 'caseId')))
      return undefined
    }
    if (before.value) {
      await reply.redirect(contractCaseHref(before.value.caseId), 303)
      return undefined
    }
    const hindrance = hindranceOf(contract)
    if (hindrance) {
      await refused(request, reply, contract, hindrance)
      return undefined
    }
    if (textIn(values, 'basis') !== basisOf(contract)) {
      await refused(request, reply, contract, 'contract.changedMeanwhile')
      return undefined
    }
    if (leaves) return again(values)
    const more = form.grows?.(request.body, values)
    if (more) return again(more)
    if (namesStranger(request.body, fields, accountBeginnings)) return forged()
    const { mistakes, wanted } = await form.read(request, contract, values)
    if (mistakes.some(({ reason }) => reason === 'company.account.notFound')) return forged()
    const { mistakes: ofPaper, paper } = readContractPaper(values, asksPaper, deps.clock.now())
    if (wanted && paper) return { contract, values, wanted, paper }
    return again(values, inOrder([...mistakes, ...ofPaper], fields))
  }

  app.get<Params>(address, { config: { policy, screen: form.screens.form } }, async (request, reply) => {
    const contract = await contractOf(request, reply)
    if (!contract) return reply
    const hindrance = hindranceOf(contract)
    if (hindrance) return refused(request, reply, contract, hindrance)
    if (asksPaper && contract.waiting.some(({ kind }) => kind === 'company_contract'))
      return refused(request, reply, contract, 'contract.pending')
    return formPage(request, reply, contract, {
      ...form.values(contract),
      caseId: deps.ids.next(),
      basis: basisOf(contract),
    })
  })

  // Shows what was typed and changes nothing; a reload or another language begins again.
  app.get<Params>(
    `${address}/confirmation`,
    { config: { policy, screen: form.screens.confirm } },
    (request, reply) =>
      reply.redirect(`${companyHref(encodeURIComponent(request.params.id))}/${form.noun}`, 303),
  )
  app.post<Params>(
    `${address}/confirmation`,
    { config: { policy, screen: form.screens.confirm } },
    async (request, reply) => {
      const read = await readForm(request, reply)
      if (!read) return reply
      const { contract, values, wanted, paper } = read
      const { t } = request
      const reader = readerOf(request)
      const impact =
        wanted.change === 'reduction'
          ? await impactOf(deps.db, staffActor(request), contract.id, wanted)
          : undefined
      return reply.page('contracts/change-confirm', {
        screen: form.screens.confirm,
        title: t(`contracts.${form.words}.confirm`),
        company: [
          { label: t('company.fields.name'), value: contract.name },
          { label: t('company.fields.contractNumber'), value: contract.contractNumber },
        ],
        check: t(`contracts.${form.words}.check`),
        sections: changeSections(reader, wanted),
        follows: followsOf(reader, wanted, impact),
        paperTitle: t(`contracts.sections.${asksPaper ? 'paper' : 'reason'}`),
        paper: paperRows(reader, paper),
        warning: t(asksPaper ? 'contracts.secondOfficer' : 'cases.form.atOnce'),
        carryOut: t(asksPaper ? 'cases.propose' : 'contracts.reduction.carryOut'),
        nobodyApproves: asksPaper && (await nobodyApproves(deps, staffActor(request).id)),
        hidden: hiddenOf(values),
        action: hrefOf(contract),
      })
    },
  )

  app.post<Params>(address, { config: { policy, screen: form.screens.form } }, async (request, reply) => {
    const read = await readForm(request, reply)
    if (!read) return reply
    const { contract, values, wanted, paper } = read
    const caseId = textIn(values, 'caseId')
    const done = await changeContract(deps, staffActor(request), contract.id, {
      caseId,
      wanted: { ...wanted, basis: textIn(values, 'basis') },
      paper,
      sent: askedBy(request, contract, caseId).sent,
    })
    if (done.ok) return reply.redirect(contractCaseHref(caseId), 303)
    if (done.reason === 'contract.account.taken')
      return formPage(request, reply, contract, values, [
        {
          field: rowOfTaken(values, done.params),
          reason: done.reason,
          ...(done.params && { params: done.params }),
        },
      ])
    if (done.reason === 'case.openedOtherwise')
      return openedOtherwisePage(request, reply, contractCaseHref(caseId))
    return done.reason === 'case.notFound' || done.reason === 'access.forbidden'
      ? reply.refuse(done)
      : refused(request, reply, contract, done.reason)
  })
}
