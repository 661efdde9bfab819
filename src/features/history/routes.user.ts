import type { FastifyInstance } from 'fastify'
import type { Deps } from '../../deps.ts'
import type { UserActor } from '../../kernel/actor.ts'
import { formatsOf } from '../../platform/formats.ts'
import { paginationOf } from '../../platform/http/pagination.ts'
import { user, userActor } from '../../platform/http/policy.ts'
import type { Printable } from '../../platform/http/print.ts'
import { can } from '../../policy/can.ts'
import { recordExport } from './commands.exports.ts'
import { atOnce, printableEntries } from './export.ts'
import { addressed, listAddress, readSearch, type SearchForm } from './forms.ts'
import { readerOf } from './queries.conditions.ts'
import { countEntries, entriesAfter, headOf } from './queries.exports.ts'
import { findEntry, operationsSeen, searchHistory } from './queries.ts'
import { pageSize } from './search.ts'
import { entryView, rowView } from './views.ts'
import { operationWords, type Reader } from './words.ts'

/** 操作履歴照会: the list with its search, and one entry (F-01, F-02). */
export const historyRoutes = (app: FastifyInstance, deps: Deps): void => {
  app.get('/history', { config: { policy: user(), screen: 'BRSK001' } }, async (request, reply) => {
    const actor = userActor(request)
    const form = readSearch(request.query)
    const { values, mistakes, search } = form
    const reader = { t: request.t, formats: formatsOf(request.language) }
    const operations = await operationsSeen(deps, actor)
    // A mistaken condition must not quietly become a wider search.
    const found = mistakes.length === 0 ? await searchHistory(deps, actor, search) : undefined
    const addressOf = (page: number) => listAddress({ ...values, page: String(page) })
    const conditions = { ...values, page: '' }
    return reply.page(
      'history/list',
      {
        screen: 'BRSK001',
        title: request.t('history.list.title'),
        values,
        errors: mistakes.map(({ field, key, params }) => ({ field, message: request.t(key, params) })),
        others: can(actor, 'history:others'),
        operations: operations.map(value => ({ value, text: operationWords(reader, value) })),
        beyond: found?.beyond ?? false,
        rows: found?.entries.map(entry => rowView(reader, entry, String(addressed(values)))),
        pagination: found && paginationOf({ ...found, size: pageSize }, addressOf),
        ...(found && {
          files: {
            ...(!found.beyond && { csvHref: `/history/entries.csv?${addressed(conditions)}` }),
            // What is too long to wait for is made in the background.
            made: [
              ...(found.beyond ? (['csv'] as const) : []),
              ...(found.beyond || found.total > atOnce.pdf ? (['pdf'] as const) : []),
            ],
            conditions: [...addressed(conditions)].map(([name, value]) => ({ name, value })),
          },
          ...(!found.beyond &&
            found.total <= atOnce.pdf && { print: () => printableList(deps, actor, reader, form) }),
        }),
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
      const view = entryView(reader, entry)
      return reply.page('history/entry', {
        screen: 'BRSK002',
        title: request.t('history.entry.title'),
        ...view,
        print: {
          parts: [
            { title: request.t('history.entry.facts'), rows: view.facts },
            { title: request.t('history.entry.details'), rows: view.details },
          ],
        },
        // The list as it was searched: read anew, so that nothing but our own conditions gets into the address.
        backHref: listAddress(readSearch(parsedBack(request.query.back)).values),
      })
    },
  )
}

/** Every entry that the search finds, with the chain's head (F-03); an export like any other (F-04). */
const printableList = async (
  deps: Deps,
  actor: UserActor,
  reader: Reader,
  { values, search }: SearchForm,
): Promise<Printable> => {
  const scope = readerOf(actor)
  const head = await headOf(deps, actor)
  const total = await countEntries(deps, scope, search, head)
  const entries = await entriesAfter(deps, scope, search, head, undefined, atOnce.pdf)
  return {
    ...(await printableEntries(reader, entries, { values, total, head })),
    recorded: () => recordExport(deps, actor, { format: 'pdf', search, entries: entries.length }),
  }
}

const parsedBack = (back: unknown): Record<string, string> =>
  typeof back === 'string' ? Object.fromEntries(new URLSearchParams(back)) : {}
