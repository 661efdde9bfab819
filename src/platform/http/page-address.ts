import type { FastifyRequest } from 'fastify'

/**
 * Where the page that answers this request can be asked for again: its own address, query included, or, after a POST to
 * an address that is no page (`/security/contacts/mobile/code`), that of the nearest page above it. Whoever chooses the
 * other language there comes back to that page, and not to 「ページが見つかりません」 (I-01).
 */
export const pageAddress = ({ method, originalUrl, routeOptions, server }: FastifyRequest): string => {
  const pattern = routeOptions.url?.split('/')
  if (method === 'GET' || !pattern) return originalUrl
  const [path = '', ...query] = originalUrl.split('?')
  const parts = path.split('/')
  while (pattern.length > 1 && !server.hasRoute({ method: 'GET', url: pattern.join('/') || '/' })) {
    pattern.pop()
    parts.pop()
  }
  return [parts.join('/') || '/', ...query].join('?')
}
