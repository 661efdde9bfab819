import type { FastifyInstance } from 'fastify'
import type { Deps } from '../../deps.ts'
import { staff, staffActor } from '../../platform/http/policy.ts'
import { readerOf } from '../../platform/reader.ts'
import { waitingCases } from './queries.ts'
import { waitingTable } from './views.ts'

/** 承認待ち: the cases that wait for their second officer (H-04). */
export const twoOfficersRoutes = (app: FastifyInstance, deps: Deps): void => {
  app.get(
    '/helpdesk/approvals',
    { config: { policy: staff('customer:view'), screen: 'HD0041' } },
    async (request, reply) => {
      const actor = staffActor(request)
      const waiting = await waitingCases(deps, actor)
      const reader = readerOf(request)
      const own = waiting.filter(({ officerId }) => officerId === actor.id)
      const others = waiting.filter(({ officerId }) => officerId !== actor.id)
      return reply.page('helpdesk/approvals', {
        screen: 'HD0041',
        title: request.t('two-officers.title'),
        others: waitingTable(reader, others),
        own:
          own.length > 0
            ? { ...waitingTable(reader, own), caption: request.t('two-officers.list.own') }
            : undefined,
      })
    },
  )
}
