import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Deps } from '../../deps.ts'
import { liveOf, staffActor, staffDuring } from '../../platform/http/policy.ts'
import { tooLongFields, typedText } from '../../platform/http/typed-text.ts'
import type { FieldError } from '../../platform/http/view.ts'
import { staffPolicy } from '../../policy/policy.ts'
import { keepToken } from '../login/index.ts'
import { passwordRuleWords } from '../passwords/index.ts'
import { changeStaffPassword } from './password.ts'
import { landingOf } from './routes.visit.ts'

const address = '/helpdesk/password'
const config = { policy: staffDuring('password_change', 'open'), screen: 'HD0009' }
const form = z.object({ current: typedText, next: typedText, nextAgain: typedText })

/** An officer's own change of their password, and the one that a password made for them asks for (B-08, H-01). */
export const staffPasswordRoutes = (app: FastifyInstance, deps: Deps): void => {
  const page = (request: FastifyRequest, reply: FastifyReply, errors: FieldError[] = []) =>
    reply.page(
      'passwords/change',
      {
        screen: 'HD0009',
        title: request.t('passwords.login.change.title'),
        which: 'login',
        action: address,
        backHref: landingOf('open'),
        forced: liveOf(request).stage !== 'open',
        loginId: staffActor(request).loginId,
        rules: passwordRuleWords(request.t, staffPolicy),
        errors,
      },
      errors.length > 0 ? 422 : 200,
    )

  app.get(address, { config }, (request, reply) => page(request, reply))

  app.post(address, { config }, async (request, reply) => {
    const { t } = request
    const { current, next, nextAgain } = form.parse(request.body ?? {})
    const errors = tooLongFields(request, { current, next })
    if (current === '') errors.push({ field: 'current', message: t('passwords.errors.currentMissing') })
    if (next === '') errors.push({ field: 'next', message: t('passwords.errors.nextMissing') })
    else if (next !== nextAgain)
      errors.push({ field: 'nextAgain', message: t('passwords.errors.notTheSame') })
    if (errors.length > 0) return page(request, reply, errors)
    const done = await changeStaffPassword(deps, staffActor(request), liveOf(request), { current, next })
    if (done.ok) {
      keepToken(request, done.value.token)
      return reply.redirect(landingOf('open'), 303)
    }
    if (done.reason.startsWith('session.')) return reply.refuse(done)
    const field = done.reason.startsWith('password.current') ? 'current' : 'next'
    return page(request, reply, [{ field, message: t(`reasons.${done.reason}`, done.params) }])
  })
}
