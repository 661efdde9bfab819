import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../../deps.ts'
import { formatsOf } from '../../platform/formats.ts'
import { staff, staffActor } from '../../platform/http/policy.ts'
import type { FieldError } from '../../platform/http/view.ts'
import { mistakeWords } from '../../platform/i18n.ts'
import { can } from '../../policy/can.ts'
import { officerProofField, proveOfficer } from '../officer-proof/index.ts'
import { changeHours } from './commands.ts'
import { type HoursValues, hoursForm, readHoursForm, valuesOf } from './forms.ts'
import { readHours } from './queries.ts'
import { dayOfYear, hoursSentence } from './words.ts'

const address = '/helpdesk/hours'

/** Closed days as people read them, for officers who may not change them. */
type Closed = { yearlyClosed: string[]; closedDays: string[] }

/** ヘルプデスクの受付時間: what customers are told, and when nobody answers (H-07). */
export const helpdeskHoursRoutes = (app: FastifyInstance, deps: Deps): void => {
  const config = { policy: staff('helpdesk-hours:change'), screen: 'HD0150' }
  const viewConfig = { policy: staff('posting:view'), screen: 'HD0150' }

  const page = (
    request: FastifyRequest,
    reply: FastifyReply,
    values: HoursValues,
    options: { errors?: FieldError[]; notice?: string; sentence?: string; closed?: Closed } = {},
  ) => {
    const { errors = [], notice, sentence, closed } = options
    return reply.page(
      'helpdesk/hours',
      {
        screen: 'HD0150',
        title: request.t('helpdesk-hours.title'),
        action: address,
        changes: can(staffActor(request), 'helpdesk-hours:change'),
        values,
        errors,
        ...(sentence && { sentence }),
        ...(closed && { closed }),
        ...(notice && { notice }),
      },
      errors.length > 0 ? 422 : 200,
    )
  }

  app.get(address, { config: viewConfig }, async (request, reply) => {
    const hours = await readHours(deps.db)
    const { done } = request.query as { done?: unknown }
    return page(request, reply, valuesOf(hours), {
      sentence: hoursSentence(request, hours),
      closed: {
        yearlyClosed: hours.yearlyClosed.map(day => dayOfYear(request, day)),
        closedDays: hours.closedDays.map(day => formatsOf(request.language).date(day)),
      },
      ...(done === '1' && { notice: request.t('helpdesk-hours.done') }),
    })
  })

  app.post(address, { config }, async (request, reply) => {
    const values = hoursForm.parse(request.body ?? {})
    const { hours, problems } = readHoursForm(values)
    if (!hours)
      return page(request, reply, values, {
        errors: problems.map(({ field, ...problem }) => ({
          field,
          message: mistakeWords(request.t, problem),
        })),
      })
    const actor = staffActor(request)
    const proof = await proveOfficer(deps, actor, request.body)
    if (!proof.ok) {
      const field = officerProofField(proof.reason)
      return field
        ? page(request, reply, values, {
            errors: [{ field, message: request.t(`reasons.${proof.reason}`) }],
          })
        : reply.refuse(proof)
    }
    const done = await changeHours(deps, actor, proof.value, hours)
    if (done.ok) return reply.redirect(`${address}?done=1`, 303)
    return done.reason === 'access.forbidden'
      ? reply.refuse(done)
      : page(request, reply, values, { errors: [{ field: '', message: mistakeWords(request.t, done) }] })
  })
}
