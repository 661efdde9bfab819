import { type PresetName, presetNames } from '../src/policy/policy.ts'
import { markOf, type Rule, rules } from '../src/policy/table.ts'
import type { Item } from './conformance-items.ts'

/** What the tests said of one cell. */
export type CellResult = { passed: number; failed: number }

type Report = {
  testResults: { assertionResults: { title: string; status: string; failureMessages?: string[] }[] }[]
}

/** A claim with what came of it. */
export type Claim = { row: string; presets: readonly PresetName[]; claim: string; passed: boolean }

const shape = /^(?:A-01\/(?<rule>\w+)|(?<id>[AB]-\d\d)) \[(?<whose>[^\]]+)\] (?<claim>.+)$/

/** The claims of a run, from vitest's report; a test whose title is no claim is refused, for no row would show it. */
export const claimsOf = (report: Report): Claim[] =>
  report.testResults
    .flatMap(file => file.assertionResults)
    // What was passed over proves nothing: its cells show as not tested.
    .filter(({ status }) => status === 'passed' || status === 'failed')
    .map(({ title, status }) => {
      const { rule, id, whose = '', claim = '' } = shape.exec(title)?.groups ?? {}
      const row = rule ?? id
      if (row === undefined) throw new Error(`"${title}" is not a claim: use cell() or item()`)
      const presets = whose === 'every preset' ? presetNames : (whose.split(', ') as PresetName[])
      return { row, presets, claim, passed: status === 'passed' }
    })

/** A row of the printed table: a rule of chapter A or an item. `cells` follow the presets' order. */
export type Row = { name: string; title: string; cells: Cell[] }
export type Cell = {
  preset: PresetName
  /** `deviates`: its tests passed, and show that the item does not hold here, as a decision has it. */
  state: 'passed' | 'failed' | 'missing' | 'not-used' | 'deviates'
  ours: boolean
}

const stateOf = (claims: readonly Claim[], row: string, preset: PresetName): Cell['state'] => {
  const about = claims.filter(each => each.row === row && each.presets.includes(preset))
  if (about.length === 0) return 'missing'
  return about.every(({ passed }) => passed) ? 'passed' : 'failed'
}

/** Every cell of the table and every item, with what the claims say of it. */
export const tableOf = (
  claims: readonly Claim[],
  items: readonly Item[],
  titles: Record<Rule, string>,
): { rules: Row[]; items: Row[] } => ({
  rules: rules.map(rule => ({
    name: `A-01 ${rule}`,
    title: titles[rule],
    cells: presetNames.map(preset => {
      const mark = markOf(rule, preset)
      const state = stateOf(claims, rule, preset)
      return {
        preset,
        state: mark === 'not-used' && state === 'missing' ? 'not-used' : state,
        ours: mark === 'ours',
      }
    }),
  })),
  items: items.map(({ id, title, presets = presetNames, deviation }) => ({
    name: id,
    title,
    cells: presetNames.map(preset => {
      const state = stateOf(claims, id, preset)
      if (state === 'missing' && !presets.includes(preset)) return { preset, state: 'not-used', ours: false }
      const deviates = state === 'passed' && deviation?.presets.includes(preset)
      return { preset, state: deviates ? 'deviates' : state, ours: false }
    }),
  })),
})

const signs = { passed: '✔', failed: '✘', missing: '未', 'not-used': '－', deviates: '△' } as const

/** How many columns of a terminal a text takes: Japanese takes two a character. */
const widthOf = (text: string): number =>
  [...text].reduce(
    (sum, character) =>
      sum + (/[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\uff00-\uff60]/.test(character) ? 2 : 1),
    0,
  )

const padded = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - widthOf(text)))

/** The rows as lines of text: a name, a title, a sign a preset; `~` follows where the cell is the bank's own. */
export const linesOf = (heading: string, rows: readonly Row[]): string[] => {
  const nameWidth = Math.max(...rows.map(({ name }) => widthOf(name))) + 2
  const titleWidth = Math.max(widthOf(heading), ...rows.map(({ title }) => widthOf(title))) + 2
  return [
    padded('', nameWidth) + padded(heading, titleWidth) + presetNames.map(name => padded(name, 13)).join(''),
    ...rows.map(
      ({ name, title, cells }) =>
        padded(name, nameWidth) +
        padded(title, titleWidth) +
        cells.map(({ state, ours }) => padded(signs[state] + (ours ? '~' : ''), 13)).join(''),
    ),
  ].map(line => line.trimEnd())
}
