/** One line of what is changed, in words; the key tells which line of two reviews is the same. */
export type ReviewLine = { key: string; label: string; value: string | readonly string[] }

/** A row of `partials/review`: `old` makes it red and marked (D-06). */
export type MarkedRow = { label: string; value: string | string[]; old?: string | string[] }

type Value = ReviewLine['value'] | undefined

const listOf = (value: Value): string[] => (value === undefined ? [] : [value].flat())

const same = (a: Value, b: Value): boolean => JSON.stringify(listOf(a)) === JSON.stringify(listOf(b))

const shown = (value: Value): string | string[] => (typeof value === 'string' ? value : listOf(value))

const byKey = (lines: readonly ReviewLine[]): Map<string, Value> =>
  new Map(lines.map(({ key, value }) => [key, value]))

/**
 * The rows of a change's confirm or result page: what differs from before has what was there beside it (D-06). A line
 * that is only in one of the two differs from nothing.
 */
export const markChanges = (before: readonly ReviewLine[], after: readonly ReviewLine[]): MarkedRow[] => {
  const old = byKey(before)
  const kept = byKey(after)
  return [
    ...after.map(({ key, label, value }) => ({
      label,
      value: shown(value),
      ...(!same(old.get(key), value) && { old: shown(old.get(key)) }),
    })),
    ...before
      .filter(({ key }) => !kept.has(key))
      .map(({ label, value }) => ({ label, value: '', old: shown(value) })),
  ]
}

/** Whether two reviews differ in anything. */
export const isChanged = (before: readonly ReviewLine[], after: readonly ReviewLine[]): boolean =>
  markChanges(before, after).some(row => row.old !== undefined)

/** A line that somebody else has changed meanwhile; `both` where one has changed it oneself, to something else. */
export type MeanwhileLine = {
  label: string
  began: string[]
  now: string[]
  mine: string[]
  both: boolean
}

/** What somebody else has changed since one began, line by line, with one's own answer beside (D-12). */
export const meanwhileLines = (
  began: readonly ReviewLine[],
  now: readonly ReviewLine[],
  mine: readonly ReviewLine[],
): MeanwhileLine[] => {
  const [before, present, own] = [byKey(began), byKey(now), byKey(mine)]
  const labels = new Map([...began, ...mine, ...now].map(({ key, label }) => [key, label]))
  return [...labels]
    .filter(([key]) => !same(before.get(key), present.get(key)))
    .map(([key, label]) => ({
      label,
      began: listOf(before.get(key)),
      now: listOf(present.get(key)),
      mine: listOf(own.get(key)),
      both: !same(own.get(key), before.get(key)) && !same(own.get(key), present.get(key)),
    }))
}
