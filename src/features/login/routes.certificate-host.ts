import type {} from '@fastify/cookie'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../../deps.ts'
import { randomLabel } from '../../platform/random.ts'

/** A host that no browser has seen: it asks which certificate to present anew, without a restart (B-03). */
export const freshCertificateHost = (deps: Pick<Deps, 'settings'>): string => {
  const { certDomain, certPort } = deps.settings
  return `https://${randomLabel()}.${certDomain}${certPort === 443 ? '' : `:${certPort}`}`
}

/** Says which certificate host this browser was sent to last: an address and no credential (decision 0061). */
const hostCookie = '__Host-sekisho-at'

/** Keeps in the browser to which certificate host it is sent. */
export const rememberHost = (reply: FastifyReply, host: string): FastifyReply =>
  reply.setCookie(hostCookie, host, { path: '/', secure: true, httpOnly: true, sameSite: 'lax' })

/**
 * The certificate host that this browser was sent to last, where its session lives if it has one: what arrives at the
 * portal's own host looks for it there (G-04). Whoever made the cookie up is led to a host that knows nothing of them.
 */
export const rememberedHost = (
  { certDomain }: Pick<Deps['settings'], 'certDomain'>,
  { cookies }: FastifyRequest,
): string | undefined => {
  const host = cookies[hostCookie]
  const label = host?.endsWith(`.${certDomain}`) ? host.slice(0, -certDomain.length - 1) : ''
  return /^[0-9a-f]{20}$/.test(label) ? host : undefined
}
