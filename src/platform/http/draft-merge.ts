import type { Values } from './drafts.ts'

/** Field by field: what was left as it began is what it has become since; what was typed stays. */
export const mergeValues = (began: Values, now: Values, mine: Values): Values =>
  Object.fromEntries(
    [...new Set([...Object.keys(now), ...Object.keys(mine)])].flatMap(field => {
      const value = sameValue(mine[field], began[field]) ? now[field] : mine[field]
      return value === undefined ? [] : [[field, value]]
    }),
  )

/** Whether two fields hold the same; a list of choices is a set, and a single one comes as a text. */
const sameValue = (a: Values[string] | undefined, b: Values[string] | undefined): boolean =>
  JSON.stringify([a ?? []].flat().sort()) === JSON.stringify([b ?? []].flat().sort())
