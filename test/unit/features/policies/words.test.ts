import { describe, expect, it } from 'vitest'
import { policyRows } from '../../../../src/features/policies/words.ts'
import { presetOf } from '../../../../src/policy/policy.ts'

const keys = (key: string) => key
const cellOf = (preset: 'shoko' | 'rokin' | 'recommended', rule: string) =>
  policyRows(keys, preset, presetOf(preset)).find(row => row.rule === rule)?.value

describe('the words of a policy', () => {
  it.each([
    ['shoko', 'enrol-again'],
    ['rokin', 'reissue-screens'],
    // Without an acquisition password nobody of recommended gets another certificate either.
    ['recommended', 'enrol-again'],
  ] as const)('A-01 say of %s what its proofs make true after expiry', (preset, told) => {
    expect(cellOf(preset, 'afterExpiry')).toEqual([`policies.afterExpiry.${told}`])
  })
})
