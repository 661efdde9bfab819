import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Deps } from '../../deps.ts'
import type { StaffActor, UserActor } from '../../kernel/actor.ts'
import { day, plusSeconds } from '../../kernel/clock.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import { isUniqueViolation } from '../../platform/db/client.ts'
import { inTx, type Tx } from '../../platform/db/in-tx.ts'
import { presetOf } from '../../platform/db/preset-of.ts'
import type { Language, Translations } from '../../platform/i18n.ts'
import { sheetOf } from '../../platform/pdf/printable.ts'
import { readerOf } from '../../platform/reader.ts'
import { HistoryExportDownloaded, HistoryExported } from './events.ts'
import { csvLines, type ExportFormat, exportDays, mostExports, printableEntries, stepRows } from './export.ts'
import { readSearch } from './forms.ts'
import { scopeOf } from './queries.conditions.ts'
import { countEntries, entriesAfter, type HistoryExport, headOf } from './queries.exports.ts'
import type { Search } from './search.ts'

export const exportQueue = 'history-export'
export type ExportJob = { exportId: string }

export type ExportRequest = {
  format: ExportFormat
  language: Language
  search: Search
  /** The search as the address had it. */
  values: Record<string, string>
}

const zipped = promisify(gzip)

const exportedDetails = (
  format: ExportFormat,
  entries: number,
  { from, to, user, operation, outcome }: Search,
) => ({
  fileFormat: format,
  entries,
  ...(from && { searchedFrom: from }),
  ...(to && { searchedTo: to }),
  ...(user && { searchedUser: user }),
  ...(operation && { searchedOperation: operation }),
  ...(outcome && { searchedOutcome: outcome }),
})

/** Entries are given out as a file (F-04): recorded before they are. */
export const recordExport = async (
  deps: Deps,
  actor: UserActor | StaffActor,
  { format, search, entries }: { format: ExportFormat; search: Search; entries: number },
): Promise<void> => {
  await audit.recordAlone(deps, HistoryExported, {
    actor,
    companyId: scopeOf(actor).companyId,
    details: exportedDetails(format, entries, search),
  })
}

/**
 * Asks for a file that is made in the background, and gives its id. One at a time a user: the same wish again gives the
 * one under way, another is refused as `historyExport.underWay`, and as `historyExport.tooMany` what would be one too many.
 */
export const requestExport = async (
  deps: Deps,
  actor: UserActor,
  { format, language, search, values }: ExportRequest,
): Promise<Result<string, 'historyExport.underWay' | 'historyExport.tooMany'>> => {
  const kept = await deps.db.historyExport.count({
    where: { companyId: actor.companyId, userId: actor.id, expiresAt: { gt: deps.clock.now() } },
  })
  if (kept >= mostExports) return refuse('historyExport.tooMany', { most: mostExports })
  const reader = scopeOf(actor)
  const head = await headOf(deps, actor)
  const total = await countEntries(deps, reader, search, head)
  const { page: _page, ...conditions } = values
  try {
    return await inTx(deps, async tx => {
      const id = deps.ids.next()
      const now = deps.clock.now()
      // One whose day is over is nobody's any more, and must not hold the place of the one under way until it is erased.
      await tx.historyExport.deleteMany({
        where: { companyId: actor.companyId, userId: actor.id, expiresAt: { lte: now } },
      })
      await tx.historyExport.create({
        data: {
          id,
          companyId: actor.companyId,
          userId: actor.id,
          format,
          language,
          conditions,
          others: reader.others,
          headSeq: head.seq,
          headHash: Uint8Array.from(head.hash),
          total,
          requestedAt: now,
          expiresAt: plusSeconds(now, exportDays * day),
        },
      })
      await putJob(deps, tx, id)
      await audit.record(deps, tx, HistoryExported, {
        actor,
        companyId: actor.companyId,
        details: exportedDetails(format, total, search),
      })
      return ok(id)
    })
  } catch (error) {
    if (!isUniqueViolation(error)) throw error
    const underWay = await deps.db.historyExport.findFirst({
      where: { companyId: actor.companyId, userId: actor.id, finishedAt: null },
    })
    // It has been finished this moment, or it is the same.
    if (!underWay) return requestExport(deps, actor, { format, language, search, values })
    const same = underWay.format === format && sameConditions(underWay.conditions, conditions)
    return same ? ok(underWay.id) : refuse('historyExport.underWay')
  }
}

const sameConditions = (one: unknown, other: Record<string, string>): boolean => {
  const kept = one as Record<string, string>
  return [...new Set([...Object.keys(kept), ...Object.keys(other)])].every(
    name => (kept[name] ?? '') === (other[name] ?? ''),
  )
}

const putJob = (deps: Deps, tx: Tx, exportId: string) =>
  deps.jobs.put(tx, exportQueue, { exportId } satisfies ExportJob)

/** One job makes so many parts, then hands on: none runs for long, and a program that stops loses one part of work. */
const stepsInOneJob = 10

/**
 * Makes the next parts of an export and puts the job that goes on, until all are made (F-01). It bears a second run: a
 * part is kept only by whoever finds the export as it was read.
 */
export const continueExport = async (
  deps: Deps,
  translations: Translations,
  exportId: string,
): Promise<void> => {
  for (let step = 0; step < stepsInOneJob; step++) if (!(await makePart(deps, translations, exportId))) return
  await inTx(deps, tx => putJob(deps, tx, exportId))
}

/** Makes one part; false when there is nothing more to do. */
const makePart = async (deps: Deps, translations: Translations, exportId: string): Promise<boolean> => {
  const row = await deps.db.historyExport.findFirst({
    where: { id: exportId, finishedAt: null, expiresAt: { gt: deps.clock.now() } },
    include: { user: { include: { permissions: true, company: true } } },
  })
  if (!row) return false
  const { user, format, total } = row
  const language: Language = row.language === 'en' ? 'en' : 'ja'
  const mayStill =
    user.serviceState !== 'deleted' &&
    (!row.others ||
      user.permissions.some(each => each.serviceCode === 'history' && each.permissionCode === 'all'))
  if (!mayStill) {
    await deps.db.historyExport.deleteMany({ where: { id: exportId, companyId: row.companyId } })
    return false
  }
  const { search, values } = readSearch(row.conditions)
  const head = { seq: row.headSeq, hash: Buffer.from(row.headHash) }
  const cursor = row.cursorAt && row.cursorId ? { at: row.cursorAt, id: row.cursorId } : undefined
  const size = stepRows[format]
  const scope = { id: user.id, companyId: row.companyId, others: row.others }
  const entries = await entriesAfter(deps, scope, search, head, cursor, size)
  const preset = await presetOf(deps.db, row.companyId)
  const reader = readerOf({ t: translations(language, preset), language })
  const number = Math.floor(row.done / size) + 1
  const content =
    format === 'csv'
      ? await zipped(await csvLines(reader, entries, row.done === 0))
      : await deps.pdf.print(
          sheetOf(
            {
              t: reader.t,
              language,
              at: row.requestedAt,
              operator: reader.t('print.operatorWithId', { name: user.name, loginId: user.loginId }),
              company: user.company.name,
            },
            {
              ...(await printableEntries(reader, entries, {
                values,
                total,
                head,
                volume: { number, of: Math.max(1, Math.ceil(total / size)) },
              })),
              screen: 'BRSK001',
            },
          ),
        )
  const last = entries.at(-1)
  const finished = entries.length < size || row.done + entries.length >= total
  return inTx(deps, async tx => {
    const kept = await tx.historyExport.updateMany({
      where: { id: exportId, done: row.done, finishedAt: null },
      data: {
        done: row.done + entries.length,
        ...(last && { cursorAt: last.at, cursorId: last.id }),
        ...(finished && { finishedAt: deps.clock.now() }),
      },
    })
    // Another run of this job was quicker.
    if (kept.count === 0) return false
    await tx.historyExportFile.create({
      data: {
        companyId: row.companyId,
        exportId,
        number,
        rows: entries.length,
        content: Uint8Array.from(content),
      },
    })
    return !finished
  })
}

/** A file that was made is downloaded (F-04). */
export const recordDownload = async (
  deps: Deps,
  actor: UserActor,
  { format }: Pick<HistoryExport, 'format'>,
  volume: { number: number; rows: number },
): Promise<void> => {
  await audit.recordAlone(deps, HistoryExportDownloaded, {
    actor,
    companyId: actor.companyId,
    details: { fileFormat: format, entries: volume.rows, ...(format === 'pdf' && { volume: volume.number }) },
  })
}

/** Erases the files whose day is over, and what was never finished; gives how many. */
export const removeOldExports = async (deps: Pick<Deps, 'db' | 'clock'>): Promise<number> => {
  const { count } = await deps.db.historyExport.deleteMany({
    where: { expiresAt: { lte: deps.clock.now() } },
  })
  return count
}
