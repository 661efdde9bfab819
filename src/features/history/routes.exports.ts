import { pipeline, Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Deps } from '../../deps.ts'
import { user, userActor } from '../../platform/http/policy.ts'
import { attachmentName } from '../../platform/http/print.ts'
import { readerOf } from '../../platform/reader.ts'
import { recordDownload, requestExport } from './commands.exports.ts'
import { conditionFacts, type ExportFormat } from './export.ts'
import { listAddress, readSearch } from './forms.ts'
import { findExport, type HistoryExport, ownExports, partsOf } from './queries.exports.ts'
import { exportFacts, exportRow } from './views.exports.ts'

type Params = { Params: { id: string } }

/** Without JavaScript the page of a file under way asks again by itself this often, in seconds. */
const refreshSeconds = 5

const progressText = ({ t }: FastifyRequest, { done, total }: HistoryExport): string =>
  t('history-exports.progress', { done: done.toLocaleString('en-US'), total: total.toLocaleString('en-US') })

/** Files of the history that are too long to wait for: made in the background (F-01, F-04). */
export const historyExportRoutes = (app: FastifyInstance, deps: Deps): void => {
  app.get('/history/exports', { config: { policy: user(), screen: 'BRSK101' } }, async (request, reply) => {
    const reader = readerOf(request)
    return reply.page('history/exports', {
      screen: 'BRSK101',
      title: request.t('history-exports.list.title'),
      rows: (await ownExports(deps, userActor(request))).map(each => exportRow(reader, each)),
    })
  })

  app.post('/history/exports', { config: { policy: user(), screen: 'BRSK001' } }, async (request, reply) => {
    const { format } = (request.body ?? {}) as { format?: unknown }
    const { values, mistakes, search } = readSearch(request.body)
    if (mistakes.length > 0) return reply.redirect(listAddress(values, '/history'), 303)
    if (format !== 'csv' && format !== 'pdf')
      return reply.refuse({ ok: false, reason: 'historyExport.format' })
    const asked = { format, language: request.language, search, values } as const
    const requested = await requestExport(deps, userActor(request), asked)
    return requested.ok ? reply.redirect(`/history/exports/${requested.value}`, 303) : reply.refuse(requested)
  })

  app.get<Params>(
    '/history/exports/:id',
    { config: { policy: user(), screen: 'BRSK102' } },
    async (request, reply) => {
      const found = await findExport(deps, userActor(request), request.params.id)
      if (!found.ok) return reply.refuse(found)
      const made = found.value
      const reader = readerOf(request)
      const address = `/history/exports/${made.id}`
      return reply.page('history/export', {
        screen: 'BRSK102',
        title: request.t(`history-exports.page.${made.finished ? 'finished' : 'underWay'}`),
        facts: [...exportFacts(reader, made), ...conditionFacts(reader, made.conditions)],
        ...(made.finished
          ? { files: made.volumes.map(volume => fileLink(request, made, volume)) }
          : {
              refreshSeconds,
              waiting: { text: progressText(request, made), pollUrl: `${address}/state` },
            }),
      })
    },
  )

  app.get<Params>(
    '/history/exports/:id/state',
    { config: { policy: user(), screen: 'BRSK102' } },
    async (request, reply) => {
      const found = await findExport(deps, userActor(request), request.params.id)
      if (!found.ok) return reply.refuse(found)
      return reply.send(
        found.value.finished
          ? { done: true, href: `/history/exports/${found.value.id}` }
          : { done: false, message: progressText(request, found.value) },
      )
    },
  )

  app.get<{ Params: { id: string; number: string } }>(
    '/history/exports/:id/files/:number',
    { config: { policy: user(), screen: 'BRSK102', file: true }, exposeHeadRoute: false },
    async (request, reply) => {
      const actor = userActor(request)
      const found = await findExport(deps, actor, request.params.id)
      if (!found.ok) return reply.refuse(found)
      const made = found.value
      const volume = made.volumes.find(({ number }) => String(number) === request.params.number)
      if (!made.finished || !volume) return reply.refuse({ ok: false, reason: 'historyExport.notFound' })
      await recordDownload(deps, actor, made, volume)
      const { format } = made
      const name = fileName(request, format, format === 'pdf' ? volume.number : undefined)
      const parts = partsOf(deps, actor, made.id, volume.number, format === 'pdf' ? volume.number : Infinity)
      reply
        .type(format === 'pdf' ? 'application/pdf' : 'text/csv; charset=utf-8')
        .header('content-disposition', attachmentName(format === 'pdf' ? 'inline' : 'attachment', name))
      const stream = Readable.from(parts, { objectMode: false })
      // Parts are compressed one by one; one after the other they are one compressed file (RFC 1952, 2.2).
      return reply.send(format === 'pdf' ? stream : pipeline(stream, createGunzip(), () => undefined))
    },
  )
}

const fileName = ({ t }: FastifyRequest, format: ExportFormat, volume?: number): string =>
  `${t('history.list.caption')}${volume === undefined ? '' : `-${volume}`}.${format}`

const fileLink = (
  { t }: FastifyRequest,
  made: HistoryExport,
  { number, rows }: { number: number; rows: number },
) => ({
  href: `/history/exports/${made.id}/files/${number}`,
  text:
    made.format === 'csv'
      ? t('history-exports.page.csv')
      : t('history-exports.page.pdf', { number, of: made.volumes.length }),
  rows: t('common.table.count', { count: rows }),
})
