import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Deps } from '../../deps.ts'
import type { Refusal } from '../../kernel/result.ts'
import { formatsOf } from '../../platform/formats.ts'
import { companyOf } from '../../platform/http/live-session.ts'
import { liveOf, type Stage, userActor, userDuring } from '../../platform/http/policy.ts'
import { tooLongFields, typedText } from '../../platform/http/typed-text.ts'
import type { FieldError } from '../../platform/http/view.ts'
import type { Language, Translate } from '../../platform/i18n.ts'
import { policyOf, type SecurityPolicy } from '../../policy/policy.ts'
import { confirmationPasswordHelper, passwordHelper } from '../../policy/who-helps.ts'
import { browserTokens } from '../browsers/index.ts'
import {
  asksLoginPassword,
  changePassword,
  kindOf,
  passConfirmationPassword,
  setConfirmationPassword,
  type Which,
} from './commands.ts'
import { type Release, releaseOf } from './lock-out.ts'
import { lockedUser } from './locked.ts'

const changeForm = z.object({ current: typedText, next: typedText, nextAgain: typedText })

/** What the routes need of the login, handed in because the login stands on this feature. */
export type PasswordRouteOptions = {
  keepToken: (request: FastifyRequest, token: string) => void
  landing: (stage: Stage, returnTo?: string) => string
}

/** Forced and manual change of the login password, and the confirmation password (B-08, B-09, B-21). */
export const passwordRoutes = (app: FastifyInstance, deps: Deps, options: PasswordRouteOptions): void => {
  const loginPolicy = { policy: userDuring('password_change', 'open'), screen: 'PWD001' }
  const confirmationPolicy = { policy: userDuring('confirmation_password', 'open'), screen: 'PWD002' }

  const page = async (
    request: FastifyRequest,
    reply: FastifyReply,
    which: Which,
    errors: FieldError[] = [],
  ): Promise<FastifyReply> => {
    const live = liveOf(request)
    const policy = policyOf(live.company ?? { preset: '', overrides: {} })
    const first =
      which === 'confirmation' &&
      (await deps.db.credential.count({
        where: { userId: live.actor.id, kind: 'confirmation_password' },
      })) === 0
    const { t } = request
    const forced = live.stage !== 'open'
    return reply.page(
      'passwords/change',
      {
        screen: which === 'login' ? 'PWD001' : 'PWD002',
        title: t(`passwords.${which}.${first ? 'first' : 'change'}.title`),
        which,
        first,
        asksLogin: first && asksLoginPassword(live),
        forced,
        loginId: live.actor.loginId,
        rules: passwordRuleWords(t, policy),
        portal: deps.settings.portalOrigin,
        errors,
      },
      errors.length > 0 ? 422 : 200,
    )
  }

  const submit = async (
    request: FastifyRequest,
    reply: FastifyReply,
    which: Which,
  ): Promise<FastifyReply> => {
    const live = liveOf(request)
    const actor = userActor(request)
    const form = changeForm.parse(request.body ?? {})
    const first =
      which === 'confirmation' &&
      (await deps.db.credential.count({ where: { userId: actor.id, kind: 'confirmation_password' } })) === 0
    const asked = !first ? 'current' : asksLoginPassword(live) ? 'login' : 'nothing'
    const errors = blanks(request, form, asked)
    if (errors.length > 0) return page(request, reply, which, errors)
    const done = first
      ? await setConfirmationPassword(deps, actor, live, { loginPassword: form.current, next: form.next })
      : await changePassword(deps, actor, live, which, { ...form, browser: browserTokens(request) })
    if (!done.ok) {
      if (done.reason.startsWith('session.')) return reply.refuse(done)
      return page(request, reply, which, [
        await fieldError(deps, request, asked === 'login' ? 'login' : which, done),
      ])
    }
    options.keepToken(request, done.value.token)
    if (live.stage !== 'open' && (done.value.stage !== 'open' || live.returnTo))
      return reply.redirect(options.landing(done.value.stage, live.returnTo), 303)
    return reply.redirect(`/home?done=${which}-password`, 303)
  }

  app.get('/password', { config: loginPolicy }, (request, reply) => page(request, reply, 'login'))
  app.post('/password', { config: loginPolicy }, (request, reply) => submit(request, reply, 'login'))
  // Where the policy has none, there is none to set or change.
  const hasConfirmationPassword = (request: FastifyRequest) =>
    policyOf(companyOf(liveOf(request))).confirmation === 'password'
  /** A login that stood here when its company gave confirmation passwords up goes on: every other page leads back here. */
  const withoutOne = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const live = liveOf(request)
    if (live.stage === 'open') return reply.refuse({ ok: false, reason: 'password.confirmationNotUsed' })
    const passed = await passConfirmationPassword(deps, userActor(request), live)
    if (!passed.ok) return reply.refuse(passed)
    options.keepToken(request, passed.value.token)
    return reply.redirect(options.landing(passed.value.stage, live.returnTo), 303)
  }
  app.get('/confirmation-password', { config: confirmationPolicy }, (request, reply) =>
    hasConfirmationPassword(request) ? page(request, reply, 'confirmation') : withoutOne(request, reply),
  )
  app.post('/confirmation-password', { config: confirmationPolicy }, (request, reply) =>
    hasConfirmationPassword(request) ? submit(request, reply, 'confirmation') : withoutOne(request, reply),
  )
}

/**
 * The rule of new passwords, a sentence each.
 * @param rule.confirmation whether the company has confirmation passwords: elsewhere there is nothing to differ from
 */
export const passwordRuleWords = (
  t: Translate,
  { loginPassword: rule, confirmation }: Pick<SecurityPolicy, 'loginPassword'> & { confirmation?: string },
): string[] => [
  t(`passwords.rules.${rule.alphabet}`, { minimum: rule.minimum, maximum: rule.maximum }),
  ...(rule.minimumWithSecondFactor === null
    ? []
    : [t('passwords.rules.withFactor', { minimum: rule.minimumWithSecondFactor })]),
  ...rule.contains.map(kind => t(`passwords.rules.contains.${kind}`)),
  ...rule.differsFrom.map(what => t(`passwords.rules.differs.${what}`)),
  ...(rule.blocklist ? [t('passwords.rules.blocklist')] : []),
  t('passwords.rules.remembered', { count: rule.remembered + 1 }),
  ...(confirmation === 'password' ? [t('passwords.rules.other')] : []),
  ...(rule.days === null ? [] : [t('passwords.rules.days', { days: rule.days })]),
]

const blanks = (
  request: FastifyRequest,
  form: z.output<typeof changeForm>,
  asked: 'current' | 'login' | 'nothing',
): FieldError[] => {
  const { t } = request
  const errors = tooLongFields(request, { current: form.current, next: form.next })
  if (asked !== 'nothing' && form.current === '')
    errors.push({ field: 'current', message: t(`passwords.errors.${asked}Missing`) })
  if (form.next === '') errors.push({ field: 'next', message: t('passwords.errors.nextMissing') })
  else if (form.next !== form.nextAgain)
    errors.push({ field: 'nextAgain', message: t('passwords.errors.notTheSame') })
  return errors
}

const fieldError = async (
  deps: Deps,
  request: FastifyRequest,
  which: Which,
  refusal: Refusal,
): Promise<FieldError> => ({
  field: /^password\.(current|login)/.test(refusal.reason) ? 'current' : 'next',
  message: await wordsOf(deps, request, which, refusal),
})

const wordsOf = async (deps: Deps, request: FastifyRequest, which: Which, refusal: Refusal) => {
  if (refusal.reason === 'password.currentLocked') return lockedWords(deps, request, which)
  if (refusal.reason === 'password.currentOver') return overWords(deps, request, which)
  return request.t(`reasons.${refusal.reason}`, refusal.params)
}

/** That a temporary password ran out, and who gives another one (H-05): it is not wrong, and no other try helps. */
const overWords = async (deps: Deps, request: FastifyRequest, which: Which): Promise<string> => {
  const { actor, company } = liveOf(request)
  if (!company) throw new Error(`${request.routeOptions.url} is reached without a company`)
  const policy = policyOf(company)
  const user = await lockedUser(deps, deps.db, policy, { companyId: company.id, userId: actor.id })
  const helper = which === 'login' ? passwordHelper(policy, user) : confirmationPasswordHelper(policy, user)
  return request.t('passwords.errors.currentOver', { helper: request.t(`passwords.helper.${helper}`) })
}

const lockedWords = async (deps: Deps, request: FastifyRequest, which: Which): Promise<string> => {
  const { actor, company } = liveOf(request)
  if (!company) throw new Error(`${request.routeOptions.url} is reached without a company`)
  const holder = { companyId: company.id, userId: actor.id }
  const release = await releaseOf(deps, policyOf(company), holder, kindOf[which])
  return request.t('passwords.errors.currentLocked', { release: releaseWords(request, release) })
}

/** How a lock ends and whom its owner asks, in the reader's language (B-06). */
export const releaseWords = (
  { t, language }: { t: Translate; language: Language },
  { by, until }: Release,
): string =>
  until
    ? t(`passwords.release.until.${by}`, { until: formatsOf(language).dateTime(until) })
    : t(`passwords.release.${by}`)
