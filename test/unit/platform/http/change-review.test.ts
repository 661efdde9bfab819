import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  isChanged,
  markChanges,
  meanwhileLines,
  type ReviewLine,
} from '../../../../src/platform/http/change-review.ts'

const line = (key: string, value: ReviewLine['value']): ReviewLine => ({ key, label: `「${key}」`, value })

describe('D-06 the rows of a change', () => {
  it('have the old value beside what differs, and only there', () => {
    expect(
      markChanges(
        [line('memo', 'まえ'), line('mode', 'single'), line('gone', ['a', 'b'])],
        [line('memo', 'あと'), line('mode', 'single'), line('new', 'x')],
      ),
    ).toEqual([
      { label: '「memo」', value: 'あと', old: 'まえ' },
      { label: '「mode」', value: 'single' },
      { label: '「new」', value: 'x', old: [] },
      { label: '「gone」', value: '', old: ['a', 'b'] },
    ])
  })

  it('differ in nothing from themselves', () => {
    const lines = fc.uniqueArray(fc.record({ key: fc.string(), label: fc.string(), value: fc.string() }), {
      selector: ({ key }) => key,
    })
    fc.assert(
      fc.property(lines, all => {
        expect(isChanged(all, all)).toBe(false)
        expect(meanwhileLines(all, all, [])).toEqual([])
      }),
    )
  })
})

describe('D-12 what somebody else has changed meanwhile', () => {
  it('is each line of theirs with one’s own beside, marked where both have changed it', () => {
    const began = [line('a', '1'), line('b', '1'), line('c', '1'), line('d', '1')]
    const now = [line('a', '2'), line('b', '2'), line('c', '1'), line('d', '2')]
    const mine = [line('a', '1'), line('b', '3'), line('c', '3'), line('d', '2')]
    expect(meanwhileLines(began, now, mine)).toEqual([
      { label: '「a」', began: ['1'], now: ['2'], mine: ['1'], both: false },
      { label: '「b」', began: ['1'], now: ['2'], mine: ['3'], both: true },
      { label: '「d」', began: ['1'], now: ['2'], mine: ['2'], both: false },
    ])
  })
})
