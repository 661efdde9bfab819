import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readSearch } from '../../../../src/features/history/forms.ts'

const mistakesOf = (query: unknown) => readSearch(query).mistakes.map(({ field, key }) => [field, key])

describe('F-01 the search form of the history', () => {
  it('takes days as people write them (I-06)', () => {
    for (const typed of ['2026-11-02', '2026/11/2', '２０２６／１１／０２', '2026年11月2日', ' 2026.11.02 '])
      expect(readSearch({ from: typed })).toMatchObject({ mistakes: [], search: { from: '2026-11-02' } })
  })

  it('takes a single day, and leap days', () => {
    expect(mistakesOf({ from: '2028-02-29', to: '2028-02-29' })).toEqual([])
  })

  it.each([
    [{ from: '2026-02-30' }, 'from', 'history.errors.noSuchDay'],
    [{ to: 'yesterday' }, 'to', 'history.errors.noSuchDay'],
    [{ from: '0000-01-01' }, 'from', 'history.errors.dayOutOfRange'],
    [{ to: '9999-12-31' }, 'to', 'history.errors.dayOutOfRange'],
    [{ from: '2026-11-21', to: '2026-11-20' }, 'to', 'history.errors.toBeforeFrom'],
    [{ user: 'x'.repeat(1_000_000) }, 'user', 'history.errors.userTooLong'],
    [{ user: 'tanaka\u0007\n01' }, 'user', 'history.errors.userUnprintable'],
    [{ operation: "'; drop table history" }, 'operation', 'history.errors.notAChoice'],
    [{ operation: 'foo.bar' }, 'operation', 'history.errors.notAChoice'],
    [{ operation: 'history' }, 'operation', 'history.errors.notAChoice'],
    [{ outcome: 'maybe' }, 'outcome', 'history.errors.notAChoice'],
    [{ page: '-1' }, '', 'history.errors.page'],
    [{ page: '0' }, '', 'history.errors.page'],
    [{ page: '501' }, '', 'history.errors.page'],
    [{ page: '1e2' }, '', 'history.errors.page'],
    [{ from: ['2026-11-20', '2026-11-21'] }, 'from', 'history.errors.twice'],
  ])('names the mistake in %o', (query, field, key) => {
    expect(mistakesOf(query)).toEqual([[field, key]])
  })

  it('names all mistakes at once, and shows what was typed again without its excess', () => {
    const { values, mistakes } = readSearch({ from: '2026-13-01', page: '-1', user: 'あ'.repeat(100) })
    expect(mistakes).toHaveLength(3)
    expect(values).toMatchObject({ from: '2026-13-01', user: 'あ'.repeat(60) })
  })

  it('never throws, whatever comes', () => {
    const field = fc.oneof(fc.string({ unit: 'binary' }), fc.array(fc.string()), fc.anything())
    fc.assert(
      fc.property(
        fc.record({ from: field, to: field, user: field, operation: field, page: field }),
        query => {
          const { search, values } = readSearch(query)
          expect(search.page).toBeGreaterThanOrEqual(1)
          expect(Object.values(values).every(value => typeof value === 'string')).toBe(true)
        },
      ),
    )
  })
})
