import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Deps } from '../../deps.ts'
import { originOf } from '../../platform/http/guard.ts'
import { takeLoginTry } from '../../platform/http/login-rate.ts'
import { open } from '../../platform/http/policy.ts'
import { wantedReturn } from '../../platform/http/return-path.ts'
import { tooLongFields, typedText } from '../../platform/http/typed-text.ts'
import type { FieldError } from '../../platform/http/view.ts'
import { type LoginWay, policyOf, presetOf } from '../../policy/policy.ts'
import { browserTokens, isKnownBrowser } from '../browsers/index.ts'
import { findCandidate, namesUser, readIdentifier } from '../candidates/index.ts'
import { type Entrance, entranceOf } from '../entrances/index.ts'
import { termsInForce } from '../terms/index.ts'
import { type LoginTry, logIn } from './commands.ts'
import { goOn } from './routes.onward.ts'
import { wayOf } from './way.ts'

const loginForm = z.object({
  contractNumber: typedText,
  loginId: typedText,
  password: typedText,
  /** 「OK」 on a message: it closes, what may be kept is kept (B-04). */
  dismiss: z.string().optional().catch(undefined),
})
type LoginForm = z.output<typeof loginForm>

const screen = 'LGN008'

/** Login without a certificate: login ID and password, with the contract number where the entrance asks for it (B-04). */
export const passwordLoginRoutes = (app: FastifyInstance, deps: Deps): void => {
  app.get('/login/password', { config: { policy: open('portal'), screen } }, (request, reply) =>
    page(deps, request, reply, request.query),
  )

  app.post('/login/password', { config: { policy: open('portal'), screen } }, async (request, reply) => {
    const entrance = entranceOf(request)
    const form = loginForm.parse(request.body ?? {})
    const way = wayOf(presetOf(entrance.preset), false)
    if (!way || form.dismiss !== undefined) return page(deps, request, reply, request.body)
    const errors = blanks(request, way, form)
    if (errors.length > 0) return page(deps, request, reply, request.body, errors)
    const browser = browserTokens(request)
    const given = await tryOf(deps, entrance, way, form, browser)
    // The owner's own browser has a limit of its own: nobody else's guesses use it up (B-07).
    const from = given.knownBrowser ? 'known' : 'any'
    const account = `${entrance.slug} ${asked(way, form).contractNumber ?? ''} ${readIdentifier(form.loginId)} ${from}`
    const taken = await takeLoginTry(deps, request, account)
    if (!taken.ok) return reply.refuse(taken)
    const returnTo = wantedReturn(request.body)
    const done = await logIn(deps, given, {
      host: request.hostname,
      origin: originOf(request),
      browser,
      ...(returnTo && { returnTo }),
    })
    if (!done.ok) {
      // One answer for everything, whoever the ID names and whatever became of them (B-05); save for whoever has typed the
      // right password, whose way in has changed meanwhile.
      const said =
        done.reason === 'login.policyChanged'
          ? done.reason
          : way.asks === 'contract-and-login-id'
            ? 'login.wrongContract'
            : 'login.wrongWithId'
      return page(deps, request, reply, request.body, [
        { field: 'loginId', message: request.t(`reasons.${said}`) },
      ])
    }
    await taken.value.giveBack()
    return goOn(request, reply, done.value, returnTo)
  })
}

const asked = (way: LoginWay, form: LoginForm): { contractNumber?: string } =>
  way.asks === 'contract-and-login-id' ? { contractNumber: readIdentifier(form.contractNumber) } : {}

const tryOf = async (
  deps: Deps,
  entrance: Entrance,
  way: LoginWay,
  form: LoginForm,
  browser: readonly string[],
): Promise<LoginTry> => {
  const loginId = readIdentifier(form.loginId)
  const candidate = await findCandidate(deps, loginId, { entranceId: entrance.id, ...asked(way, form) })
  const holder = candidate && { companyId: candidate.user.companyId, userId: candidate.user.id }
  return {
    candidate,
    knownBrowser: await isKnownBrowser(deps, holder, browser),
    own: false,
    named: candidate !== undefined && namesUser(policyOf(candidate.company), loginId, candidate.user),
    password: form.password,
    otherwise: presetOf(entrance.preset),
  }
}

const blanks = (request: FastifyRequest, way: LoginWay, form: LoginForm): FieldError[] => {
  const { t } = request
  const { loginId, password } = form
  const errors = tooLongFields(request, { loginId, password, ...asked(way, form) })
  if (asked(way, form).contractNumber === '')
    errors.push({ field: 'contractNumber', message: t('reasons.login.contractMissing') })
  if (readIdentifier(form.loginId) === '')
    errors.push({ field: 'loginId', message: t('reasons.login.idMissing') })
  if (form.password === '') errors.push({ field: 'password', message: t('reasons.login.passwordMissing') })
  return errors
}

const page = async (
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  source: unknown,
  errors: FieldError[] = [],
): Promise<FastifyReply> => {
  const entrance = entranceOf(request)
  const way = wayOf(presetOf(entrance.preset), false)
  // An entrance whose people come in by certificates only has no such page.
  if (!way) return reply.refuse({ ok: false, reason: 'login.noPasswordLogin' })
  const { contractNumber, loginId } = loginForm.parse(source ?? {})
  return reply.page(
    'login/password',
    {
      screen,
      title: request.t(`login.password.title`),
      lead: request.t(`login.password.leads.${way.requires ?? way.asks}`),
      asksContract: way.asks === 'contract-and-login-id',
      idLabel: request.t(`login.id.${way.asks === 'contract-and-login-id' ? 'userId' : 'loginId'}`),
      next: wantedReturn(source),
      portal: '',
      terms: (await termsInForce(deps, deps.db, entrance.id)) !== null,
      values: { contractNumber, loginId },
      errors,
    },
    errors.length > 0 ? 422 : 200,
  )
}
