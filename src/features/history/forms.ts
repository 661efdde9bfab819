import { type BusinessDay, parseBusinessDay } from '../../kernel/business-day.ts'
import { unprintableInLine } from '../../kernel/reason.ts'
import { knownOperations } from '../../platform/audit/audit.ts'
import { lastPage, type Search } from './search.ts'

/** A mistake in the search form: the field, and the key of the text that says cause and remedy. */
export type SearchMistake = { field: string; key: string; params?: Record<string, number> }

export type SearchForm = {
  /** What was typed, to be shown again. */
  values: Record<string, string>
  mistakes: SearchMistake[]
  search: Search
}

const longestUser = 60
const firstDay = '2000-01-01'
const lastDay = '2099-12-31'

/**
 * The search that an address asks for. Days may be typed in any usual way: 2026-11-20, 2026/11/20, full-width, or
 * 2026年11月20日 (I-06). A mistaken condition is named in `mistakes` and left out of `search`.
 */
export const readSearch = (query: unknown): SearchForm => {
  const mistakes: SearchMistake[] = []
  const given = (name: string): string => {
    const value = (query as Record<string, unknown> | null)?.[name] ?? ''
    if (typeof value === 'string') return value.trim()
    // The same name twice in an address: nobody can say which was meant.
    mistakes.push({ field: name === 'page' ? '' : name, key: 'history.errors.twice' })
    return ''
  }
  const typed = {
    from: given('from'),
    to: given('to'),
    user: given('user'),
    operation: given('operation'),
    outcome: given('outcome'),
    page: given('page'),
  }
  const search: Search = { page: 1 }

  const from = readDay('from', typed.from, mistakes)
  const to = readDay('to', typed.to, mistakes)
  if (from && to && from > to) mistakes.push({ field: 'to', key: 'history.errors.toBeforeFrom' })
  if (from) search.from = from
  if (to) search.to = to

  if (typed.user.length > longestUser)
    mistakes.push({ field: 'user', key: 'history.errors.userTooLong', params: { longest: longestUser } })
  // No name has them, and neither a page nor paper can show them (I-05).
  else if (unprintableInLine.test(typed.user))
    mistakes.push({ field: 'user', key: 'history.errors.userUnprintable' })
  else if (typed.user !== '') search.user = typed.user

  // What no event bears is in nobody's history, and has no words to be searched, recorded or printed by (I-05).
  if (knownOperations().includes(typed.operation)) search.operation = typed.operation
  else if (typed.operation !== '') mistakes.push({ field: 'operation', key: 'history.errors.notAChoice' })

  if (typed.outcome === 'done' || typed.outcome === 'refused') search.outcome = typed.outcome
  else if (typed.outcome !== '') mistakes.push({ field: 'outcome', key: 'history.errors.notAChoice' })

  const page = Number(typed.page)
  if (/^\d{1,6}$/.test(typed.page) && page >= 1 && page <= lastPage) search.page = page
  else if (typed.page !== '')
    // The page is no field of the form: the message stands in the summary alone.
    mistakes.push({ field: '', key: 'history.errors.page', params: { last: lastPage } })

  const values = {
    ...typed,
    from: from ?? typed.from.slice(0, 40),
    to: to ?? typed.to.slice(0, 40),
    user: typed.user.slice(0, longestUser),
  }
  return { values, mistakes, search }
}

const readDay = (field: 'from' | 'to', typed: string, mistakes: SearchMistake[]): BusinessDay | undefined => {
  if (typed === '') return undefined
  const parts = /^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?$/.exec(typed.slice(0, 40).normalize('NFKC'))
  const [, year = '', month = '', day = ''] = parts ?? []
  const parsed = parseBusinessDay(`${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`)
  if (!parsed) mistakes.push({ field, key: 'history.errors.noSuchDay' })
  else if (parsed < firstDay || parsed > lastDay)
    mistakes.push({ field, key: 'history.errors.dayOutOfRange' })
  else return parsed
  return undefined
}

/** The conditions that were given, as an address has them. */
export const addressed = (values: Readonly<Record<string, string>>): URLSearchParams =>
  new URLSearchParams(Object.entries(values).filter(([, value]) => value !== ''))

/** The list at an address with these conditions. */
export const listAddress = (values: Readonly<Record<string, string>>, list: string): string => {
  const query = String(addressed(values))
  return query === '' ? list : `${list}?${query}`
}
