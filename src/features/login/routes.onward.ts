import type {} from '@fastify/secure-session'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { LoggedIn } from './commands.ts'
import { landing } from './pages.ts'

/** Puts a session's new token into the cookie; whatever the cookie held before belongs to another session. */
export const keepToken = (request: FastifyRequest, token: string): void => {
  request.session.regenerate()
  request.session.set('token', token)
}

/** Goes on with a login that came a step further: its new token, and the page of the next step (B-12). */
export const goOn = (
  request: FastifyRequest,
  reply: FastifyReply,
  { token, stage }: LoggedIn,
  returnTo = request.live?.returnTo,
): FastifyReply => {
  keepToken(request, token)
  return reply.redirect(landing(stage, returnTo), 303)
}
