import type { FastifyInstance } from 'fastify'
import type { Deps } from '../../deps.ts'
import { formatsOf } from '../../platform/formats.ts'
import { user, userActor } from '../../platform/http/policy.ts'
import { recordedReason } from '../../platform/i18n.ts'
import { logOutEverywhere } from './commands.ts'
import { shownLogins } from './login-history.ts'
import { loginHistoryOf } from './queries.ts'

/** 「ログイン履歴」 and 「すべての接続からログアウト」 (B-20). */
export const loginHistoryRoutes = (app: FastifyInstance, deps: Deps): void => {
  app.get('/login-history', { config: { policy: user(), screen: 'LGN009' } }, async (request, reply) => {
    const { t } = request
    const formats = formatsOf(request.language)
    const entries = await loginHistoryOf(deps, userActor(request))
    return reply.page('login/history', {
      screen: 'LGN009',
      title: t('login.history.title'),
      lead: t('login.history.lead', { count: shownLogins }),
      rows: entries.map(entry => [
        formats.dateTimeCompact(entry.at),
        t(`operations.${entry.operation}`),
        [
          {
            tag: {
              text: t(`history.outcomes.${entry.outcome}`),
              tone: entry.outcome === 'done' ? 'good' : 'attention',
            },
          },
          ...(entry.reason === null ? [] : [{ sub: recordedReason(t, entry.reason) }]),
        ],
        entry.ip ?? '',
        entry.certificateSerial ?? '',
      ]),
    })
  })

  app.post(
    '/login-history/logout-everywhere',
    { config: { policy: user(), screen: 'LGN009' } },
    async (request, reply) => {
      await logOutEverywhere(deps, userActor(request))
      request.session.delete()
      return reply.page('login/logged-out', {
        screen: 'LGN006',
        title: request.t('login.loggedOut.title'),
      })
    },
  )
}
