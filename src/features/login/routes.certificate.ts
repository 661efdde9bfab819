import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Deps } from '../../deps.ts'
import * as audit from '../../platform/audit/audit.ts'
import { originOf } from '../../platform/http/guard.ts'
import { keepLanguage } from '../../platform/http/language.ts'
import { takeLoginTry } from '../../platform/http/login-rate.ts'
import { open } from '../../platform/http/policy.ts'
import { isFirstThisMinute } from '../../platform/http/refusal-rate.ts'
import { returnQuery, wantedReturn } from '../../platform/http/return-path.ts'
import { tooLongFields, typedText } from '../../platform/http/typed-text.ts'
import type { FieldError } from '../../platform/http/view.ts'
import { signedOf } from '../../platform/tls/peer.ts'
import { type LoginWay, policyOf, presetOf } from '../../policy/policy.ts'
import { findCandidate, namesUser, readIdentifier } from '../candidates/index.ts'
import {
  certificateWay,
  findPresented,
  namedTo,
  offersRenewal,
  ownerPresented,
  type PresentedUser,
} from '../certificates/index.ts'
import { certificateLoginKey, entranceOf } from '../entrances/index.ts'
import { releaseOf, releaseWords } from '../passwords/index.ts'
import { termsInForce } from '../terms/index.ts'
import { type LoginRefusal, type LoginTry, logIn } from './commands.ts'
import { LoginFailed } from './events.ts'
import { freshCertificateHost, rememberHost } from './routes.certificate-host.ts'
import { goOn } from './routes.onward.ts'
import { wayOf } from './way.ts'

const loginForm = z.object({
  loginId: typedText,
  password: typedText,
})

const screen = 'LGN002'

/** Login behind a certificate: it names the user, confirms the ID typed beside it, or reaches the site (B-02, B-03). */
export const certificateLoginRoutes = (app: FastifyInstance, deps: Deps): void => {
  // The button leads through the portal, so that the address of the page stays the same and each press gets a host.
  app.get('/login/certificate', { config: { policy: open('portal') } }, (request, reply) => {
    const next = returnQuery(wantedReturn(request.query)).replace('?', '&')
    const page = `${entranceOf(request).path}/login?lang=${request.language}${next}`
    const host = freshCertificateHost(deps)
    rememberHost(reply, new URL(host).hostname)
    return reply.header('cache-control', 'no-store').redirect(host + page, 303)
  })

  app.get('/login', { config: { policy: open('certificate'), screen } }, async (request, reply) => {
    // Cookies belong to one host and this one is new: the language came along in the address.
    keepLanguage(reply, request.language)
    const presented = await presentedUser(deps, request, reply)
    return presented ? loginPage(deps, request, reply, presented, request.query) : reply
  })

  app.post('/login', { config: { policy: open('certificate'), screen } }, async (request, reply) => {
    const presented = await presentedUser(deps, request, reply)
    if (!presented) return reply
    const way = wayOf(policyOf(presented.company), true)
    if (!way) return loginPage(deps, request, reply, presented, request.body)
    const form = loginForm.parse(request.body ?? {})
    const errors = blanks(request, way, form)
    if (errors.length > 0) return loginPage(deps, request, reply, presented, request.body, errors)
    const taken = await takeLoginTry(deps, request)
    if (!taken.ok) return reply.refuse(taken)
    const given = await tryOf(deps, presented, way, form)
    const returnTo = wantedReturn(request.body)
    const done = await logIn(deps, given, {
      host: request.hostname,
      origin: originOf(request),
      ...(returnTo && { returnTo }),
    })
    if (!done.ok) return refused(deps, request, reply, presented, given, done.reason)
    await taken.value.giveBack()
    return goOn(request, reply, done.value, returnTo)
  })
}

/** The user whom the certificate names; otherwise answers with which certificate is wrong and what to do next (B-02). */
export const presentedUser = async (
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<PresentedUser | undefined> => {
  const presented = await findPresented(deps, request.peer)
  if (presented.ok && presented.value.kind === 'user') return presented.value
  const problem = presented.ok ? 'staff' : presented.reason.slice('certificate.'.length)
  if (problem !== 'none') await recordWrongCertificate(deps, request, `certificate.${problem}`)
  await reply.page(
    'login/certificate-problem',
    {
      screen: 'LGN003',
      title: request.t(`login.problem.${problem}.title`),
      problem,
      next: nextAfter(request, problem),
      portal: deps.settings.portalOrigin,
    },
    403,
  )
  return undefined
}

/** What to do about a certificate that does not work; where another is needed, by the way that the entrance offers (B-02). */
const nextAfter = (request: FastifyRequest, problem: string): string => {
  const { preset } = entranceOf(request)
  return request.t(
    ['none', 'expired', 'void'].includes(problem)
      ? `login.problem.${problem}.by.${certificateWay(presetOf(preset))}`
      : `login.problem.${problem}.next`,
    { login: request.t(certificateLoginKey(preset)) },
  )
}

/**
 * A wrong certificate at this door (F-02), in the history of the company whose user it names, else in the bank's own; no
 * certificate at all is somebody who has not chosen yet. Whoever shows it has proved no more than that they hold it.
 */
const recordWrongCertificate = async (deps: Deps, request: FastifyRequest, reason: string): Promise<void> => {
  const { peer } = request
  const shown = signedOf(peer)?.fingerprint ?? 'unknown'
  const origin = originOf(request)
  if (!(await isFirstThisMinute(deps, origin, `${reason} ${shown}`))) return
  const owner = await ownerPresented(deps, peer)
  await audit.recordAlone(deps, LoginFailed, {
    actor: { kind: 'stranger', origin },
    companyId: owner?.companyId ?? null,
    ...(owner && { subject: { kind: 'user', id: owner.id, label: owner.loginId } }),
    details: {},
    outcome: 'refused',
    reason,
  })
}

/** Whom the certificate and the typed ID name together, by the way in that the company's policy has. */
const tryOf = async (
  deps: Deps,
  presented: PresentedUser,
  way: LoginWay,
  form: z.output<typeof loginForm>,
): Promise<LoginTry> => {
  const policy = policyOf(presented.company)
  const loginId = readIdentifier(form.loginId)
  const base = { certificate: presented, password: form.password, otherwise: policy }
  if (way.certificate !== 'reaches-site')
    return {
      ...base,
      candidate: presented,
      own: true,
      named: way.asks === 'nothing' || namesUser(policy, loginId, presented.user),
    }
  const candidate = await findCandidate(deps, loginId, { companyId: presented.company.id })
  return {
    ...base,
    candidate,
    own: candidate?.user.id === presented.user.id,
    named: candidate !== undefined && namesUser(policy, loginId, candidate.user),
  }
}

const blanks = (
  request: FastifyRequest,
  way: LoginWay,
  { loginId, password }: z.output<typeof loginForm>,
): FieldError[] => {
  const errors = tooLongFields(request, { password, ...(way.asks !== 'nothing' && { loginId }) })
  if (way.asks !== 'nothing' && readIdentifier(loginId) === '')
    errors.push({ field: 'loginId', message: request.t('reasons.login.idMissing') })
  if (password === '') errors.push({ field: 'password', message: request.t('reasons.login.passwordMissing') })
  return errors
}

/** What the holder of a certificate is told (B-05): everything where it is their own, else that something was wrong. */
const refused = async (
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  presented: PresentedUser,
  { own, named }: LoginTry,
  reason: LoginRefusal,
): Promise<FastifyReply> => {
  const { t } = request
  const told = own && named ? pagesOfRefusals[reason] : undefined
  if (told)
    return reply.page(
      'login/refused',
      {
        screen: 'LGN004',
        title: t(`login.refused.${told}.title`),
        ...(await wordsOf(deps, request, presented, told, reason)),
      },
      403,
    )
  const way = wayOf(policyOf(presented.company), true)
  const message =
    reason === 'login.policyChanged'
      ? t('reasons.login.policyChanged')
      : way?.asks !== 'nothing'
        ? t('reasons.login.wrongWithId')
        : t(
            reason === 'login.waiting' || reason === 'login.busy'
              ? `reasons.${reason}`
              : 'reasons.login.wrong',
          )
  return loginPage(deps, request, reply, presented, request.body, [{ field: 'password', message }])
}

type ToldRefusal = 'locked' | 'blocked' | 'suspended' | 'over'

/**
 * What stands in the way: how a lock or block ends is the policy's to say, as the mail about it did (B-06), and whoever was
 * locked by the bank is not told of wrong passwords (H-03).
 */
const wordsOf = async (
  deps: Deps,
  request: FastifyRequest,
  { user, company }: PresentedUser,
  told: ToldRefusal,
  reason: LoginRefusal,
): Promise<{ message: string; next: string }> => {
  const { t } = request
  const message = t(`reasons.${reason}`)
  if (told !== 'locked' && told !== 'blocked') return { message, next: t(`login.refused.${told}.next`) }
  const holder = { companyId: user.companyId, userId: user.id }
  const release = await releaseOf(deps, policyOf(company), holder, 'login_password')
  if (told === 'blocked') return { message, next: t(`login.refused.blocked.by.${release.by}`) }
  return {
    message: release.lockedByBank ? t('login.refused.locked.byBank') : message,
    next: releaseWords(request, release),
  }
}

const pagesOfRefusals: Partial<Record<LoginRefusal, ToldRefusal>> = {
  'login.locked': 'locked',
  'login.blocked': 'blocked',
  'login.suspended': 'suspended',
  'login.over': 'over',
}

const loginPage = async (
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  presented: PresentedUser,
  source: unknown,
  errors: FieldError[] = [],
): Promise<FastifyReply> => {
  const way = wayOf(policyOf(presented.company), true)
  const next = wantedReturn(source)
  // The company has since chosen to log in without certificates.
  if (!way)
    return reply.page(
      'login/certificate-problem',
      {
        screen: 'LGN003',
        title: request.t('login.problem.unused.title'),
        problem: 'unused',
        next: request.t('login.problem.unused.next'),
        portal: deps.settings.portalOrigin,
      },
      403,
    )
  const { notAfter } = presented
  const { loginId } = loginForm.parse(source ?? {})
  return reply.page(
    'login/certificate',
    {
      screen,
      title: request.t('login.certificate.title'),
      asksId: way.asks !== 'nothing',
      named: namedTo(presented),
      idLabel: request.t(`login.id.${way.certificate === 'reaches-site' ? 'userCode' : 'loginId'}`),
      notAfter,
      next,
      portal: deps.settings.portalOrigin,
      terms: (await termsInForce(deps, deps.db, entranceOf(request).id)) !== null,
      renewalHref: offersRenewal(deps, presented) ? `${entranceOf(request).path}/renewal` : undefined,
      values: { loginId },
      errors,
    },
    errors.length > 0 ? 422 : 200,
  )
}
