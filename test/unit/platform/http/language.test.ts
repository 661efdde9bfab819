import { describe, expect, it } from 'vitest'
import { safePath } from '../../../../src/platform/http/return-path.ts'

describe('safePath', () => {
  it('I-01 keeps a path of this site with its query', () => {
    expect(safePath('/users?page=2&sort=name')).toBe('/users?page=2&sort=name')
  })

  it.each([
    '//elsewhere.example/',
    '/\\elsewhere.example/',
    '/\t/elsewhere.example/',
    '/users/..//elsewhere.example',
    'https://elsewhere.example/',
    'javascript:alert(1)',
    '',
    undefined,
    ['/users'],
    `/${'a'.repeat(3000)}`,
  ])('I-05 goes to the first page for %j', path => {
    expect(safePath(path)).toBe('/')
  })
})
