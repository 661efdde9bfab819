import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../../deps.ts'
import { isId } from '../../kernel/ids.ts'
import { type Refusal, refuse } from '../../kernel/result.ts'
import { contentOf } from '../../platform/http/form-content.ts'
import { errorsOf, type Mistake } from '../../platform/http/mistake.ts'
import { staff, staffActor } from '../../platform/http/policy.ts'
import type { FieldError } from '../../platform/http/view.ts'
import { readerOf } from '../../platform/reader.ts'
import { listEntrances } from '../entrances/index.ts'
import {
  casePageRoutes,
  changeRows,
  decisionOf,
  nobodyApproves,
  openedOtherwisePage,
} from '../two-officers/index.ts'
import { changePolicy, policyHandling } from './commands.ts'
import { type PolicyValues, policyValues, readOverrides, readReason, valuesOf } from './forms.ts'
import { needsSecondOfficer, type PolicyChoice } from './proposal.ts'
import { type CompanyRecord, dryRun, findCompanyPolicy, findPolicyCase, sessionsEndedBy } from './queries.ts'
import { dryRunView, formView, whichCompany } from './views.ts'

type Params = { Params: { id: string } }
type CaseParams = { Params: { id: string; caseId: string } }

const hrefOf = (companyId: string): string => `/helpdesk/companies/${companyId}`

/** A company's security policy at the helpdesk: what is in force, the dry run of a change, and its two officers. */
export const policyRoutes = (app: FastifyInstance, deps: Deps): void => {
  app.get<Params>(
    '/helpdesk/companies/:id/policy',
    { config: { policy: staff('policy:change'), screen: 'HD0051' } },
    async (request, reply) => {
      const company = await companyOf(deps, request, reply)
      if (!company) return reply
      if (company.over) return refusedPage(request, reply, company.id, refuse('contract.ended'))
      if (company.pending) return refusedPage(request, reply, company.id, refuse('policy.pending'))
      return formPage(deps, request, reply, company, {
        ...policyValues({}),
        ...valuesOf(company.current.overrides),
        caseId: deps.ids.next(),
        baseVersion: String(company.version),
        entrance: company.current.entrance,
      })
    },
  )

  // Shows what a change would mean and changes nothing; a reload or another language begins again.
  app.get<Params>(
    '/helpdesk/companies/:id/policy/confirmation',
    { config: { policy: staff('policy:change'), screen: 'HD0052' } },
    async (request, reply) => reply.redirect(`${hrefOf(encodeURIComponent(request.params.id))}/policy`, 303),
  )
  app.post<Params>(
    '/helpdesk/companies/:id/policy/confirmation',
    { config: { policy: staff('policy:change'), screen: 'HD0052' } },
    async (request, reply) => {
      const read = await readForm(deps, request, reply)
      return read ? confirmPage(deps, request, reply, read) : reply
    },
  )

  app.post<Params>(
    '/helpdesk/companies/:id/policy',
    { config: { policy: staff('policy:change'), screen: 'HD0053' } },
    async (request, reply) => {
      const read = await readForm(deps, request, reply)
      if (!read) return reply
      const { company, values, wanted } = read
      const { reason, mistake } = readReason(values)
      if (mistake) return confirmPage(deps, request, reply, read, [mistake])
      const done = await changePolicy(deps, staffActor(request), {
        caseId: values.caseId,
        companyId: company.id,
        baseVersion: Number(values.baseVersion),
        entrance: wanted.entrance,
        overrides: wanted.overrides,
        reason,
        sent: contentOf(request.body),
      })
      const caseHref = `${hrefOf(company.id)}/policy-cases/${values.caseId}`
      if (done.ok) return reply.redirect(caseHref, 303)
      return done.reason === 'case.openedOtherwise'
        ? openedOtherwisePage(request, reply, caseHref)
        : refusedPage(request, reply, company.id, done)
    },
  )

  casePageRoutes(app, deps, {
    address: '/helpdesk/companies/:id/policy-cases/:caseId',
    screen: 'HD0053',
    looks: 'customer:view',
    page: (request, reply, errors) => casePage(deps, request as FastifyRequest<CaseParams>, reply, errors),
    handling: request =>
      policyHandling(deps, staffActor(request), (request.params as CaseParams['Params']).id),
    refusedPage: (request, reply, refusal) =>
      refusedPage(request, reply, (request as FastifyRequest<CaseParams>).params.id, refusal),
  })
}

/** The company of the address; otherwise answers that there is none. */
const companyOf = async (
  deps: Deps,
  request: FastifyRequest<Params>,
  reply: FastifyReply,
): Promise<CompanyRecord | undefined> => {
  const { id } = request.params
  const found = isId(id) ? await findCompanyPolicy(deps, staffActor(request), id) : undefined
  if (!found) await reply.refuse(refuse('customer.notFound'))
  return found
}

type Read = { company: CompanyRecord; values: PolicyValues; wanted: PolicyChoice }

/** The company and the change asked for; otherwise answers with what is wrong, or with the form to go back to. */
const readForm = async (
  deps: Deps,
  request: FastifyRequest<Params>,
  reply: FastifyReply,
): Promise<Read | undefined> => {
  const company = await companyOf(deps, request, reply)
  if (!company) return undefined
  if (company.over) {
    refusedPage(request, reply, company.id, refuse('contract.ended'))
    return undefined
  }
  const values = policyValues(request.body)
  if (!isId(values.caseId) || !/^\d{1,9}$/.test(values.baseVersion)) {
    await reply.refuse(refuse('form.expired'))
    return undefined
  }
  if ((request.body as { back?: unknown }).back !== undefined) {
    await formPage(deps, request, reply, company, values)
    return undefined
  }
  const entrance = (await listEntrances(deps)).find(({ slug }) => slug === values.entrance)
  if (!entrance) {
    await formPage(deps, request, reply, company, values, [{ field: 'entrance', reason: 'policy.entrance' }])
    return undefined
  }
  const { mistakes, overrides } = readOverrides(entrance.preset, values)
  if (mistakes.length === 0)
    return { company, values, wanted: { entrance: entrance.slug, preset: entrance.preset, overrides } }
  await formPage(deps, request, reply, company, values, mistakes)
  return undefined
}

const formPage = async (
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  company: CompanyRecord,
  values: PolicyValues,
  mistakes: Mistake[] = [],
): Promise<FastifyReply> =>
  reply.page(
    'helpdesk/policy-form',
    {
      screen: 'HD0051',
      title: request.t('policies.form.title'),
      ...formView(readerOf(request), company, await listEntrances(deps)),
      action: `${hrefOf(company.id)}/policy/confirmation`,
      companyHref: hrefOf(company.id),
      values,
      errors: errorsOf(request, mistakes),
    },
    mistakes.length > 0 ? 422 : 200,
  )

const confirmPage = async (
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  { company, values, wanted }: Read,
  mistakes: Mistake[] = [],
): Promise<FastifyReply> => {
  const tried = await dryRun(deps, deps.db, company, wanted)
  const { reason, ...hidden } = values
  return reply.page(
    'helpdesk/policy-confirm',
    {
      screen: 'HD0052',
      title: request.t('policies.confirm.title'),
      who: whichCompany(readerOf(request), company),
      ...dryRunView(readerOf(request), company.current, wanted, tried),
      alone: !needsSecondOfficer(tried),
      nobodyApproves: needsSecondOfficer(tried) && (await nobodyApproves(deps, staffActor(request).id)),
      hidden: Object.entries(hidden).map(([name, value]) => ({ name, value })),
      action: `${hrefOf(company.id)}/policy`,
      values: { reason },
      errors: errorsOf(request, mistakes),
    },
    mistakes.length > 0 ? 422 : 200,
  )
}

const casePage = async (
  deps: Deps,
  request: FastifyRequest<CaseParams>,
  reply: FastifyReply,
  errors: FieldError[],
): Promise<FastifyReply> => {
  const actor = staffActor(request)
  const company = await companyOf(deps, request, reply)
  if (!company) return reply
  const found = await findPolicyCase(deps, actor, company.id, request.params.caseId)
  if (!found) return reply.refuse(refuse('case.notFound'))
  const { t } = request
  const reader = readerOf(request)
  const { state } = found
  const decision = await decisionOf(deps, actor, found, `${hrefOf(company.id)}/policy-cases/${found.id}`)
  return reply.page(
    'helpdesk/policy-case',
    {
      screen: 'HD0053',
      title: t(`policies.case.${state}`),
      state,
      ...(state === 'done' && {
        sessionsEnded: await sessionsEndedBy(deps, actor, company.id, found.id),
      }),
      who: [...whichCompany(reader, company), ...changeRows(reader, found)],
      // What it would mean today; once decided, what it meant is in the history.
      ...(decision.waiting &&
        dryRunView(
          reader,
          company.current,
          found.proposal,
          await dryRun(deps, deps.db, company, found.proposal),
        )),
      preset: t(`policies.presets.${found.proposal.preset}`),
      decision,
      errors,
      companyHref: hrefOf(company.id),
    },
    errors.length > 0 ? 422 : 200,
  )
}

/** A change that can't be made now: what stands in the way, and back to the company. */
const refusedPage = (
  request: FastifyRequest,
  reply: FastifyReply,
  companyId: string,
  { reason, params }: Refusal,
): FastifyReply =>
  reply.page(
    'helpdesk/policy-refused',
    {
      screen: 'HD0054',
      title: request.t('policies.refused'),
      message: request.t(`reasons.${reason}`, params),
      companyHref: hrefOf(companyId),
    },
    409,
  )
