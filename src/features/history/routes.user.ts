import type { FastifyInstance } from 'fastify'
import type { Deps } from '../../deps.ts'
import { formatsOf } from '../../platform/formats.ts'
import { paginationOf } from '../../platform/http/pagination.ts'
import { user, userActor } from '../../platform/http/policy.ts'
import { can } from '../../policy/can.ts'
import { readSearch } from './forms.ts'
import { findEntry, operationsSeen, searchHistory } from './queries.ts'
import { pageSize } from './search.ts'
import { entryView, rowView } from './views.ts'

/** 操作履歴照会: the list with its search, and one entry (F-01, F-02). */
export const historyRoutes = (app: FastifyInstance, deps: Deps): void => {
  app.get('/history', { config: { policy: user(), screen: 'BRSK001' } }, async (request, reply) => {
    const actor = userActor(request)
    const { values, mistakes, search } = readSearch(request.query)
    const reader = { t: request.t, formats: formatsOf(request.language) }
    const operations = await operationsSeen(deps, actor)
    // A mistaken condition must not quietly become a wider search.
    const found = mistakes.length === 0 ? await searchHistory(deps, actor, search) : undefined
    const addressOf = (page: number) => listAddress({ ...values, page: String(page) })
    return reply.page(
      'history/list',
      {
        screen: 'BRSK001',
        title: request.t('history.list.title'),
        values,
        errors: mistakes.map(({ field, key, params }) => ({ field, message: request.t(key, params) })),
        others: can(actor, 'history:others'),
        operations: operations.map(value => ({ value, text: request.t(`operations.${value}`) })),
        beyond: found?.beyond ?? false,
        rows: found?.entries.map(entry => rowView(reader, entry, String(addressed(values)))),
        pagination: found && paginationOf({ ...found, size: pageSize }, addressOf),
      },
      mistakes.length === 0 ? 200 : 422,
    )
  })

  app.get<{ Params: { id: string }; Querystring: { back?: unknown } }>(
    '/history/:id',
    { config: { policy: user(), screen: 'BRSK002' } },
    async (request, reply) => {
      const entry = await findEntry(deps, userActor(request), request.params.id)
      if (!entry) return reply.refuse({ ok: false, reason: 'history.notFound' })
      const reader = { t: request.t, formats: formatsOf(request.language) }
      return reply.page('history/entry', {
        screen: 'BRSK002',
        title: request.t('history.entry.title'),
        ...entryView(reader, entry),
        // The list as it was searched: read anew, so that nothing but our own conditions gets into the address.
        backHref: listAddress(readSearch(parsedBack(request.query.back)).values),
      })
    },
  )
}

const addressed = (values: Record<string, string>): URLSearchParams =>
  new URLSearchParams(Object.entries(values).filter(([, value]) => value !== ''))

const listAddress = (values: Record<string, string>): string => {
  const query = String(addressed(values))
  return query === '' ? '/history' : `/history?${query}`
}

const parsedBack = (back: unknown): Record<string, string> =>
  typeof back === 'string' ? Object.fromEntries(new URLSearchParams(back)) : {}
