import { describe, expect, it } from 'vitest'
import { policyValues, readOverrides, valuesOf } from '../../../../src/features/policies/forms.ts'

describe('the form of a company’s policy', () => {
  it('C-12 C-13 lets the bank choose the key and the encryption of certificates, and takes nothing else', () => {
    const chosen = { keyAlgorithm: 'p-256', compatibility: '3des' }
    const { mistakes, overrides } = readOverrides('shoko', policyValues(chosen))
    expect(mistakes).toEqual([])
    expect(overrides).toEqual({ certificate: chosen })
    expect(valuesOf(overrides)).toMatchObject(chosen)

    const wrong = readOverrides('shoko', policyValues({ keyAlgorithm: 'rsa-1024' }))
    expect(wrong.mistakes).toEqual([{ field: 'keyAlgorithm', reason: 'policy.choice' }])
    expect(readOverrides('shoko', policyValues({})).overrides).toEqual({})
  })
})
