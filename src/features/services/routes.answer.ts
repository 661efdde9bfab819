import type { FastifyReply, FastifyRequest } from 'fastify'
import { errors, type InteractionResults } from 'oidc-provider'
import type { Deps } from '../../deps.ts'
import { plusSeconds } from '../../kernel/clock.ts'
import { requestedAt, silentParam } from '../../platform/oidc/provider.ts'
import { type Entered, redeemTicket } from './commands.ts'
import { providerPath, serviceProvider } from './provider.ts'

type Provider = Awaited<ReturnType<typeof serviceProvider>>
type Waiting = Awaited<ReturnType<Provider['interactionDetails']>>
type Asked = Waiting['params']

/** What a service is told that wants no page shown, where it can't be let in without one. */
export const silentErrors = ['login_required', 'interaction_required', 'access_denied'] as const
export type SilentError = (typeof silentErrors)[number]

/** Whether a service wants no page shown on the way (`prompt=none`). */
export const isSilent = (params: Asked): boolean => params[silentParam] !== undefined

/**
 * Whether somebody has proved who they are as newly as the service asks for: after its request where it wants a login
 * (`prompt=login`), `max_age` seconds before it at most (OpenID Connect Core, 3.1.2.1).
 */
export const isRecentEnough = (
  { prompt, max_age }: Asked,
  authenticatedAt: Date,
  requestedAt: Date | undefined,
): boolean => {
  if (!requestedAt) return false
  if (authenticatedAt >= requestedAt) return true
  if (
    String(prompt ?? '')
      .split(' ')
      .includes('login')
  )
    return false
  return max_age === undefined || plusSeconds(authenticatedAt, Number(max_age)) >= requestedAt
}

/** The request that waits in this very browser: its cookie says whose it is, and no address does. */
const waitingHere = async (
  provider: Provider,
  { raw }: FastifyRequest,
  reply: FastifyReply,
  uid: string,
): Promise<Waiting | undefined> => {
  const waiting = await provider.interactionDetails(raw, reply.raw).catch((error: Error) => {
    if (error instanceof errors.SessionNotFound) return undefined
    throw error
  })
  return waiting?.uid === uid ? waiting : undefined
}

/** Tells a service that wants no page shown that it can't be let in without one; gives where the provider goes on. */
export const answerSilently = async (
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  { uid, error }: { uid: string; error: SilentError },
): Promise<string | undefined> => {
  const provider = await serviceProvider(deps)
  const waiting = await waitingHere(provider, request, reply, uid)
  return waiting && isSilent(waiting.params)
    ? provider.interactionResult(request.raw, reply.raw, { error })
    : undefined
}

/** Puts the ticket's answer to the request of this very browser; gives where the provider goes on. */
export const answer = async (
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  { uid, ticket }: { uid: string; ticket: string },
): Promise<string | undefined> => {
  const provider = await serviceProvider(deps)
  const waiting = await waitingHere(provider, request, reply, uid)
  if (!waiting) return undefined
  const entered = await redeemTicket(deps, { ticket, interaction: uid })
  const { params } = waiting
  if (!entered || entered.clientId !== params.client_id) return undefined
  if (waiting.session && waiting.session.accountId !== entered.userId) {
    // Somebody else was here before: the provider forgets them, and the service's request begins again.
    const before = await provider.Session.get(provider.createContext(request.raw, reply.raw))
    await before.destroy()
    await waiting.destroy()
    // Whoever has proved who they are for this request is not asked once more.
    const { prompt: _proved, ...rest } = params
    const again = Object.entries(rest).map(([name, value]): [string, string] => [name, String(value)])
    return `${deps.settings.portalOrigin}${providerPath}/auth?${new URLSearchParams(again)}`
  }
  const recent = isRecentEnough(params, entered.authenticatedAt, await requestedAt(deps, uid))
  const result = recent && isMeant(params, entered) ? await grantedTo(provider, params, entered) : refused
  return provider.interactionResult(request.raw, reply.raw, result)
}

const refused: InteractionResults = { error: 'login_required' }

/** Whether a service that named somebody by an identity token of before means whoever is there (`id_token_hint`). */
const isMeant = ({ id_token_hint: hint }: Asked, { userId }: Entered): boolean => {
  if (hint === undefined) return true
  // The provider has verified it when the request came in.
  const [, body = ''] = String(hint).split('.')
  return JSON.parse(Buffer.from(body, 'base64url').toString('utf8')).sub === userId
}

const grantedTo = async (
  provider: Provider,
  { scope, client_id }: Asked,
  { entryId, userId, acr, amr, authenticatedAt }: Entered,
): Promise<InteractionResults> => {
  const grant = new provider.Grant({ accountId: userId, clientId: String(client_id) })
  grant.jti = entryId
  grant.addOIDCScope(String(scope))
  await grant.save()
  const ts = Math.floor(authenticatedAt.getTime() / 1000)
  return { login: { accountId: userId, acr, amr, ts, remember: false }, consent: { grantId: entryId } }
}
