import { describe, expect, it } from 'vitest'
import { maskedMobile, readMobile } from '../../../../src/features/factors/mobile.ts'

describe('mobile numbers', () => {
  it.each([
    ['090-1234-5678', '+819012345678'],
    ['09012345678', '+819012345678'],
    [' 080 1234 5678 ', '+818012345678'],
    ['０７０－１２３４－５６７８', '+817012345678'],
    ['０９０ー１２３４ー５６７８', '+819012345678'],
    ['+81 90 1234 5678', '+819012345678'],
    ['+44 7400 123456', '+447400123456'],
  ])('B-18 are read as they were meant: %s', (typed, number) => {
    expect(readMobile(typed)).toBe(number)
  })

  it.each([
    '',
    ' ',
    '090',
    '03-1234-5678',
    '0120-123-456',
    '090-1234-567',
    'abc',
    '+1',
    '9'.repeat(1000),
    '090\u00001234',
  ])('B-18 that take no short message are none: %j', typed => {
    expect(readMobile(typed)).toBeUndefined()
  })

  it('B-18 are shown by their end', () => {
    expect(maskedMobile('+819012345678')).toBe('*******5678')
  })
})
