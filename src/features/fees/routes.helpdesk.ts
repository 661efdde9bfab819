import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../../deps.ts'
import { businessDayOf, plusDays } from '../../kernel/business-day.ts'
import { isId } from '../../kernel/ids.ts'
import { type Refusal, refuse } from '../../kernel/result.ts'
import { markChanges } from '../../platform/http/change-review.ts'
import type { Values } from '../../platform/http/drafts.ts'
import { contentOf } from '../../platform/http/form-content.ts'
import { errorsOf } from '../../platform/http/mistake.ts'
import { staff, staffActor } from '../../platform/http/policy.ts'
import type { FieldError } from '../../platform/http/view.ts'
import { submissionOf } from '../../platform/http/wizard-form.ts'
import { type Reader, readerOf } from '../../platform/reader.ts'
import { can } from '../../policy/can.ts'
import {
  type CaseParams,
  casePageRoutes,
  changeRows,
  decisionOf,
  nobodyApproves,
  openedBefore,
  openedOtherwisePage,
} from '../two-officers/index.ts'
import {
  lastStandardVersion,
  proposeStandardFees,
  standardFeesHandling,
  standardKind,
} from './commands.standard.ts'
import { type FeeService, feeServices } from './fee.ts'
import { type FeeProblem, formFields, rowValues } from './forms.ts'
import { countFollowers, findStandardCase, waitingProposals } from './queries.standard.ts'
import { standardFees } from './queries.ts'
import { readProposal, type StandardProposal } from './standard.ts'
import { feeWords, rangesTable, scheduleLines } from './views.ts'

const base = '/helpdesk/standard-fees'
const fields = [...formFields, 'effectiveOn', 'reason', 'caseId', 'baseVersion']

type Params = { Params: { service: string } }

const serviceIn = (request: FastifyRequest): FeeService | undefined =>
  feeServices.find(service => service === (request.params as Params['Params']).service)

/** The bank's standard fees: what holds and will hold, and their change as a case of two officers (H-06). */
export const standardFeesRoutes = (app: FastifyInstance, deps: Deps): void => {
  app.get(base, { config: { policy: staff('customer:view'), screen: 'HD0130' } }, async (request, reply) => {
    const reader = readerOf(request)
    const { t, formats } = reader
    const actor = staffActor(request)
    const waiting = await waitingProposals(deps, actor)
    const services = await Promise.all(
      feeServices.map(async service => {
        const { standard, upcoming } = await standardFees(deps, deps.db, service)
        const parts = [...(standard ? [standard] : []), ...upcoming]
        const caseId = waiting.get(service)
        return {
          title: t(`users.services.${service}`),
          none: parts.length === 0,
          parts: parts.map(({ effectiveOn, schedule }) => ({
            title: t('fees.standard.from', { day: formats.date(effectiveOn) }),
            rows: scheduleLines(reader, schedule),
          })),
          ...(caseId
            ? { caseHref: `${base}/cases/${caseId}` }
            : can(actor, 'case:open') && { changeHref: `${base}/${service}` }),
        }
      }),
    )
    return reply.page('fees/standard', { screen: 'HD0130', title: t('fees.bank.title'), services })
  })

  const formConfig = { policy: staff('case:open'), screen: 'HD0131' }

  const formPage = (
    request: FastifyRequest,
    reply: FastifyReply,
    service: FeeService,
    values: Values,
    problems: readonly FeeProblem[] = [],
  ) => {
    const { t } = request
    return reply.page(
      'fees/standard-form',
      {
        screen: 'HD0131',
        title: t('fees.bank.change', { service: t(`users.services.${service}`) }),
        action: `${base}/${service}`,
        values,
        errors: errorsOf(request, problems),
        ranges: rangesTable(readerOf(request), 'transferRange'),
      },
      problems.length > 0 ? 422 : 200,
    )
  }

  app.get<Params>(`${base}/:service`, { config: formConfig }, async (request, reply) => {
    const service = serviceIn(request)
    if (!service) return reply.callNotFound()
    const { standard, upcoming } = await standardFees(deps, deps.db, service)
    const last = upcoming.at(-1) ?? standard
    return formPage(request, reply, service, {
      ...rowValues(last?.schedule ?? null),
      effectiveOn: plusDays(businessDayOf(deps.clock.now()), 1),
      caseId: deps.ids.next(),
      baseVersion: String(await lastStandardVersion(deps.db, service)),
    })
  })

  app.post<Params>(`${base}/:service`, { config: formConfig }, async (request, reply) => {
    const service = serviceIn(request)
    if (!service) return reply.callNotFound()
    const reader = readerOf(request)
    const { values, leaves } = submissionOf(request.body, fields, [])
    const caseId = String(values.caseId ?? '')
    const baseVersion = String(values.baseVersion ?? '')
    if (!isId(caseId) || !/^\d{1,9}$/.test(baseVersion)) return reply.refuse(refuse('form.expired'))
    if (leaves) return formPage(request, reply, service, values)
    const actor = staffActor(request)
    const sent = contentOf(request.body, { service })
    const caseHref = `${base}/cases/${caseId}`
    // Sent again: by now its day may be over, or the standard be what it asked for.
    const before = await openedBefore(deps, actor, { caseId, kind: standardKind, sent, about: {} })
    if (before.ok && before.value) return reply.redirect(caseHref, 303)
    const today = businessDayOf(deps.clock.now())
    const { proposal, reason, problems } = readProposal(service, values, today, feeWords(reader))
    if (!proposal) return formPage(request, reply, service, values, problems)
    if ((request.body as { step?: unknown }).step !== 'execute')
      return reply.page('fees/standard-confirm', {
        screen: 'HD0132',
        title: request.t('fees.bank.confirm'),
        ...(await proposalView(reader, proposal)),
        followers: await countFollowers(deps.db, service),
        nobodyApproves: await nobodyApproves(deps, actor.id),
        hidden: Object.entries(values).map(([name, value]) => ({ name, value: String(value) })),
        action: `${base}/${service}`,
      })
    const done = await proposeStandardFees(deps, actor, {
      caseId,
      proposal,
      reason,
      baseVersion: Number(baseVersion),
      sent,
    })
    if (done.ok) return reply.redirect(caseHref, 303)
    return done.reason === 'case.openedOtherwise'
      ? openedOtherwisePage(request, reply, caseHref)
      : formPage(request, reply, service, values, [{ field: '', reason: done.reason }])
  })

  /** A proposal beside what holds on its day without it. */
  const proposalView = async (reader: Reader, { service, effectiveOn, schedule }: StandardProposal) => {
    const { standard, upcoming } = await standardFees(deps, deps.db, service)
    const before = [...upcoming].reverse().find(each => each.effectiveOn <= effectiveOn) ?? standard
    return {
      facts: [
        { label: reader.t('fees.bank.service'), value: reader.t(`users.services.${service}`) },
        { label: reader.t('fees.bank.effectiveOn'), value: reader.formats.date(effectiveOn) },
      ],
      rows: before
        ? markChanges(scheduleLines(reader, before.schedule), scheduleLines(reader, schedule))
        : scheduleLines(reader, schedule),
    }
  }

  const casePage = async (request: FastifyRequest<CaseParams>, reply: FastifyReply, errors: FieldError[]) => {
    const actor = staffActor(request)
    const found = await findStandardCase(deps, actor, request.params.caseId)
    if (!found) return reply.refuse(refuse('case.notFound'))
    const reader = readerOf(request)
    const { t } = reader
    const decision = await decisionOf(deps, actor, found, `${base}/cases/${found.id}`)
    const { facts, rows } = await proposalView(reader, found.proposal)
    return reply.page(
      'fees/standard-case',
      {
        screen: 'HD0133',
        title: t('fees.bank.case'),
        state: t(`fees.bank.states.${found.state}`),
        facts: [...facts, ...changeRows(reader, found)],
        rows: decision.waiting ? rows : scheduleLines(reader, found.proposal.schedule),
        ...(decision.waiting && { followers: await countFollowers(deps.db, found.proposal.service) }),
        decision,
        errors,
      },
      errors.length > 0 ? 422 : 200,
    )
  }

  casePageRoutes(app, deps, {
    address: `${base}/cases/:caseId`,
    screen: 'HD0133',
    looks: 'customer:view',
    page: casePage,
    handling: request => standardFeesHandling(deps, staffActor(request)),
    refusedPage: (_request, reply, refusal: Refusal) => reply.refuse(refusal),
  })
}
