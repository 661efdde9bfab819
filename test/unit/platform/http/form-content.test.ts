import { array, assert, constantFrom, dictionary, oneof, property, string } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { contentOf } from '../../../../src/platform/http/form-content.ts'

const body = { caseId: '1', reason: '一行目\r\n二行目', services: ['a', 'b'], note: '' }

describe('what a form says', () => {
  it.each([
    ['fields in another order', { services: ['a', 'b'], note: '', reason: '一行目\n二行目', caseId: '1' }],
    ['a blank field left out', { caseId: '1', reason: '一行目\n二行目', services: ['a', 'b'] }],
    ['blanks around a text', { ...body, reason: ' 一行目\n二行目\u3000', note: ' ' }],
    [
      'another token and button',
      { ...body, _csrf: 'x', step: 'execute', back: '1', more: '1', moreAccounts: '1' },
    ],
  ])('I-04 is the same with %s', (_name, other) => {
    expect(contentOf(other)).toBe(contentOf(body))
  })

  it.each([
    ['another id', { ...body, caseId: '2' }],
    ['another text', { ...body, reason: '一行目 二行目' }],
    ['one of several gone', { ...body, services: ['a'] }],
    ['several as one', { ...body, services: 'a,b' }],
    ['a field more', { ...body, note: '追記' }],
    ['a text in another field', { ...body, reason: '', note: '一行目\n二行目' }],
    ['nothing', undefined],
  ])('I-04 is another with %s', (_name, other) => {
    expect(contentOf(other)).not.toBe(contentOf(body))
  })

  it('I-04 counts what the address says beside it', () => {
    expect(contentOf(body, { service: 'transfer' })).not.toBe(contentOf(body, { service: 'payroll' }))
    expect(contentOf(body, { service: 'transfer' })).toBe(contentOf({ ...body, service: 'transfer' }))
  })

  it('I-04 tells any two forms apart that say different things, in any order of their fields', () => {
    const field = constantFrom('a', 'b', 'ab', 'c')
    const text = string({ unit: 'grapheme', minLength: 1 }).filter(
      each => each.trim() === each && !each.includes('\r'),
    )
    const forms = dictionary(field, oneof(text, array(text, { minLength: 1, maxLength: 3 })))
    const plain = (form: Record<string, unknown>) =>
      JSON.stringify(
        Object.entries(form)
          .map(([name, value]) => [name, ...[value].flat()])
          .toSorted(),
      )
    assert(
      property(forms, forms, (one, other) => {
        expect(contentOf(Object.fromEntries(Object.entries(one).toReversed()))).toBe(contentOf(one))
        expect(contentOf(one) === contentOf(other)).toBe(plain(one) === plain(other))
      }),
    )
  })
})
