import type { FastifyInstance } from 'fastify'
import type { Deps } from '../../deps.ts'
import { paginationOf } from '../../platform/http/pagination.ts'
import { staff, staffActor } from '../../platform/http/policy.ts'
import { readerOf } from '../../platform/reader.ts'
import { can } from '../../policy/can.ts'
import { recentHistoryOf } from '../history/index.ts'
import { waitingCases, waitingTable } from '../two-officers/index.ts'
import { type Asked, readSearch } from './forms.ts'
import { lookAtCustomer, type SearchResult, searchCustomers } from './looks.ts'
import { countReviews } from './queries.cases.ts'
import { pendingFor } from './queries.pending.ts'
import { searchFields, shownAtMost } from './search.ts'
import { pendingTable } from './views.pending.ts'
import { foundView } from './views.search.ts'
import { customerView, eventsView } from './views.ts'

const pagesOf = ({ field, text, company }: Asked, { users }: SearchResult) =>
  paginationOf(
    { total: users.count, page: users.page, size: shownAtMost },
    page =>
      `/helpdesk/home?${new URLSearchParams({ field, q: text, ...(company !== '' && { company }), page: String(page) })}`,
  )

/** The console's first page with its search, and a customer (H-02). */
export const customerRoutes = (app: FastifyInstance, deps: Deps): void => {
  app.get('/helpdesk/home', { config: { policy: staff(), screen: 'HD0010' } }, async (request, reply) => {
    const { t } = request
    const actor = staffActor(request)
    const mayView = can(actor, 'customer:view')
    const asked = mayView ? readSearch(request.query) : undefined
    const mistake = asked?.mistake
    const waiting = mayView ? await waitingCases(deps, actor) : []
    const reviews = mayView ? await countReviews(deps, actor) : { waiting: 0, late: 0 }
    const found = asked && !mistake ? await searchCustomers(deps, actor, asked) : undefined
    return reply.page(
      'helpdesk/home',
      {
        screen: 'HD0010',
        title: t('cases.search.title'),
        mayView,
        fields: searchFields.map(value => ({ value, text: t(`cases.searchFields.${value}`) })),
        values: { field: asked?.field ?? 'all', q: asked?.text ?? '', company: asked?.company ?? '' },
        errors: mistake
          ? [{ field: mistake.field, message: t(`reasons.${mistake.reason}`, mistake.params) }]
          : [],
        found: found && foundView(readerOf(request), found),
        ...(asked && found && { pagination: pagesOf(asked, found) }),
        ...(reviews.waiting > 0 && { reviews: t('cases.review.waiting', reviews) }),
        waiting: waiting.length > 0 ? waitingTable(readerOf(request), waiting) : undefined,
      },
      mistake ? 422 : 200,
    )
  })

  app.get<{ Params: { id: string } }>(
    '/helpdesk/users/:id',
    { config: { policy: staff('customer:view'), screen: 'HD0011' } },
    async (request, reply) => {
      const { t } = request
      const actor = staffActor(request)
      const looked = await lookAtCustomer(deps, actor, request.params.id)
      if (!looked.ok) return reply.refuse(looked)
      const customer = looked.value
      const reader = readerOf(request)
      const pending = await pendingFor(deps, actor, customer)
      const entries = await recentHistoryOf(deps, actor, {
        companyId: customer.companyId,
        userId: customer.id,
      })
      return reply.page('helpdesk/customer', {
        screen: 'HD0011',
        title: t('cases.customer.title', { name: customer.name }),
        breadcrumbs: [{ text: t('cases.search.title'), href: '/helpdesk/home' }, { text: customer.name }],
        ...customerView(reader, actor, customer),
        pending: pendingTable(reader, pending),
        events: eventsView(reader, entries),
      })
    },
  )
}
