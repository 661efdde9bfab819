import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { approvalModes } from '../../../../src/features/approvals/approval.ts'
import { consequenceOf } from '../../../../src/features/approvals/consequence.ts'

const mode = fc.constantFrom(...approvalModes)
const opposite = {
  bound: 'freed',
  freed: 'bound',
  more: 'fewer',
  fewer: 'more',
  ordered: 'unordered',
  unordered: 'ordered',
}

describe('E-02 what a change of approval means', () => {
  it.each([
    ['none', 'single', 'bound'],
    ['none', 'double_ordered', 'bound'],
    ['single', 'none', 'freed'],
    ['single', 'double_unordered', 'more'],
    ['double_ordered', 'single', 'fewer'],
    ['double_unordered', 'double_ordered', 'ordered'],
  ] as const)('from %s to %s: %s', (before, after, consequence) => {
    expect(consequenceOf(before, after)).toBe(consequence)
  })

  it('is nothing where nothing changes, and the opposite on the way back', () => {
    fc.assert(
      fc.property(mode, mode, (one, other) => {
        const there = consequenceOf(one, other)
        const back = consequenceOf(other, one)
        if (one === other) expect(there).toBeUndefined()
        else expect(back).toBe(opposite[there ?? 'bound'])
      }),
    )
  })
})
