import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Deps } from '../../deps.ts'
import { originOf } from '../../platform/http/guard.ts'
import { takeLoginTry } from '../../platform/http/login-rate.ts'
import { open } from '../../platform/http/policy.ts'
import { tooLongFields, typedText } from '../../platform/http/typed-text.ts'
import type { FieldError } from '../../platform/http/view.ts'
import { type ForgottenPassword, presetOf } from '../../policy/policy.ts'
import { findCandidate, readIdentifier } from '../candidates/index.ts'
import { entranceOf } from '../entrances/index.ts'
import { authenticationOptions } from '../passkeys/index.ts'
import { passwordRuleWords } from '../passwords/index.ts'
import { askForReset } from './commands.asking.ts'
import { resetPassword } from './commands.ts'
import { askedByLink, askedProofs } from './proofs.ts'
import { findLink } from './queries.ts'

const text = (longest: number) => z.string().max(longest).catch('')
const askForm = z.object({ contractNumber: typedText, loginId: typedText })
const resetForm = askForm.extend({
  password: typedText,
  passwordAgain: typedText,
  oneTimePassword: text(64),
  recoveryCode: text(64),
  passkey: text(20_000),
})
type Named = { Params: { token: string } }

const screen = 'PWD010'

/** 「パスワードを忘れた方はコチラ」: a link by mail, or whom to ask, as the policy has it (B-15). */
export const forgottenPasswordRoutes = (app: FastifyInstance, deps: Deps): void => {
  const config = { policy: open('portal'), screen }

  app.get('/forgotten-password', { config }, (request, reply) => askPage(request, reply))

  app.post('/forgotten-password', { config }, async (request, reply) => {
    const entrance = entranceOf(request)
    if (!byMail(request)) return askPage(request, reply)
    const form = askForm.parse(request.body ?? {})
    const errors = blanks(request, form)
    if (errors.length > 0) return askPage(request, reply, errors)
    const loginId = readIdentifier(form.loginId)
    const taken = await takeLoginTry(deps, request, `${entrance.slug} forgotten ${loginId}`)
    if (!taken.ok) return reply.refuse(taken)
    await askForReset(deps, {
      loginId,
      entranceId: entrance.id,
      ...contractOf(request, form),
      origin: originOf(request),
      linkBefore: `${deps.settings.portalOrigin}${entrance.path}/password-reset/`,
    })
    return reply.page('forgotten-passwords/sent', {
      screen: 'PWD011',
      title: request.t('forgotten-passwords.sent.title'),
    })
  })

  const resetConfig = { policy: open('portal'), screen: 'PWD012' }

  app.get<Named>('/password-reset/:token', { config: resetConfig }, (request, reply) =>
    resetPage(deps, request, reply),
  )

  app.post<Named>('/password-reset/:token', { config: resetConfig }, async (request, reply) => {
    const form = resetForm.parse(request.body ?? {})
    const errors = [...blanks(request, form), ...passwordErrors(request, form)]
    if (errors.length > 0) return resetPage(deps, request, reply, errors)
    const loginId = readIdentifier(form.loginId)
    const taken = await takeLoginTry(deps, request)
    if (!taken.ok) return reply.refuse(taken)
    const done = await resetPassword(
      deps,
      {
        token: request.params.token,
        candidate: await candidateOf(deps, request, form),
        loginId,
        password: form.password,
        proofs: form,
      },
      originOf(request),
    )
    if (!done.ok)
      return resetPage(deps, request, reply, [
        {
          field: fieldOf(done.reason),
          message: request.t(`reasons.${done.reason}`, done.params),
        },
      ])
    await taken.value.giveBack()
    return reply.page('forgotten-passwords/done', {
      screen: 'PWD013',
      title: request.t('forgotten-passwords.done.title'),
    })
  })

  // What the browser needs to ask for a passkey of the link's owner.
  app.post<Named>(
    '/password-reset/:token/passkey',
    { config: { policy: resetConfig.policy } },
    async (request, reply) => {
      const link = await findLink(deps, request.params.token, originOf(request))
      return link
        ? authenticationOptions(deps, link.actor, askedByLink(link.id))
        : reply.refuse({ ok: false, reason: 'password-reset.refused' })
    },
  )
}

const fields = [
  ['password.', 'password'],
  ['otp.', 'oneTimePassword'],
  ['recoveryCode.', 'recoveryCode'],
  ['passkey.', 'passkey'],
] as const

const fieldOf = (reason: string): string =>
  fields.find(([start]) => reason.startsWith(start))?.[1] ?? 'loginId'

/** Whether this entrance helps by mail at all; whom exactly, the policy of their company says. */
const byMail = (request: FastifyRequest): boolean => {
  const { forgottenPassword } = presetOf(entranceOf(request).preset)
  return forgottenPassword.user === 'mail-link' || forgottenPassword.administrator === 'mail-link'
}

const asksContract = (request: FastifyRequest): boolean =>
  presetOf(entranceOf(request).preset).loginId.uniqueWithin === 'contract'

const contractOf = (request: FastifyRequest, form: z.output<typeof askForm>): { contractNumber?: string } =>
  asksContract(request) ? { contractNumber: readIdentifier(form.contractNumber) } : {}

const candidateOf = (deps: Deps, request: FastifyRequest, form: z.output<typeof askForm>) =>
  findCandidate(deps, readIdentifier(form.loginId), {
    entranceId: entranceOf(request).id,
    ...contractOf(request, form),
  })

const blanks = (request: FastifyRequest, form: z.output<typeof askForm>): FieldError[] => [
  ...tooLongFields(request, { contractNumber: form.contractNumber, loginId: form.loginId }),
  ...(contractOf(request, form).contractNumber === ''
    ? [{ field: 'contractNumber', message: request.t('reasons.login.contractMissing') }]
    : []),
  ...(readIdentifier(form.loginId) === ''
    ? [{ field: 'loginId', message: request.t('reasons.login.idMissing') }]
    : []),
]

const passwordErrors = (request: FastifyRequest, form: z.output<typeof resetForm>): FieldError[] => {
  const errors = tooLongFields(request, { password: form.password })
  if (errors.length > 0) return errors
  if (form.password === '') return [{ field: 'password', message: request.t('passwords.errors.nextMissing') }]
  return form.password === form.passwordAgain
    ? []
    : [{ field: 'passwordAgain', message: request.t('passwords.errors.notTheSame') }]
}

const askPage = (request: FastifyRequest, reply: FastifyReply, errors: FieldError[] = []): FastifyReply => {
  const { forgottenPassword } = presetOf(entranceOf(request).preset)
  const { contractNumber, loginId } = askForm.parse(request.body ?? {})
  const mailed = byMail(request)
  return reply.page(
    mailed ? 'forgotten-passwords/ask' : 'forgotten-passwords/whom',
    {
      screen,
      title: request.t('forgotten-passwords.title'),
      asksContract: asksContract(request),
      idLabel: request.t(`login.id.${asksContract(request) ? 'userId' : 'loginId'}`),
      // For users and for administrators, where the policy tells them apart.
      whom: (mailed ? [] : whomToAsk(forgottenPassword)).map(key =>
        request.t(`forgotten-passwords.whom.${key}`),
      ),
      values: { contractNumber, loginId },
      errors,
    },
    errors.length > 0 ? 422 : 200,
  )
}

const whomToAsk = ({ user, administrator }: ForgottenPassword): string[] =>
  user === administrator ? [`everybody.${user}`] : [`users.${user}`, `administrators.${administrator}`]

const nothingAsked = { totp: false, passkey: false, recovery: false }

const resetPage = async (
  deps: Deps,
  request: FastifyRequest<Named>,
  reply: FastifyReply,
  errors: FieldError[] = [],
): Promise<FastifyReply> => {
  const entrance = entranceOf(request)
  const link = await findLink(deps, request.params.token, originOf(request))
  const holder = link && { companyId: link.actor.companyId, userId: link.actor.id }
  const { contractNumber, loginId } = resetForm.parse(request.body ?? {})
  return reply.page(
    'forgotten-passwords/reset',
    {
      screen: 'PWD012',
      title: request.t('forgotten-passwords.reset.title'),
      action: `${entrance.path}/password-reset/${encodeURIComponent(request.params.token)}`,
      asksContract: asksContract(request),
      idLabel: request.t(`login.id.${asksContract(request) ? 'userId' : 'loginId'}`),
      rules: passwordRuleWords(request.t, link?.policy ?? presetOf(entrance.preset)),
      asked: holder ? await askedProofs(deps, link.policy, holder) : nothingAsked,
      values: { contractNumber, loginId },
      errors,
    },
    errors.length > 0 ? 422 : 200,
  )
}
