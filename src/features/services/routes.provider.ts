import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../../deps.ts'
import { open } from '../../platform/http/policy.ts'
import { silently } from '../../platform/oidc/provider.ts'
import { frontHeaders } from '../../platform/tls/front.ts'
import { providerPath, serviceProvider } from './provider.ts'

/** What helmet says of our pages, save `form-action`: the provider's own form goes on to the service that asked (Chrome). */
const providerPolicy = "default-src 'none'; script-src 'none'; frame-ancestors 'none'; base-uri 'none'"

/** Headers by which a request could speak for its connection; the provider gets them from us alone. */
const spoofable = ['x-forwarded-host', 'x-forwarded-proto', ...Object.values(frontHeaders)]

/** The OpenID provider's own addresses, which machines and browsers of services ask (G-05). */
export const providerRoutes = (app: FastifyInstance, deps: Deps): void => {
  app.register(async scope => {
    // The provider reads its bodies itself.
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request, _payload, done) => done(null))
    const handler = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
      const callback = (await serviceProvider(deps)).callback()
      const { raw } = request
      reply.hijack()
      for (const [name, value] of Object.entries(reply.getHeaders()))
        if (value !== undefined) reply.raw.setHeader(name, value)
      reply.raw.setHeader('content-security-policy', providerPolicy)
      for (const name of spoofable) delete raw.headers[name]
      // Browsers and services reach the portal by TLS alone, whoever ends it.
      raw.headers['x-forwarded-proto'] = 'https'
      raw.headers.host = new URL(deps.settings.portalOrigin).host
      const [path = '/', query = ''] = (raw.url ?? '/').split('?', 2)
      const silent = path === `${providerPath}/auth` && silently(query)
      const whole = silent ? `${path}?${silent}` : (raw.url ?? '/')
      Object.assign(raw, { originalUrl: whole })
      raw.url = whole.slice(providerPath.length) || '/'
      await callback(raw, reply.raw)
    }
    const config = { policy: open('portal'), machine: true }
    for (const url of [providerPath, `${providerPath}/*`])
      scope.route({ method: ['GET', 'POST', 'OPTIONS'], url, config, handler })
  })
}
