import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Deps } from '../../deps.ts'
import type { StaffActor, UserActor } from '../../kernel/actor.ts'
import { paginationOf } from '../../platform/http/pagination.ts'
import type { Policy } from '../../platform/http/policy.ts'
import { attachmentName, type Printable } from '../../platform/http/print.ts'
import { type Reader, readerOf } from '../../platform/reader.ts'
import { recordExport } from './commands.exports.ts'
import { atOnce, type Cursor, csvLines, type ExportFormat, printableEntries } from './export.ts'
import { addressed, listAddress, readSearch, type SearchForm } from './forms.ts'
import { scopeOf } from './queries.conditions.ts'
import { countEntries, entriesAfter, headOf } from './queries.exports.ts'
import { findEntry, operationsSeen, searchHistory } from './queries.ts'
import { pageSize } from './search.ts'
import { entryView, rowView } from './views.ts'
import { operationWords } from './words.ts'

/** Where a history is read: a company's by its users, the bank's own by its officers. */
export type HistoryPlace = {
  /** The list's address; entries and files are below it. */
  address: string
  policy: Policy
  screens: { list: string; entry: string }
  actorOf: (request: FastifyRequest) => UserActor | StaffActor
  /** What the list is called, what it says of itself, and what people are searched by. */
  words: (
    request: FastifyRequest,
    others: boolean,
  ) => { title: string; caption: string; lead: string; user: string }
  /** Where files that are too long to wait for are made in the background. */
  longFiles?: string
}

const linesAtATime = 1_000

/** The list with its search, its CSV, and one entry (F-01, F-02). */
export const historyPages = (app: FastifyInstance, deps: Deps, place: HistoryPlace): void => {
  const { policy, screens, longFiles } = place

  app.get(place.address, { config: { policy, screen: screens.list } }, async (request, reply) => {
    const scope = scopeOf(place.actorOf(request))
    const form = readSearch(request.query)
    const { values, mistakes, search } = form
    const reader = readerOf(request)
    const words = place.words(request, scope.others)
    const operations = await operationsSeen(deps, scope)
    // A mistaken condition must not quietly become a wider search.
    const found = mistakes.length === 0 ? await searchHistory(deps, scope, search) : undefined
    const addressOf = (page: number) => listAddress({ ...values, page: String(page) }, place.address)
    const conditions = { ...values, page: '' }
    const tooMany = (format: ExportFormat) =>
      found !== undefined && (found.beyond || found.total > atOnce[format])
    return reply.page(
      'history/list',
      {
        screen: screens.list,
        title: words.title,
        words,
        address: place.address,
        values,
        errors: mistakes.map(({ field, key, params }) => ({ field, message: request.t(key, params) })),
        others: scope.others,
        operations: operations.map(value => ({ value, text: operationWords(reader, value) })),
        beyond: found?.beyond ?? false,
        rows: found?.entries.map(entry => rowView(reader, entry, place.address, String(addressed(values)))),
        pagination: found && paginationOf({ ...found, size: pageSize }, addressOf),
        ...(found && {
          files: {
            ...(!tooMany('csv') && { csvHref: `${place.address}/entries.csv?${addressed(conditions)}` }),
            // What is too long to wait for is made in the background, or narrowed.
            tooMany: (['csv', 'pdf'] as const).filter(tooMany),
            ...(longFiles && { longFiles }),
            conditions: [...addressed(conditions)].map(([name, value]) => ({ name, value })),
          },
          ...(!tooMany('pdf') && {
            print: () => printableList(deps, place.actorOf(request), reader, form, words.caption),
          }),
        }),
      },
      mistakes.length === 0 ? 200 : 422,
    )
  })

  app.get<{ Params: { id: string }; Querystring: { back?: unknown } }>(
    `${place.address}/:id`,
    { config: { policy, screen: screens.entry } },
    async (request, reply) => {
      const entry = await findEntry(deps, scopeOf(place.actorOf(request)), request.params.id)
      if (!entry) return reply.refuse({ ok: false, reason: 'history.notFound' })
      const view = entryView(readerOf(request), entry)
      return reply.page('history/entry', {
        screen: screens.entry,
        title: request.t('history.entry.title'),
        ...view,
        print: {
          parts: [
            { title: request.t('history.entry.facts'), rows: view.facts },
            { title: request.t('history.entry.details'), rows: view.details },
          ],
        },
        // The list as it was searched: read anew, so that nothing but our own conditions gets into the address.
        backHref: listAddress(readSearch(parsedBack(request.query.back)).values, place.address),
      })
    },
  )

  app.get(
    `${place.address}/entries.csv`,
    { config: { policy, screen: screens.list, file: true }, exposeHeadRoute: false },
    async (request, reply) => {
      const actor = place.actorOf(request)
      const { values, mistakes, search } = readSearch(request.query)
      const scope = scopeOf(actor)
      const head = await headOf(deps, scope)
      const total = mistakes.length === 0 ? await countEntries(deps, scope, search, head) : 0
      // The list says what is mistaken, and what to do with what has become too long.
      if (mistakes.length > 0 || total > atOnce.csv)
        return reply.redirect(listAddress(values, place.address), 303)
      await recordExport(deps, actor, { format: 'csv', search, entries: total })
      const reader = readerOf(request)
      const lines = async function* () {
        let cursor: Cursor | undefined
        for (let first = true; ; first = false) {
          const entries = await entriesAfter(deps, scope, search, head, cursor, linesAtATime)
          yield await csvLines(reader, entries, first)
          cursor = entries.at(-1)
          if (entries.length < linesAtATime) return
        }
      }
      const { caption } = place.words(request, scope.others)
      return reply
        .type('text/csv; charset=utf-8')
        .header('content-disposition', attachmentName('attachment', `${caption}.csv`))
        .send(Readable.from(lines()))
    },
  )
}

/** Every entry that the search finds, with the chain's head (F-03); an export like any other (F-04). */
const printableList = async (
  deps: Deps,
  actor: UserActor | StaffActor,
  reader: Reader,
  { values, search }: SearchForm,
  title: string,
): Promise<Printable> => {
  const scope = scopeOf(actor)
  const head = await headOf(deps, scope)
  const total = await countEntries(deps, scope, search, head)
  const entries = await entriesAfter(deps, scope, search, head, undefined, atOnce.pdf)
  return {
    ...(await printableEntries(reader, entries, { values, total, head })),
    title,
    recorded: () => recordExport(deps, actor, { format: 'pdf', search, entries: entries.length }),
  }
}

const parsedBack = (back: unknown): Record<string, string> =>
  typeof back === 'string' ? Object.fromEntries(new URLSearchParams(back)) : {}
