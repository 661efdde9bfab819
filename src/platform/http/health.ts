import fastify, { type FastifyInstance } from 'fastify'
import { listenError } from '../listen.ts'
import { cameByFront } from '../tls/front.ts'
import { openMetrics, type Watched } from './metrics.ts'
import { open } from './policy.ts'

/**
 * `/healthz`: the process answers. `/readyz`: it can serve, the database answers too; never through a front, where each
 * would be a query for anybody. `/metrics`: Prometheus, besides for this machine's own addresses only.
 */
export const healthRoutes = (app: FastifyInstance, deps: Watched): void => {
  const config = { policy: open('either'), machine: true }
  const metrics = openMetrics(deps)
  const loopback = new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1'])

  app.get('/healthz', { config }, (_request, reply) => reply.type('text/plain').send('ok\n'))

  app.get('/readyz', { config }, async (request, reply) => {
    if (cameByFront(request.raw)) return reply.callNotFound()
    await deps.db.$queryRaw`SELECT 1`
    return reply.type('text/plain').send('ok\n')
  })

  app.get('/metrics', { config }, async (request, reply) => {
    if (cameByFront(request.raw) || !loopback.has(request.ip)) return reply.callNotFound()
    return reply.type(metrics.contentType).send(await metrics.text())
  })
}

/**
 * The same for a program without pages (`sekisho work`), on a port of its own. Throws, with the setting to change, where the port
 * can't be had.
 */
export const serveHealth = async (
  deps: Watched,
  { port, host }: { port: number; host: string },
): Promise<{ close(): Promise<void> }> => {
  const app = fastify()
  app.setErrorHandler((_error, _request, reply) => reply.code(503).type('text/plain').send('not ready\n'))
  healthRoutes(app, deps)
  await app.listen({ port, host }).catch(error => Promise.reject(listenError(error, port, 'WORK_PORT')))
  return { close: () => app.close() }
}
