import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../../deps.ts'
import { minute } from '../../kernel/clock.ts'
import { networkOf } from '../../platform/http/login-rate.ts'
import { open } from '../../platform/http/policy.ts'
import { asKept, type FormAnswer, formAnswerOf } from '../../platform/oidc/provider.ts'
import { type Rate, takeTry } from '../../platform/rate-limit.ts'
import { frontHeaders } from '../../platform/tls/front.ts'
import { providerPath, serviceProvider } from './provider.ts'

/** What helmet says of our pages, save `form-action`: the provider's own form goes on to the service that asked (Chrome). */
const providerPolicy = "default-src 'none'; script-src 'none'; frame-ancestors 'none'; base-uri 'none'"

/** Headers by which a request could speak for its connection; the provider gets them from us alone. */
const spoofable = ['x-forwarded-host', 'x-forwarded-proto', ...Object.values(frontHeaders)]

/**
 * Requests to be let in, whoever sends them: each leaves a row for half an hour, and strangers may send as many as they like.
 * A whole company behind one address comes in at nine o'clock.
 */
const perNetwork: Rate = { atMost: 600, seconds: minute }

/**
 * What is asked of the provider, and the query where it is to be let in: the provider knows its addresses in capitals too, and
 * with a slash behind them.
 */
const addressIn = (asked: string): { within: string; query?: string } => {
  // `/oidc?…` names nothing of the provider's, which wants a path all the same.
  const within = asked.startsWith('/') ? asked : `/${asked}`
  const [, path = '', query = ''] = /^([^?]*)\??(.*)$/s.exec(within) ?? []
  // No browser sends these; what reads the address further on would turn them into slashes and ends.
  if (path.includes('\\') || within.includes('#')) return { within: '/unknown' }
  return /^\/auth\/*$/i.test(path) ? { within: `/auth?${query}`, query } : { within }
}

/** The OpenID provider's own addresses, which machines and browsers of services ask (G-05). */
export const providerRoutes = (app: FastifyInstance, deps: Deps): void => {
  app.register(async scope => {
    // The provider reads its bodies itself.
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request, _payload, done) => done(null))
    const handler = async (
      request: FastifyRequest,
      reply: FastifyReply,
    ): Promise<FastifyReply | undefined> => {
      const { raw } = request
      const { within, query } = addressIn((raw.url ?? '/').slice(providerPath.length))
      if (query !== undefined) {
        const taken = await takeTry(deps, `authorization:${networkOf(request.ip)}`, perNetwork)
        if (!taken.ok) return reply.refuse(taken)
      }
      const callback = (await serviceProvider(deps)).callback()
      for (const [name, value] of Object.entries(reply.getHeaders()))
        if (value !== undefined) reply.raw.setHeader(name, value)
      const ownPolicy = String(reply.getHeader('content-security-policy'))
      reply.raw.setHeader('content-security-policy', providerPolicy)
      for (const name of spoofable) delete raw.headers[name]
      // Browsers and services reach the portal by TLS alone, whoever ends it.
      raw.headers['x-forwarded-proto'] = 'https'
      raw.headers.host = new URL(deps.settings.portalOrigin).host
      const wanted = query === undefined ? within : `/auth?${asKept(query)}`
      Object.assign(raw, { originalUrl: `${providerPath}${wanted}` })
      raw.url = wanted
      await callback(raw, reply.raw)
      const answer = formAnswerOf(raw)
      if (answer) return formPage(request, reply, answer, ownPolicy)
      reply.hijack()
      return undefined
    }
    const config = { policy: open('portal'), machine: true }
    for (const url of [providerPath, `${providerPath}/*`])
      scope.route({ method: ['GET', 'POST', 'OPTIONS'], url, config, handler })
  })
}

/**
 * The page that carries an answer to its service by a form, in our words; without JavaScript its button does. The form goes to
 * another site, so it holds no token of ours, and no `form-action` holds it back (Chrome holds it against redirects too).
 */
const formPage = (
  request: FastifyRequest,
  reply: FastifyReply,
  { action, inputs }: FormAnswer,
  policy: string,
): FastifyReply => {
  // What the provider has given the browser beside stays.
  const cookies = [reply.raw.getHeader('set-cookie') ?? []].flat().map(String)
  reply.raw.removeHeader('set-cookie')
  for (const cookie of cookies) reply.header('set-cookie', cookie)
  return reply
    .header('content-security-policy', policy.replace(/form-action [^;]*;?/, ''))
    .page('services/form-post', {
      screen: 'SSO003',
      title: request.t('services.goingOn.title'),
      action,
      inputs: Object.entries(inputs).map(([name, value]) => ({ name, value })),
    })
}
