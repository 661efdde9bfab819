import type { Deps } from '../../deps.ts'
import type { UserActor } from '../../kernel/actor.ts'
import { inTx } from '../../platform/db/in-tx.ts'
import type { Translate } from '../../platform/i18n.ts'
import { loginIdKey } from '../users/index.ts'
import { type Layout, readHeadings } from './columns.ts'
import { type Ground, groundFor } from './contract.ts'
import { holdersOf } from './holders.ts'
import { type FileUser, judgeBy, loginIdIn, type Mistake, type ReadRow, readRow } from './judging.ts'
import { recordsOf } from './reading.ts'
import { type Found, keepFound, type Totals } from './staging.ts'

/** Rows below the headings; more are two files. */
export const mostRows = 100_000
/** Rows looked at between two looks at the database: some ten milliseconds, then other requests have their turn. */
const rowsAtOnce = 500

type File = { id: string; companyId: string; isUtf8: boolean; round: number }

/**
 * Checks a whole file, every mistake at once, by row and column (D-13): what is right is staged, what is wrong is listed.
 * Memory does not grow with the file but by its login IDs. It bears being cut off: a second run begins anew, and a first
 * one that still runs stops where it notices.
 */
export const checkFile = async (
  deps: Deps,
  languages: readonly Translate[],
  actor: UserActor,
  importId: string,
): Promise<void> => {
  const ground = await groundFor(deps.db, actor)
  const file = await beginRound(deps, actor, importId, ground.basis)
  if (!file) return
  const totals: Totals = { bytesRead: 0, rowsRead: 0, registrable: 0, unchanged: 0, mistakes: 0 }
  const keep = (found: Found) => {
    totals.registrable += found.users.length
    totals.mistakes += found.mistakes.length
    return keepFound(deps, file, totals, found)
  }
  const problem = await readThrough(deps, { languages, ground, actor, file, totals, keep })
  if (problem === 'overtaken') return
  await deps.db.userImport.updateMany({
    where: { id: file.id, round: file.round, state: 'checking' },
    data: problem
      ? { state: 'unreadable', problem }
      : totals.rowsRead === 0 && totals.mistakes === 0
        ? { state: 'unreadable', problem: { reason: 'userCsv.noRows' } }
        : { state: 'checked' },
  })
}

const beginRound = (
  deps: Deps,
  actor: UserActor,
  importId: string,
  basis: string,
): Promise<File | undefined> =>
  inTx(deps, async tx => {
    const where = { id: importId, companyId: actor.companyId, state: 'checking' as const }
    const { count } = await tx.userImport.updateMany({
      where,
      data: {
        round: { increment: 1 },
        basis,
        bytesRead: 0,
        rowsRead: 0,
        registrable: 0,
        unchanged: 0,
        mistakes: 0,
      },
    })
    if (count === 0) return undefined
    await tx.userImportRow.deleteMany({ where: { importId } })
    await tx.userImportMistake.deleteMany({ where: { importId } })
    return tx.userImport.findUniqueOrThrow({
      where: { id: importId },
      select: { id: true, companyId: true, isUtf8: true, round: true },
    })
  })

type Reading = {
  languages: readonly Translate[]
  ground: Ground
  actor: UserActor
  file: File
  totals: Totals
  keep: (found: Found) => Promise<boolean>
}

type Problem = { reason: string; params?: Record<string, number> }

const readThrough = async (
  deps: Deps,
  { languages, ground, actor, file, totals, keep }: Reading,
): Promise<Problem | 'overtaken' | undefined> => {
  const rules = { contract: ground.contract, appoints: ground.appoints, languages }
  const judge = judgeBy(rules)
  const firstRows = new Map<string, number>()
  let layout: Layout | undefined
  let waiting: ReadRow[] = []

  const judgeWaiting = async (): Promise<boolean> => {
    const rows = waiting
    waiting = []
    if (!layout) return true
    const holders = await holdersOf(deps.db, actor, ground, rows.map(loginIdIn))
    const users: FileUser[] = []
    const mistakes: Mistake[] = []
    for (const row of rows) {
      const key = loginIdKey(loginIdIn(row))
      const first = firstRows.get(key)
      if (key !== '' && first === undefined) firstRows.set(key, row.row)
      const judged = judge(layout, first === undefined ? row : twice(layout, row, first), holders.get(key))
      if (judged.is === 'new') users.push(judged.user)
      else if (judged.is === 'unchanged') totals.unchanged++
      else mistakes.push(...judged.mistakes)
    }
    return keep({ users, mistakes })
  }

  for await (const record of recordsOf(piecesOf(deps, file, totals), file.isUtf8)) {
    if ('unparsable' in record) {
      if (!(await judgeWaiting())) return 'overtaken'
      const { row, unparsable: reason } = record
      return (await keep({ users: [], mistakes: [{ row, heading: '', value: '', reason }] }))
        ? undefined
        : 'overtaken'
    }
    if (!layout) {
      layout = readHeadings(record.cells, ground.contract, languages)
      if (layout.mistakes.length > 0) {
        const mistakes = layout.mistakes.map(each => ({ row: record.row, value: '', ...each }))
        return (await keep({ users: [], mistakes })) ? undefined : 'overtaken'
      }
      continue
    }
    const row = readRow(layout, record.row, record.cells)
    if (!row) continue
    if (++totals.rowsRead > mostRows) return { reason: 'userCsv.tooManyRows', params: { maximum: mostRows } }
    waiting.push(row)
    if (waiting.length >= rowsAtOnce && !(await judgeWaiting())) return 'overtaken'
  }
  return (await judgeWaiting()) ? undefined : 'overtaken'
}

/** A login ID that an earlier row has taken already. */
const twice = (layout: Layout, row: ReadRow, first: number): ReadRow => {
  const index = layout.columns.findIndex(column => column?.kind === 'basic' && column.field === 'loginId')
  const heading = layout.headings[index] ?? ''
  const mistake = {
    row: row.row,
    heading,
    value: loginIdIn(row),
    reason: 'userCsv.twice',
    params: { row: first },
  }
  return { ...row, mistakes: [...row.mistakes, mistake] }
}

async function* piecesOf({ db }: Pick<Deps, 'db'>, { id }: File, totals: Totals): AsyncGenerator<Uint8Array> {
  for (let number = 0; ; number++) {
    const piece = await db.userImportPart.findUnique({
      where: { importId_number: { importId: id, number } },
      select: { content: true },
    })
    if (!piece) return
    totals.bytesRead += piece.content.length
    yield piece.content
  }
}
