import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../../deps.ts'
import { readReason } from '../../kernel/reason.ts'
import { refuse } from '../../kernel/result.ts'
import type { Values } from '../../platform/http/drafts.ts'
import { contentOf } from '../../platform/http/form-content.ts'
import { staff, staffActor } from '../../platform/http/policy.ts'
import type { FieldError } from '../../platform/http/view.ts'
import { submissionOf } from '../../platform/http/wizard-form.ts'
import { type Reader, readerOf } from '../../platform/reader.ts'
import {
  type CaseParams,
  casePageRoutes,
  caseRows,
  decisionOf,
  longestNote,
  nobodyApproves,
  openedBefore,
  openedOtherwisePage,
} from '../two-officers/index.ts'
import {
  audiences,
  hindranceOf,
  longest,
  type Mistake,
  readNewService,
  registrationFields,
  type ServiceAsked,
} from './catalogue.ts'
import { openServiceCase, serviceHandling, serviceKind } from './commands.catalogue.ts'
import { countEntered, findCatalogued, findServiceCase, permissionBoxes } from './queries.catalogue.ts'
import { type CodeParams, caseIdIn, errorsOf, hiddenOf, refusedPage } from './routes.catalogue.ts'
import {
  askedRows,
  catalogueHref,
  newServiceRows,
  permissionWords,
  type Row,
  serviceCaseHref,
  serviceHref,
  serviceRows,
} from './views.catalogue.ts'

/** What a form about a service asks for, and how its confirm page shows it. */
type Asked = { wanted: ServiceAsked; rows: Row[]; follows: string[] }

/** The reason of a case, with what is wrong with it among the mistakes. */
const reasonIn = (values: Values, mistakes: Mistake[]): string => {
  const { text, problem } = readReason(String(values.reason ?? ''), longestNote)
  if (problem)
    mistakes.push({ field: 'reason', reason: `service.reason.${problem}`, params: { longest: longestNote } })
  return text
}

/** Cases about services: registration and resumption by two officers, suspension by one at once (H-04, H-06). */
export const serviceCaseRoutes = (app: FastifyInstance, deps: Deps): void => {
  registrationRoutes(app, deps)
  for (const change of ['suspension', 'resumption'] as const) standingRoutes(app, deps, change)
  serviceCasePageRoutes(app, deps)
}

/** The end of each form: its case, opened once however often the form is sent. */
const open = async (
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  asked: { caseId: string; wanted: ServiceAsked; reason: string; sent: string },
  again: (mistake: Mistake) => Promise<FastifyReply>,
): Promise<FastifyReply> => {
  const done = await openServiceCase(deps, staffActor(request), asked)
  if (done.ok) return reply.redirect(serviceCaseHref(asked.caseId), 303)
  switch (done.reason) {
    case 'case.openedOtherwise':
      return openedOtherwisePage(request, reply, serviceCaseHref(asked.caseId))
    case 'service.codeTaken':
      return again({ field: 'code', reason: done.reason })
    case 'access.forbidden':
    case 'case.notFound':
    case 'service.notFound':
      return reply.refuse(done)
    default:
      return refusedPage(request, reply, done.reason)
  }
}

/** Whether this very form has been sent before; answers it where it has. */
const answeredBefore = async (
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  caseId: string,
  sent: string,
): Promise<boolean> => {
  const asked = { caseId, kind: serviceKind, sent, about: {} }
  const before = await openedBefore(deps, staffActor(request), asked)
  if (!before.ok || !before.value) return false
  await reply.redirect(serviceCaseHref(caseId), 303)
  return true
}

const executes = ({ body }: FastifyRequest): boolean =>
  (body as { step?: unknown } | null)?.step === 'execute'

const registrationRoutes = (app: FastifyInstance, deps: Deps): void => {
  const address = `${catalogueHref}/registration`
  const config = { policy: staff('case:open'), screen: 'HD0181' }

  const formPage = async (
    request: FastifyRequest,
    reply: FastifyReply,
    values: Values,
    mistakes: readonly Mistake[] = [],
  ): Promise<FastifyReply> => {
    const { t } = request
    const reader = readerOf(request)
    const boxes = await permissionBoxes(deps, staffActor(request))
    return reply.page(
      'services/registration-form',
      {
        screen: 'HD0181',
        title: t('services.catalogue.registration.form'),
        action: address,
        longest,
        longestReason: longestNote,
        permissions: [
          { value: '', text: t('services.catalogue.noPermission') },
          ...boxes.map(value => ({ value, text: permissionWords(reader, value) })),
        ],
        audiences: audiences.map(value => ({ value, label: t(`services.catalogue.audiences.${value}`) })),
        values,
        errors: errorsOf(request, mistakes),
      },
      mistakes.length > 0 ? 422 : 200,
    )
  }

  app.get(address, { config }, (request, reply) =>
    formPage(request, reply, { caseId: deps.ids.next(), forWhom: 'everyone' }),
  )

  app.post(address, { config }, async (request, reply) => {
    const { values, leaves } = submissionOf(request.body, registrationFields, [])
    const caseId = caseIdIn(values)
    if (!caseId) return reply.refuse(refuse('form.expired'))
    if (leaves) return formPage(request, reply, values)
    const sent = contentOf(request.body)
    if (await answeredBefore(deps, request, reply, caseId, sent)) return reply
    const { mistakes, service } = readNewService(values, {
      permissions: await permissionBoxes(deps, staffActor(request)),
      production: deps.settings.production,
    })
    const reason = reasonIn(values, mistakes)
    if (!service || mistakes.length > 0) return formPage(request, reply, values, mistakes)
    const wanted = { change: 'registration', portalServiceCode: service.code, newService: service } as const
    const reader = readerOf(request)
    if (!executes(request))
      return confirmPage(deps, request, reply, {
        asked: {
          wanted,
          rows: newServiceRows(reader, service),
          follows: followsOf(reader, wanted),
        },
        screen: 'HD0182',
        reason,
        hidden: hiddenOf(values),
        action: address,
      })
    return open(deps, request, reply, { caseId, wanted, reason, sent }, mistake =>
      formPage(request, reply, values, [mistake]),
    )
  })
}

/** What comes of it, said before it is decided. */
const followsOf = ({ t }: Pick<Reader, 't'>, wanted: ServiceAsked, entered?: number): string[] => {
  if (wanted.change === 'registration')
    return [t(`services.catalogue.follows.${wanted.newService.singleSignOn ? 'signOn' : 'address'}`)]
  return wanted.change === 'resumption'
    ? [t('services.catalogue.follows.resumption')]
    : [
        t('services.catalogue.follows.suspension'),
        t('services.catalogue.follows.entered', { count: entered ?? 0 }),
      ]
}

const confirmPage = async (
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  {
    asked,
    screen,
    reason,
    hidden,
    action,
  }: {
    asked: Asked
    screen: string
    reason: string
    hidden: ReturnType<typeof hiddenOf>
    action: string
  },
): Promise<FastifyReply> => {
  const { t } = request
  const { change } = asked.wanted
  const alone = change === 'suspension'
  return reply.page('services/confirm', {
    screen,
    title: t(`services.catalogue.${change}.confirm`),
    check: t(`services.catalogue.${change}.check`),
    rows: [...asked.rows, { label: t('cases.form.reason'), value: reason.split('\n') }],
    follows: asked.follows,
    warning: t(alone ? 'cases.form.atOnce' : 'contracts.secondOfficer'),
    nobodyApproves: !alone && (await nobodyApproves(deps, staffActor(request).id)),
    carryOut: t(alone ? 'services.catalogue.suspension.carryOut' : 'cases.propose'),
    hidden,
    action,
  })
}

/** 停止 and 再開 of a service that there is. */
const standingRoutes = (app: FastifyInstance, deps: Deps, change: 'suspension' | 'resumption'): void => {
  const address = `${catalogueHref}/:code/${change}`
  const screens =
    change === 'suspension' ? { form: 'HD0186', confirm: 'HD0187' } : { form: 'HD0188', confirm: 'HD0189' }
  const config = { policy: staff('case:open'), screen: screens.form }

  /** The service, and what of it is asked for; answers where there is nothing to ask. */
  const askedOf = async (
    request: FastifyRequest<CodeParams>,
    reply: FastifyReply,
  ): Promise<Asked | undefined> => {
    const actor = staffActor(request)
    const { code } = request.params
    const service = await findCatalogued(deps.db, actor, code)
    const hindrance = hindranceOf(change, service)
    if (!service) {
      await reply.refuse(refuse('service.notFound'))
      return undefined
    }
    if (hindrance) {
      await refusedPage(request, reply, hindrance)
      return undefined
    }
    const reader = readerOf(request)
    const { nameJa, nameEn } = service
    const wanted = { change, portalServiceCode: code, nameJa, nameEn }
    const entered = change === 'suspension' ? await countEntered(deps, actor, code) : undefined
    return { wanted, rows: serviceRows(reader, service), follows: followsOf(reader, wanted, entered) }
  }

  const formPage = (
    request: FastifyRequest<CodeParams>,
    reply: FastifyReply,
    { rows, follows }: Asked,
    values: Values,
    mistakes: readonly Mistake[] = [],
  ): FastifyReply => {
    const { t } = request
    return reply.page(
      'services/standing-form',
      {
        screen: screens.form,
        title: t(`services.catalogue.${change}.form`),
        warning: t(change === 'suspension' ? 'cases.form.atOnce' : 'contracts.secondOfficer'),
        action: serviceHref(request.params.code, change),
        rows,
        follows,
        longestReason: longestNote,
        values,
        errors: errorsOf(request, mistakes),
      },
      mistakes.length > 0 ? 422 : 200,
    )
  }

  app.get<CodeParams>(address, { config }, async (request, reply) => {
    const asked = await askedOf(request, reply)
    return asked ? formPage(request, reply, asked, { caseId: deps.ids.next() }) : reply
  })

  app.post<CodeParams>(address, { config }, async (request, reply) => {
    const { values, leaves } = submissionOf(request.body, ['reason', 'caseId'], [])
    const caseId = caseIdIn(values)
    if (!caseId) return reply.refuse(refuse('form.expired'))
    const { code } = request.params
    const sent = contentOf(request.body, { code, change })
    if (await answeredBefore(deps, request, reply, caseId, sent)) return reply
    const asked = await askedOf(request, reply)
    if (!asked) return reply
    const mistakes: Mistake[] = []
    const reason = reasonIn(values, mistakes)
    if (leaves || mistakes.length > 0) return formPage(request, reply, asked, values, leaves ? [] : mistakes)
    if (!executes(request))
      return confirmPage(deps, request, reply, {
        asked,
        screen: screens.confirm,
        reason,
        hidden: hiddenOf(values),
        action: serviceHref(code, change),
      })
    return open(deps, request, reply, { caseId, wanted: asked.wanted, reason, sent }, async mistake =>
      refusedPage(request, reply, mistake.reason),
    )
  })
}

const serviceCasePageRoutes = (app: FastifyInstance, deps: Deps): void => {
  const casePage = async (
    request: FastifyRequest<CaseParams>,
    reply: FastifyReply,
    errors: FieldError[],
  ): Promise<FastifyReply> => {
    const actor = staffActor(request)
    const found = await findServiceCase(deps, actor, request.params.caseId)
    if (!found) return reply.refuse(refuse('case.notFound'))
    const { t } = request
    const reader = readerOf(request)
    const { change } = found.asked
    const decision = await decisionOf(deps, actor, found, serviceCaseHref(found.id))
    return reply.page(
      'services/case',
      {
        screen: 'HD0183',
        title: t('cases.waiting.title', {
          kind: t(`services.catalogue.changes.${change}`),
          state: t(`two-officers.states.${found.state}`),
        }),
        state: found.state,
        done: {
          text: t(`services.catalogue.${change}.done`),
          details: t(`services.catalogue.${change}.doneNext`),
        },
        asked: askedRows(reader, found.asked),
        follows: decision.waiting ? followsOf(reader, found.asked) : [],
        rows: caseRows(reader, found),
        decision,
        errors,
      },
      errors.length > 0 ? 422 : 200,
    )
  }

  casePageRoutes(app, deps, {
    address: '/helpdesk/service-cases/:caseId',
    screen: 'HD0183',
    looks: 'customer:view',
    page: casePage,
    handling: request => serviceHandling(deps, staffActor(request)),
    refusedPage: (request, reply, { reason, params }) => refusedPage(request, reply, reason, params),
  })
}
