import type { FastifyInstance } from 'fastify'
import type { Deps } from '../../deps.ts'
import { staff, staffActor } from '../../platform/http/policy.ts'
import { historyPages } from './routes.pages.ts'

/**
 * The bank's own history, for its auditors and 役席者 (H-01): what officers did that is no customer's, and what strangers were
 * refused. What is done for a customer is in that customer's (H-04).
 */
export const bankHistoryRoutes = (app: FastifyInstance, deps: Deps): void =>
  historyPages(app, deps, {
    address: '/helpdesk/history',
    policy: staff('bank-history:view'),
    screens: { list: 'HD0200', entry: 'HD0201' },
    actorOf: staffActor,
    words: ({ t }) => ({
      title: t('history.bank.title'),
      caption: t('history.bank.caption'),
      lead: t('history.bank.lead'),
      user: t('history.bank.user'),
    }),
  })
