import type { FastifyInstance } from 'fastify'
import type { Deps } from '../../deps.ts'
import { helpdeskHours, knownHours } from './queries.ts'

/**
 * Whom to call is on pages of every kind (H-07): they show what was read last, and while it is read again no page waits for
 * it, least of all one that tells of a database that is away.
 */
export const keepHoursAtHand = (app: FastifyInstance, deps: Deps): void => {
  app.addHook('onRequest', async ({ routeOptions, url }) => {
    if (routeOptions.config.machine || url.startsWith('/assets/')) return
    const reading = helpdeskHours(deps).catch(error => deps.log.warn({ error }, 'helpdesk hours unread'))
    if (!knownHours(deps)) await reading
  })
}
