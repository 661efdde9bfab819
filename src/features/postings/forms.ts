import { type BusinessDay, parseBusinessDay } from '../../kernel/business-day.ts'
import { unprintable, unprintableInLine } from '../../kernel/reason.ts'
import { dayAndTime, momentAt, parseTimeOfDay } from '../../kernel/time-of-day.ts'
import { lengthAsCounted, toHalfWidth } from '../../kernel/width.ts'
import type { Mistake } from '../../platform/http/mistake.ts'
import { presetNames } from '../../policy/policy.ts'
import { type UserRole, userRoles } from './posting.ts'

/** What a form carried: texts, and lists where a field came more than once. */
export type Typed = Readonly<Record<string, string | readonly string[]>>

export const longestTitle = 100
export const longestBody = 5000
export const longestSender = 50
export const mostCompanies = 10_000

/** Reads the fields of a form, whatever was sent. */
export const typedOf = (body: unknown): Typed =>
  Object.fromEntries(
    Object.entries((body ?? {}) as Record<string, unknown>).flatMap(
      ([field, value]): [string, string | string[]][] => {
        if (typeof value === 'string') return [[field, value.toWellFormed()]]
        return Array.isArray(value) ? [[field, value.map(each => String(each).toWellFormed())]] : []
      },
    ),
  )

/** One text of a form; what came twice, or not at all, is blank. */
export const textOf = (typed: Typed, field: string): string => {
  const value = typed[field]
  return typeof value === 'string' ? value : ''
}

export const listOf = (typed: Typed, field: string): string[] => [typed[field] ?? []].flat()

/** What is common to everything the bank writes; the companies are named by contract number. */
export type WrittenPosting = {
  title: string
  body: string
  sender: string
  publishAt: Date
  endsAt: Date | null
  presets: string[]
  roles: UserRole[]
  contractNumbers: string[] | null
}

/** A text that must be there, of no more than so many characters, without control characters but line ends. */
export const readText = (
  typed: Typed,
  field: string,
  longest: number,
  mistakes: Mistake[],
  lines: 'one' | 'many' = 'one',
): string => {
  const text = textOf(typed, field).replaceAll('\r\n', '\n').trim()
  const refused = lines === 'many' ? unprintable : unprintableInLine
  if (text === '') mistakes.push({ field, reason: `posting.${nameOf(field)}.blank` })
  else if (lengthAsCounted(text) > longest)
    mistakes.push({ field, reason: `posting.${nameOf(field)}.tooLong`, params: { longest } })
  else if (refused.test(text)) mistakes.push({ field, reason: 'posting.controlCharacters' })
  return text
}

// `question-3` is a question: the words name the kind of field, its place is where the error stands.
const nameOf = (field: string): string => field.replace(/-\d+$/, '')

/** A day and a time of it, each in a field of its own; undefined where something is wrong, which `mistakes` then says. */
export const readMoment = (
  typed: Typed,
  dayField: string,
  timeField: string,
  mistakes: Mistake[],
): Date | undefined => {
  const day = readDay(textOf(typed, dayField))
  const minutes = parseTimeOfDay(textOf(typed, timeField))
  if (!day) mistakes.push({ field: dayField, reason: 'posting.day' })
  if (minutes === undefined) mistakes.push({ field: timeField, reason: 'posting.time' })
  return day && minutes !== undefined ? momentAt(day, minutes) : undefined
}

const readDay = (text: string): BusinessDay | undefined => {
  const day = parseBusinessDay(toHalfWidth(text).trim().replaceAll('/', '-'))
  return day && day >= '2000-01-01' && day <= '2099-12-31' ? day : undefined
}

const contractNumber = /^\d{1,20}$/

/** The form of a posting, as far as every kind has it (H-06). */
export const readPosting = (typed: Typed): { written?: WrittenPosting; mistakes: Mistake[] } => {
  const mistakes: Mistake[] = []
  const title = readText(typed, 'title', longestTitle, mistakes)
  const body = readText(typed, 'body', longestBody, mistakes, 'many')
  const sender = readText(typed, 'sender', longestSender, mistakes)
  const publishAt = readMoment(typed, 'publishDay', 'publishTime', mistakes)
  const ends = textOf(typed, 'endDay').trim() !== '' || textOf(typed, 'endTime').trim() !== ''
  const endsAt = ends ? readMoment(typed, 'endDay', 'endTime', mistakes) : null
  if (publishAt && endsAt && endsAt <= publishAt)
    mistakes.push({ field: 'endDay', reason: 'posting.endsBeforeItBegins' })
  const presets = listOf(typed, 'presets')
  const roles = listOf(typed, 'roles')
  if (!presets.every(each => presetNames.some(name => name === each)))
    mistakes.push({ field: 'presets', reason: 'posting.presets.unknown' })
  if (!roles.every(isRole)) mistakes.push({ field: 'roles', reason: 'posting.roles.unknown' })
  const scope = textOf(typed, 'scope')
  const numbers =
    scope === 'companies'
      ? toHalfWidth(textOf(typed, 'companies'))
          .split(/[\s,、]+/)
          .filter(Boolean)
      : []
  const contractNumbers = scope === 'companies' ? [...new Set(numbers)] : null
  const wrong = numbers.find(each => !contractNumber.test(each))
  if (scope !== 'all' && scope !== 'companies')
    mistakes.push({ field: 'scope', reason: 'posting.scope.blank' })
  // Whoever typed numbers meant those companies: what is for one must never reach all because of a button overlooked.
  else if (scope === 'all' && textOf(typed, 'companies').trim() !== '')
    mistakes.push({ field: 'scope', reason: 'posting.scope.allWithNumbers' })
  else if (scope === 'companies' && numbers.length === 0)
    mistakes.push({ field: 'companies', reason: 'posting.companies.blank' })
  else if (contractNumbers && contractNumbers.length > mostCompanies)
    mistakes.push({
      field: 'companies',
      reason: 'posting.companies.tooMany',
      params: { most: mostCompanies },
    })
  else if (wrong !== undefined)
    mistakes.push({
      field: 'companies',
      reason: 'posting.companies.shape',
      params: { number: [...wrong].slice(0, 30).join('') },
    })
  if (mistakes.length > 0 || !publishAt || endsAt === undefined) return { mistakes }
  return {
    written: {
      title,
      body,
      sender,
      publishAt,
      endsAt,
      presets,
      roles: roles.filter(isRole),
      contractNumbers,
    },
    mistakes,
  }
}

const isRole = (text: string): text is UserRole => userRoles.some(role => role === text)

/** The fields of a day and time as the form shows a moment. */
export const momentValues = (prefix: string, at: Date | null): Record<string, string> => {
  const { day, time } = at ? dayAndTime(at) : { day: '', time: '' }
  return { [`${prefix}Day`]: day, [`${prefix}Time`]: time }
}
