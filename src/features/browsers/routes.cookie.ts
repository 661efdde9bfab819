import type {} from '@fastify/cookie'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { cookieOf, knownBrowsers, tokensIn } from './browser.ts'

const cookieName = '__Host-sekisho-browser'

/** The tokens by which a browser on the portal is known to the accounts that logged in with it (B-07). */
export const browserTokens = (request: FastifyRequest): string[] => tokensIn(request.cookies[cookieName])

/**
 * Gives a browser the tokens it is known by. The cookie opens nothing and says nothing of anybody; only forms of ours
 * need it, so no other site's request carries it along.
 */
export const keepBrowserTokens = (reply: FastifyReply, tokens: readonly string[]): FastifyReply =>
  reply.setCookie(cookieName, cookieOf(tokens), {
    path: '/',
    secure: true,
    httpOnly: true,
    sameSite: 'strict',
    maxAge: knownBrowsers.seconds,
  })
