import type {} from '@fastify/secure-session'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../../deps.ts'
import { liveOf, userActor } from '../../platform/http/policy.ts'
import { browserTokens, keepBrowserTokens } from '../browsers/index.ts'
import type { LoggedIn } from './commands.ts'
import { landing } from './pages.ts'
import { passSecondFactor } from './second-factor.ts'

/** Puts a session's new token into the cookie; whatever the cookie held before belongs to another session. */
export const keepToken = (request: FastifyRequest, token: string): void => {
  request.session.regenerate()
  request.session.set('token', token)
}

/**
 * Goes on with a login that came a step further: its new token, the browser's where it has become a known one, and the
 * page of the next step (B-12).
 */
export const goOn = (
  request: FastifyRequest,
  reply: FastifyReply,
  { token, stage, browser }: LoggedIn,
  returnTo = request.live?.returnTo,
): FastifyReply => {
  keepToken(request, token)
  if (browser) keepBrowserTokens(reply, browser)
  return reply.redirect(landing(stage, returnTo), 303)
}

/** Ends the step of the second factor, once one is proved, and goes on; or says why the login can't. */
export const goOnAfterFactor =
  (deps: Deps) =>
  async (
    request: FastifyRequest,
    reply: FastifyReply,
    { recovered }: { recovered: boolean },
  ): Promise<FastifyReply> => {
    const passed = await passSecondFactor(deps, userActor(request), liveOf(request), {
      recovered,
      browser: browserTokens(request),
    })
    return passed.ok ? goOn(request, reply, passed.value) : reply.refuse(passed)
  }
