import type { SecureContext } from 'node:tls'
import autocannon from 'autocannon'
import { quantile } from './figures.ts'

/** Who asks over one connection: its TLS name, the certificate it presents, and what its requests carry. */
export type PageVisitor = {
  host: string
  certificate?: SecureContext
  headers?: Record<string, string>
}

/** `count` includes the pages that warmed up, which the other figures leave out. */
export type PageLoad = { count: number; perSecond: number; p50: number; p99: number }

/**
 * Asks for one page again and again, each visitor over a connection of their own that is kept alive.
 * @param seconds whole seconds; a second before them warms up and is not counted
 * @param overallRate pages a second over all connections; as many as can be unless given
 * @throws when an answer is anything but a page: a bench of error pages would look splendid
 */
export const loadPages = async (options: {
  port: number
  path: string
  visitors: readonly PageVisitor[]
  seconds: number
  overallRate?: number
}): Promise<PageLoad> => {
  const { port, path, visitors, seconds, overallRate } = options
  const milliseconds: number[] = []
  const startedAt = performance.now() + 1000
  const endedAt = startedAt + seconds * 1000
  let connected = 0
  let count = 0
  const { errors, non2xx } = await autocannon({
    url: `https://127.0.0.1:${port}${path}`,
    connections: visitors.length,
    duration: seconds + 1,
    ...(overallRate !== undefined && { overallRate }),
    setupClient: client => {
      const visitor = visitors[connected++]
      if (!visitor) throw new Error('There are more connections than visitors')
      client.opts.servername = visitor.host
      if (visitor.certificate) client.opts.tlsOptions = { secureContext: visitor.certificate }
      client.setHeaders({ host: `${visitor.host}:${port}`, ...visitor.headers })
      client.on('response', (_status: number, _bytes: number, took: number) => {
        count++
        const now = performance.now()
        if (now >= startedAt && now < endedAt) milliseconds.push(took)
      })
    },
  })
  if (errors > 0 || non2xx > 0)
    throw new Error(`${path}: ${errors} requests failed and ${non2xx} answers were no page`)
  return {
    count,
    perSecond: milliseconds.length / seconds,
    p50: quantile(milliseconds, 0.5),
    p99: quantile(milliseconds, 0.99),
  }
}
