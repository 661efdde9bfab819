import { describe, expect, it } from 'vitest'
import { claimsOf, linesOf, tableOf } from '../../../scripts/conformance-table.ts'
import { type Rule, rules } from '../../../src/policy/table.ts'

const report = (...tests: [string, string][]) => ({
  testResults: [{ assertionResults: tests.map(([title, status]) => ({ title, status })) }],
})
const titles = Object.fromEntries(rules.map(rule => [rule, rule])) as Record<Rule, string>

describe('the table of npm run conformance', () => {
  it('reads claims from titles, and refuses a title that no row would show', () => {
    const claims = claimsOf(
      report(
        ['A-01/lock [shoko, rokin] 三回', 'passed'],
        ['B-03 [every preset] 一台', 'failed'],
        ['B-04 [prosrv] 後で', 'skipped'],
      ),
    )
    expect(claims).toHaveLength(2)
    expect(claims[0]).toEqual({ row: 'lock', presets: ['shoko', 'rokin'], claim: '三回', passed: true })
    expect(claims[1]?.presets).toHaveLength(6)
    expect(() => claimsOf(report(['locks after three', 'passed']))).toThrow('is not a claim')
  })

  it('a cell passes when each of its tests does; one without a test is missing, unless it is not used', () => {
    const claims = claimsOf(
      report(
        ['A-01/lock [shoko] a', 'passed'],
        ['A-01/lock [shoko] b', 'failed'],
        ['A-01/lock [rokin] a', 'passed'],
      ),
    )
    const { rules: rows } = tableOf(claims, [], titles)
    const states = (rule: string) =>
      Object.fromEntries(
        (rows.find(({ title }) => title === rule)?.cells ?? []).map(({ preset, state }) => [preset, state]),
      )
    expect(states('lock')).toMatchObject({ shoko: 'failed', rokin: 'passed', omakase: 'missing' })
    expect(states('proof')).toMatchObject({ shoko: 'missing', omakase: 'not-used' })
  })

  it('items hold for the presets that their manuals are of', () => {
    const { items } = tableOf([], [{ id: 'B-04', title: '契約番号', presets: ['prosrv'] }], titles)
    expect(items[0]?.cells.map(({ state }) => state)).toEqual([
      'not-used',
      'not-used',
      'not-used',
      'missing',
      'not-used',
      'not-used',
    ])
  })

  it('an item that does not hold shows as a deviation, unless its test fails or is missing', () => {
    const deviation = { presets: ['sevenbank', 'prosrv', 'omakase'] as const, what: '例外', decision: '15' }
    const claims = claimsOf(
      report(
        ['B-07 [shoko, sevenbank] a', 'passed'],
        ['B-07 [prosrv] b', 'failed'],
        ['B-07 [rokin] c', 'passed'],
      ),
    )
    const { items } = tableOf(claims, [{ id: 'B-07', title: '他人', deviation }], titles)
    expect(items[0]?.cells.map(({ state }) => state)).toEqual([
      'passed',
      'passed',
      'deviates',
      'failed',
      'missing',
      'missing',
    ])
    expect(linesOf('', items)[1]).toContain('△')
  })

  it('keeps columns under each other, with Japanese two columns wide', () => {
    const { items } = tableOf(
      [],
      [
        { id: 'B-04', title: '契約' },
        { id: 'B-05', title: 'abcd' },
      ],
      titles,
    )
    const [, first = '', second = ''] = linesOf('', items)
    expect(first.indexOf('未') + 2).toBe(second.indexOf('未'))
  })
})
