import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { answer, type Situation } from '../../../../src/features/obstacles/obstacle.ts'
import { boundsOf, needsAccount, operationsOf } from '../../../../src/features/obstacles/operation.ts'
import { yen } from '../../../../src/kernel/money.ts'

const able: Situation = {
  serviceState: 'available',
  suspendedByBank: false,
  loginLocked: false,
  password: 'usable',
  confirmationLocked: false,
  codesSuspended: false,
  otpSuspended: false,
  certificate: 'usable',
  contracted: true,
  banksOwn: false,
  administratorsOnly: false,
  permitted: true,
  accounts: { usable: 1, chosen: { closed: false, usable: true } },
  limits: [
    { bound: 'user', amount: yen(100) },
    { bound: 'account.total', amount: yen(300) },
    { bound: 'account.each', amount: yen(200) },
  ],
  approval: { needed: 1, beside: 1 },
  nothingToApprove: false,
}

const amount = fc.bigInt({ min: 0n, max: 1_000n }).map(yen)
const limit = fc.option(amount, { nil: undefined })
const situation: fc.Arbitrary<Situation> = fc
  .record({
    serviceState: fc.constantFrom('available', 'suspended', 'blocked', 'deleted'),
    suspendedByBank: fc.boolean(),
    loginLocked: fc.boolean(),
    password: fc.constantFrom('usable', 'unset', 'ended', 'strangersEnd'),
    confirmationLocked: fc.boolean(),
    codesSuspended: fc.boolean(),
    otpSuspended: fc.boolean(),
    certificate: fc.constantFrom(
      'none',
      'issuing',
      'usable',
      'expired',
      'revoked',
      'superseded',
      'void',
      null,
    ),
    contracted: fc.boolean(),
    banksOwn: fc.boolean(),
    administratorsOnly: fc.boolean(),
    permitted: fc.boolean(),
    accounts: fc.option(
      fc
        .record({
          usable: fc.nat(3),
          chosen: fc.option(fc.record({ closed: fc.boolean(), usable: fc.boolean() }), { nil: undefined }),
        })
        .map(({ usable, chosen }) => ({ usable, ...(chosen && { chosen }) })),
    ),
    limits: fc.tuple(limit, limit, limit).map(([user, total, each]) => [
      { bound: 'user' as const, amount: user },
      { bound: 'account.total' as const, amount: total },
      { bound: 'account.each' as const, amount: each },
    ]),
    amount: fc.option(amount, { nil: undefined }),
    approval: fc.option(fc.record({ needed: fc.nat(2), beside: fc.nat(3) })),
    nothingToApprove: fc.boolean(),
  })
  .map(
    ({ amount: asked, ...rest }) => ({ ...rest, ...(asked !== undefined && { amount: asked }) }) as Situation,
  )

const kindsOf = (of: Situation) => answer(of).obstacles.map(({ kind }) => kind)
const count = (of: Situation) => answer(of).obstacles.length

describe('E-06 what stands in the way', () => {
  it('is nothing where all is in order, and the least limit is the room', () => {
    expect(answer(able)).toEqual({ obstacles: [], room: 100n, approvals: 1 })
  })

  it('an amount passes the limits exactly up to the room', () => {
    fc.assert(
      fc.property(
        fc.array(
          amount.filter(each => each > 0n),
          { minLength: 1, maxLength: 3 },
        ),
        amount,
        (all, asked) => {
          const limits = all.map(each => ({ bound: 'user' as const, amount: each }))
          const { obstacles, room } = answer({ ...able, limits, amount: asked })
          expect(room).toBe(all.reduce((a, b) => (a < b ? a : b)))
          expect(obstacles.length === 0).toBe(asked <= (room ?? 0n))
        },
      ),
    )
  })

  it('a smaller amount never meets more', () => {
    fc.assert(
      fc.property(situation, amount, amount, (of, one, other) => {
        const [less, more] = one < other ? [one, other] : [other, one]
        expect(count({ ...of, amount: less })).toBeLessThanOrEqual(count({ ...of, amount: more }))
      }),
    )
  })

  it('giving a permission, an account or an approver, raising a limit or ending a lock never adds one', () => {
    fc.assert(
      fc.property(situation, amount, (of, more) => {
        const better: Partial<Situation>[] = [
          { permitted: true },
          { administratorsOnly: false, permitted: true },
          { serviceState: 'available' },
          { loginLocked: false },
          { confirmationLocked: false },
          { otpSuspended: false },
          { certificate: 'usable' },
          { accounts: { usable: 1, chosen: { closed: false, usable: true } } },
          ...(of.approval ? [{ approval: { ...of.approval, beside: of.approval.beside + 1 } }] : []),
          {
            limits: of.limits.map(({ bound, amount: limit }) => ({
              bound,
              amount: yen((limit ?? 0n) + more),
            })),
          },
        ]
        for (const change of better) expect(count({ ...of, ...change })).toBeLessThanOrEqual(count(of))
      }),
    )
  })

  it('names a limit that is missing or nought, whatever the amount', () => {
    const limits = [
      { bound: 'user' as const, amount: undefined },
      { bound: 'account.total' as const, amount: yen(0) },
    ]
    expect(answer({ ...able, limits })).toMatchObject({
      obstacles: [
        { kind: 'limitUnset', bound: 'user' },
        { kind: 'limitZero', bound: 'account.total' },
      ],
      room: undefined,
    })
  })

  const each: [string, string, Partial<Situation>][] = [
    ['a suspended user', 'state', { serviceState: 'suspended' }],
    ['a lock', 'locked', { loginLocked: true }],
    ['no certificate', 'certificate', { certificate: 'none' }],
    ['no contract', 'notContracted', { contracted: false, permitted: false }],
    ['what is the bank’s', 'banksOwn', { banksOwn: true, administratorsOnly: true, permitted: false }],
    ['what is for administrators', 'administratorsOnly', { administratorsOnly: true, permitted: false }],
    ['no permission', 'notPermitted', { permitted: false }],
    ['no account at all', 'noAccount', { accounts: { usable: 0 } }],
    ['another’s account', 'account', { accounts: { usable: 1, chosen: { closed: false, usable: false } } }],
    ['a closed account', 'account', { accounts: { usable: 1, chosen: { closed: true, usable: true } } }],
    ['a yen too much', 'aboveLimit', { amount: yen(101) }],
    ['an approver too few', 'tooFewApprovers', { approval: { needed: 2, beside: 1 } }],
    ['nothing to approve', 'nothingToApprove', { nothingToApprove: true }],
  ]
  it.each(each)('is for %s one thing: %s', (_what, kind, change) => {
    expect(kindsOf({ ...able, ...change })).toEqual([kind])
  })
})

describe('E-03 E-04 the limits that hold', () => {
  const request = (service: string, code: string) =>
    operationsOf(service, { code, sort: 'request', administratorsOnly: false })

  it('are 合計 and one part for 振込振替: 事前登録 for payees on paper, 都度指定 for others', () => {
    const boundsFor = (code: string) => request('transfer', code).map(boundsOf)
    expect(boundsFor('request_preregistered')).toEqual([['user', 'account.total', 'account.preregistered']])
    expect(boundsFor('request_user_registered')).toEqual([['user', 'account.total', 'account.each']])
    expect(boundsFor('request_new')).toEqual([['user', 'account.total', 'account.each']])
  })

  it('are the company’s for the others, with 給与 and 賞与 apart', () => {
    expect(request('payroll', 'request_file').map(boundsOf)).toEqual([
      ['user', 'company.salary'],
      ['user', 'company.bonus'],
    ])
    expect(request('direct_debit', 'request_file').map(boundsOf)).toEqual([['user', 'company.direct_debit']])
  })

  it('bound no enquiry and no approval, and only what touches money needs an account', () => {
    const [approve] = operationsOf('transfer', {
      code: 'approve',
      sort: 'approve',
      administratorsOnly: false,
    })
    const [view] = operationsOf('balance', { code: 'view', sort: 'enquiry', administratorsOnly: false })
    if (!approve || !view) throw new Error('each is one operation')
    expect(boundsOf(approve)).toEqual([])
    expect([needsAccount(approve), needsAccount(view)]).toEqual([false, true])
  })
})
