import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../../deps.ts'
import { refuse } from '../../kernel/result.ts'
import type { Values } from '../../platform/http/drafts.ts'
import { contentOf } from '../../platform/http/form-content.ts'
import { errorsOf, type Mistake } from '../../platform/http/mistake.ts'
import { staff, staffActor } from '../../platform/http/policy.ts'
import { submissionOf } from '../../platform/http/wizard-form.ts'
import { readerOf } from '../../platform/reader.ts'
import { longestNote } from '../two-officers/index.ts'
import { audiences, longest, readNewService, registrationFields } from './catalogue.ts'
import { permissionBoxes } from './queries.catalogue.ts'
import { caseIdIn, executes, hiddenOf } from './routes.catalogue.ts'
import { answeredBefore, confirmPage, followsOf, openAsked, reasonIn } from './routes.service-form.ts'
import { catalogueHref, newServiceRows, permissionWords } from './views.catalogue.ts'

/** 登録 of a new service: form → confirm → its case. */
export const serviceRegistrationRoutes = (app: FastifyInstance, deps: Deps): void => {
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
    return openAsked(deps, request, reply, { caseId, wanted, reason, sent }, mistake =>
      formPage(request, reply, values, [mistake]),
    )
  })
}
