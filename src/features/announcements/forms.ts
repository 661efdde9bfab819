import { dayAndTimeOfEnd } from '../../kernel/time-of-day.ts'
import type { Mistake } from '../../platform/http/mistake.ts'
import { momentValues, readMoment, readText, type Typed, textOf } from '../postings/index.ts'

/** A window as the form names it: a service's code, or a system by name. */
export type WrittenWindow = { serviceCode: string | null; systemName: string; startsAt: Date; endsAt: Date }

/** What the select offers beside the services: a system that has no tile, named in a field of its own. */
export const otherSystem = 'other'

const rowsAtFirst = 3
const mostRows = 50
const longestSystem = 60

const columns = ['system', 'systemName', 'fromDay', 'fromTime', 'toDay', 'toTime'] as const

/** How many rows the form shows: three more where 「行を追加」 was pressed, up to fifty. */
export const rowsOf = (typed: Typed): number => {
  const given = Number(textOf(typed, 'rows'))
  const rows = Number.isInteger(given) && given >= 1 ? given : rowsAtFirst
  return Math.min(mostRows, textOf(typed, 'more') === '' ? rows : rows + rowsAtFirst)
}

/**
 * The windows of an announcement (G-01); rows in which nothing stands are none. Refuses a window that goes on when the
 * announcement is no longer shown: what nobody is told of closes no tile.
 */
export const readWindows = (
  typed: Typed,
  serviceCodes: ReadonlySet<string>,
  shownUntil: Date | null,
): { windows: WrittenWindow[]; mistakes: Mistake[] } => {
  const mistakes: Mistake[] = []
  const windows: WrittenWindow[] = []
  for (let row = 1; row <= mostRows; row++) {
    const field = (column: (typeof columns)[number]) => `${column}-${row}`
    if (columns.every(column => textOf(typed, field(column)).trim() === '')) continue
    const system = textOf(typed, field('system'))
    if (system === '') mistakes.push({ field: field('system'), reason: 'posting.window.system' })
    else if (system !== otherSystem && !serviceCodes.has(system))
      mistakes.push({ field: field('system'), reason: 'posting.window.unknownSystem' })
    const systemName =
      system === otherSystem ? readText(typed, field('systemName'), longestSystem, mistakes) : ''
    const startsAt = readMoment(typed, field('fromDay'), field('fromTime'), mistakes)
    const endsAt = readMoment(typed, field('toDay'), field('toTime'), mistakes)
    if (!startsAt || !endsAt) continue
    if (endsAt <= startsAt)
      mistakes.push({ field: field('toDay'), reason: 'posting.window.endsBeforeItBegins', params: { row } })
    else if (shownUntil && endsAt > shownUntil)
      mistakes.push({ field: field('toDay'), reason: 'posting.window.endsAfterPosting', params: { row } })
    else windows.push({ serviceCode: system === otherSystem ? null : system, systemName, startsAt, endsAt })
  }
  return { windows, mistakes }
}

/** Windows as the form shows them; an end at midnight is 24:00 of the day before, as it was typed. */
export const windowValues = (windows: readonly WrittenWindow[]): Typed => ({
  rows: String(Math.max(rowsAtFirst, windows.length + 1)),
  ...Object.fromEntries(
    windows.flatMap(({ serviceCode, systemName, startsAt, endsAt }, index) => {
      const row = index + 1
      const start = momentValues('from', startsAt)
      const end = dayAndTimeOfEnd(endsAt)
      return [
        [`system-${row}`, serviceCode ?? otherSystem],
        [`systemName-${row}`, systemName],
        [`fromDay-${row}`, start.fromDay ?? ''],
        [`fromTime-${row}`, start.fromTime ?? ''],
        [`toDay-${row}`, end.day],
        [`toTime-${row}`, end.time],
      ]
    }),
  ),
})
