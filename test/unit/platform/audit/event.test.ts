import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { defineEvent, knownDetails, knownOperations } from '../../../../src/platform/audit/event.ts'

describe('F-02 an event of the history', () => {
  it.each([
    ['a password', z.strictObject({ password: z.string() })],
    [
      'a password inside',
      z.strictObject({ after: z.strictObject({ loginPassword: z.string().optional() }) }),
    ],
    ['a secret in a list', z.strictObject({ users: z.array(z.strictObject({ totpSecret: z.string() })) })],
    ['a code', z.strictObject({ mailCode: z.string().nullable() })],
    ['a token', z.strictObject({ sessionToken: z.union([z.string(), z.null()]) })],
    ['a file', z.strictObject({ pkcs12: z.string() })],
    ['a code as a number', z.strictObject({ code: z.number() })],
    ['a map of hashes', z.strictObject({ passwordHashes: z.record(z.string(), z.string()) })],
    ['an object that lets more in', z.object({ name: z.string() })],
    ['an object inside that lets more in', z.strictObject({ after: z.looseObject({ name: z.string() }) })],
    ['anything at all', z.strictObject({ name: z.unknown() })],
  ])('never takes %s', (_what, details) => {
    expect(() => defineEvent('test.refused', details)).toThrow(/^audit: test\.refused/)
    expect(knownOperations()).not.toContain('test.refused')
  })

  it('may say in fixed words what was done about a secret', () => {
    defineEvent(
      'test.fixed-words',
      z.strictObject({ passwordReset: z.boolean(), code: z.enum(['sent', 'kept']), branchCode: z.string() }),
    )
    expect(knownDetails().get('code')).toEqual(new Set(['sent', 'kept']))
  })

  it('has a name of its own', () => {
    defineEvent('test.once', z.strictObject({}))
    expect(() => defineEvent('test.once', z.strictObject({}))).toThrow(/twice/)
    expect(() => defineEvent('Test Once', z.strictObject({}))).toThrow(/name/)
  })
})
