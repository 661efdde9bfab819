import type { FastifyReply, FastifyRequest } from 'fastify'

/**
 * Answers with a page that goes on by itself. Chrome holds `form-action` against every redirect that follows a form, and a
 * login is one: what leads to another site begins anew here.
 */
export const goingOn = (request: FastifyRequest, reply: FastifyReply, href: string): FastifyReply =>
  reply
    .header('refresh', `0; url=${href}`)
    .page('services/going-on', { screen: 'SSO001', title: request.t('services.goingOn.title'), href })
