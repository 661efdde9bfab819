import type {} from '@fastify/secure-session'
import type { FastifyInstance } from 'fastify'
import type { Deps } from '../../deps.ts'
import { liveOf, open, user, userActor, userDuring } from '../../platform/http/policy.ts'
import { returnQuery, wantedReturn } from '../../platform/http/return-path.ts'
import { browserTokens } from '../browsers/index.ts'
import { entranceOf } from '../entrances/index.ts'
import { findOtherSession } from '../sessions/index.ts'
import { logOut, takeOver } from './commands.ts'
import { duringOrAfterLogin } from './pages.ts'
import { certificateLoginRoutes } from './routes.certificate.ts'
import { goOn } from './routes.onward.ts'
import { passwordLoginRoutes } from './routes.password.ts'

/** Every way in, takeover, logout, timeout (B-02 to B-05, B-12 to B-14). */
export const loginRoutes = (app: FastifyInstance, deps: Deps): void => {
  certificateLoginRoutes(app, deps)
  passwordLoginRoutes(app, deps)

  app.get(
    '/login/takeover',
    { config: { policy: userDuring('takeover'), screen: 'LGN005' } },
    async (request, reply) => {
      const other = await findOtherSession(deps.db, { userId: userActor(request).id }, liveOf(request))
      return reply.page('login/takeover', {
        screen: 'LGN005',
        title: request.t('login.takeover.title'),
        other,
      })
    },
  )

  app.post(
    '/login/takeover',
    { config: { policy: userDuring('takeover'), screen: 'LGN005' } },
    async (request, reply) => {
      const done = await takeOver(deps, userActor(request), liveOf(request), browserTokens(request))
      return done.ok ? goOn(request, reply, done.value) : reply.refuse(done)
    },
  )

  app.post('/logout', { config: { policy: userDuring(...duringOrAfterLogin) } }, async (request, reply) => {
    await logOut(deps, userActor(request), liveOf(request))
    request.session.delete()
    return reply.page('login/logged-out', { screen: 'LGN006', title: request.t('login.loggedOut.title') })
  })

  // The dialog's button: the guard has already counted this request as activity (B-12).
  app.post('/session/extend', { config: { policy: user() } }, (_request, reply) => reply.status(204).send())

  app.get('/timeout', { config: { policy: open('either'), screen: 'LGN007' } }, (request, reply) =>
    reply.page('login/timeout', {
      screen: 'LGN007',
      title: request.t('login.timeout.title'),
      loginHref: `${deps.settings.portalOrigin}${entranceOf(request).path || '/'}${returnQuery(wantedReturn(request.query))}`,
    }),
  )
}
