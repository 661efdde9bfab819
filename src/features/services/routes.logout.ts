import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../../deps.ts'
import { originOf } from '../../platform/http/guard.ts'
import { open } from '../../platform/http/policy.ts'
import { logOutFromService } from './commands.ts'
import { serviceProvider } from './provider.ts'
import { goingOn } from './routes.onward.ts'

/** The logout that begins at a service (RP-initiated logout, G-05): asked on a page of ours, it ends the portal's session. */
export const serviceLogoutRoutes = (app: FastifyInstance, deps: Deps): void => {
  const logoutScreen = 'SSO002'
  const providerSession = async ({ raw }: FastifyRequest, reply: FastifyReply) => {
    const provider = await serviceProvider(deps)
    return provider.Session.get(provider.createContext(raw, reply.raw))
  }
  const config = { policy: open('portal'), screen: logoutScreen }

  app.get('/sso/logout', { config }, async (request, reply) => {
    const { accountId, state } = await providerSession(request, reply)
    if (!state) return reply.refuse({ ok: false, reason: 'service.requestGone' })
    // The provider knows nobody in this browser: the service has ended what there was, and there is nothing to ask.
    const to = accountId ? undefined : afterLogout(state)
    if (to) return goingOn(request, reply, to)
    if (!accountId)
      return reply.page('services/logout-nobody', {
        screen: logoutScreen,
        title: request.t('services.logoutNobody.title'),
      })
    return reply.page('services/logout', { screen: logoutScreen, title: request.t('services.logout.title') })
  })

  app.post('/sso/logout', { config }, async (request, reply) => {
    const session = await providerSession(request, reply)
    const { accountId, authorizations, state } = session
    if (!accountId || !state) return reply.refuse({ ok: false, reason: 'service.requestGone' })
    const entryIds = Object.values(authorizations ?? {}).flatMap(({ grantId }) => grantId ?? [])
    const clientId = typeof state.clientId === 'string' ? state.clientId : undefined
    await logOutFromService(deps, originOf(request), { entryIds, clientId })
    await session.destroy()
    request.session.delete()
    const to = afterLogout(state)
    return to ? goingOn(request, reply, to) : loggedOut(request, reply)
  })

  app.get('/sso/logout/done', { config }, loggedOut)
}

const loggedOut = (request: FastifyRequest, reply: FastifyReply): FastifyReply =>
  reply.page('login/logged-out', { screen: 'LGN006', title: request.t('login.loggedOut.title') })

/** Where the service wanted the logout to lead; the provider has compared it with what the contract says. */
const afterLogout = ({ postLogoutRedirectUri, state }: Record<string, unknown>): string | undefined => {
  if (typeof postLogoutRedirectUri !== 'string') return undefined
  const to = new URL(postLogoutRedirectUri)
  if (typeof state === 'string') to.searchParams.set('state', state)
  return to.href
}
