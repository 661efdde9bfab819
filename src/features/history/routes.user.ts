import type { FastifyInstance } from 'fastify'
import type { Deps } from '../../deps.ts'
import { user, userActor } from '../../platform/http/policy.ts'
import { historyPages } from './routes.pages.ts'

/** 操作履歴照会 of a company's users: the list with its search, and one entry (F-01, F-02). */
export const historyRoutes = (app: FastifyInstance, deps: Deps): void =>
  historyPages(app, deps, {
    address: '/history',
    policy: user(),
    screens: { list: 'BRSK001', entry: 'BRSK002' },
    actorOf: userActor,
    words: ({ t }, others) => ({
      title: t('history.list.title'),
      caption: t('history.list.caption'),
      lead: t(others ? 'history.list.leadOthers' : 'history.list.leadOwn'),
      user: t('history.list.user'),
    }),
    longFiles: '/history/exports',
  })
