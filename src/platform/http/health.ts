import type { FastifyInstance } from 'fastify'
import { collectDefaultMetrics, Registry } from 'prom-client'
import type { Db } from '../db/client.ts'
import { cameByFront } from '../tls/front.ts'
import { open } from './policy.ts'

/**
 * `/healthz`: the process answers. `/readyz`: it can serve, the database answers too; never through a front, where each
 * would be a query for anybody. `/metrics`: Prometheus, besides for this machine's own addresses only.
 */
export const healthRoutes = (app: FastifyInstance, deps: { db: Db }): void => {
  const config = { policy: open('either'), machine: true }
  const metrics = new Registry()
  collectDefaultMetrics({ register: metrics })
  const loopback = new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1'])

  app.get('/healthz', { config }, (_request, reply) => reply.type('text/plain').send('ok\n'))

  app.get('/readyz', { config }, async (request, reply) => {
    if (cameByFront(request.raw)) return reply.callNotFound()
    await deps.db.$queryRaw`SELECT 1`
    return reply.type('text/plain').send('ok\n')
  })

  app.get('/metrics', { config }, async (request, reply) => {
    if (cameByFront(request.raw) || !loopback.has(request.ip)) return reply.callNotFound()
    return reply.type(metrics.contentType).send(await metrics.metrics())
  })
}
