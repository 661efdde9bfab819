import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Deps } from '../../deps.ts'
import { liveOf, user, userActor } from '../../platform/http/policy.ts'
import { readerOf } from '../../platform/reader.ts'
import { makeTicket, removePasskey } from '../passkeys/index.ts'
import { issueRecoveryCodes } from '../recovery-codes/index.ts'
import { holdingsOf } from './queries.ts'
import { reauthenticationFirst } from './routes.reauthentication.ts'
import { securityParts } from './security.ts'
import { factorsOfSession } from './visit.ts'

const config = { policy: user(), screen: 'SEC001' }
/** What a page says when one comes back to it from a change of one's contacts. */
export const contactsDone = ['email', 'email-proved', 'mobile', 'mobile-proved'] as const
const doneWords = ['otp', 'otp-removed', 'passkey', 'passkey-removed', ...contactsDone] as const
const query = z.object({ done: z.enum(doneWords).optional().catch(undefined) })

/** 「セキュリティ設定」: the factors and addresses of the user, each changed after authenticating anew (B-22). */
export const securityRoutes = (app: FastifyInstance, deps: Deps): void => {
  app.get('/security', { config }, async (request, reply) => {
    const { companyId, id: userId } = userActor(request)
    const { done } = query.parse(request.query)
    const holdings = await holdingsOf(deps.db, { companyId, userId })
    const { email, emailState } = await deps.db.user.findUniqueOrThrow({
      where: { companyId_id: { companyId, id: userId } },
      select: { email: true, emailState: true },
    })
    const reader = readerOf(request)
    return reply.page('factors/security', {
      screen: 'SEC001',
      title: request.t('factors.security.title'),
      ...(done && { notice: request.t(`factors.security.done.${done}`) }),
      ...securityParts(reader, { holdings, email, emailState, kinds: factorsOfSession(liveOf(request)) }),
    })
  })

  app.post(
    '/security/recovery-codes',
    { config: { ...config, screen: 'SEC003' } },
    async (request, reply) => {
      const elsewhere = reauthenticationFirst(deps, request, '/security')
      if (elsewhere) return reply.redirect(elsewhere, 303)
      const issued = await issueRecoveryCodes(deps, userActor(request), liveOf(request))
      if (!issued.ok) return reply.refuse(issued)
      return reply.page('factors/recovery-codes', {
        screen: 'SEC003',
        title: request.t('factors.recovery.issued.title'),
        codes: issued.value,
      })
    },
  )

  // The ticket leads to the portal's own origin, where passkeys belong (decision 0014).
  app.post('/security/passkeys', { config }, async (request, reply) => {
    const live = liveOf(request)
    if (!factorsOfSession(live).includes('passkey')) return reply.redirect('/security', 303)
    const elsewhere = reauthenticationFirst(deps, request, '/security')
    if (elsewhere) return reply.redirect(elsewhere, 303)
    const ticket = await makeTicket(deps, userActor(request), live.id)
    const there = new URL('/passkeys/registration', deps.settings.portalOrigin)
    there.search = new URLSearchParams({ ticket, lang: request.language }).toString()
    return reply.redirect(there.href, 303)
  })

  app.post<{ Params: { id: string } }>(
    '/security/passkeys/:id/removal',
    { config },
    async (request, reply) => {
      const elsewhere = reauthenticationFirst(deps, request, '/security')
      if (elsewhere) return reply.redirect(elsewhere, 303)
      const done = await removePasskey(deps, userActor(request), liveOf(request), request.params.id)
      return done.ok ? reply.redirect('/security?done=passkey-removed', 303) : reply.refuse(done)
    },
  )
}
