import type { FastifyInstance } from 'fastify'
import { collectDefaultMetrics, Registry } from 'prom-client'
import type { Db } from '../db/client.ts'
import { cameByFront } from '../tls/front.ts'
import { open } from './policy.ts'

/**
 * `/healthz`: the process answers. `/readyz`: it can serve, the database answers too. `/metrics`: Prometheus, for
 * this machine's own addresses only, and never through a front, whose browsers may be on this machine too.
 */
export const healthRoutes = (app: FastifyInstance, deps: { db: Db }): void => {
  const config = { policy: open('either'), machine: true }
  const metrics = new Registry()
  collectDefaultMetrics({ register: metrics })
  const loopback = new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1'])

  app.get('/healthz', { config }, (_request, reply) => reply.type('text/plain').send('ok\n'))

  app.get('/readyz', { config }, async (_request, reply) => {
    await deps.db.$queryRaw`SELECT 1`
    return reply.type('text/plain').send('ok\n')
  })

  app.get('/metrics', { config }, async (request, reply) => {
    if (cameByFront(request.raw) || !loopback.has(request.ip)) return reply.callNotFound()
    return reply.type(metrics.contentType).send(await metrics.metrics())
  })
}
