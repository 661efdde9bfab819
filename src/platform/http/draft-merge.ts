import type { Values } from './drafts.ts'

type Value = Values[string] | undefined

/**
 * Field by field, and of a list box by box: what was left as it began is what it has become since; what was typed stays
 * (D-12).
 */
export const mergeValues = (began: Values, now: Values, mine: Values): Values =>
  Object.fromEntries(
    [...new Set([...Object.keys(now), ...Object.keys(mine)])].flatMap(field => {
      const value = merged(began[field], now[field], mine[field])
      return value === undefined ? [] : [[field, value]]
    }),
  )

const merged = (began: Value, now: Value, mine: Value): Value => {
  if (sameValue(mine, began)) return now
  return isList(began) || isList(now) ? mergeLists(listOf(began), listOf(now), listOf(mine)) : mine
}

/** What both have kept or either has added: a permission that another one granted is not taken back by a box beside it. */
const mergeLists = (began: readonly string[], now: readonly string[], mine: readonly string[]): string[] => [
  ...now.filter(box => mine.includes(box) || !began.includes(box)),
  ...mine.filter(box => !began.includes(box) && !now.includes(box)),
]

// A form sends a single box as a text, so what the fields began with tells which of them are lists.
const isList = (value: Value): boolean => Array.isArray(value)

const listOf = (value: Value): string[] => [value ?? []].flat()

/** Whether all answers, by step, are the same on both sides. */
export const sameAnswers = (
  one: Readonly<Record<string, Values>>,
  other: Readonly<Record<string, Values>>,
): boolean =>
  everyKey(one, other, step =>
    everyKey(one[step] ?? {}, other[step] ?? {}, field =>
      sameValue(one[step]?.[field], other[step]?.[field]),
    ),
  )

const everyKey = (one: object, other: object, isSame: (key: string) => boolean): boolean =>
  [...new Set([...Object.keys(one), ...Object.keys(other)])].every(isSame)

/** Whether two fields hold the same; a list of choices is a set. */
const sameValue = (a: Value, b: Value): boolean =>
  JSON.stringify(listOf(a).sort()) === JSON.stringify(listOf(b).sort())
