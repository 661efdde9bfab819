import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  isAdministered,
  needsSecond,
  type Rights,
  raisedBy,
  raises,
  takesOnlyOther,
} from '../../../../src/features/users/guard-rails.ts'

const some = (...names: string[]) => fc.uniqueArray(fc.constantFrom(...names)).map(list => new Set(list))
const anyRights: fc.Arbitrary<Rights> = fc.record({
  role: fc.constantFrom('user' as const, 'administrator' as const, 'contractor' as const),
  permissions: some('balance.view', 'transfer.request_new', 'transfer.approve', 'history.all'),
  accounts: some('a', 'b', 'c'),
  limits: fc
    .uniqueArray(fc.tuple(fc.constantFrom('transfer', 'payroll'), fc.bigInt(0n, 5n)), {
      selector: ([code]) => code,
    })
    .map(list => new Map(list)),
})

const none: Rights = { role: 'user', permissions: new Set(), accounts: new Set(), limits: new Map() }

describe('D-11 raising rights', () => {
  it('what stays as it is raises nothing', () => {
    fc.assert(
      fc.property(anyRights, rights => {
        expect(raises(rights, rights)).toBe(false)
      }),
    )
  })

  it('two rights that raise each other neither way are the same, an absent limit being 0', () => {
    const whole = ({ role, permissions, accounts, limits }: Rights) => [
      role,
      [...permissions].sort(),
      [...accounts].sort(),
      [...limits].filter(([, amount]) => amount > 0n).sort(),
    ]
    fc.assert(
      fc.property(anyRights, anyRights, (a, b) => {
        if (!raises(a, b) && !raises(b, a)) expect(whole(a)).toEqual(whole(b))
      }),
    )
  })

  it('to have less raises nothing, and to have it back raises exactly what was taken', () => {
    fc.assert(
      fc.property(anyRights, rights => {
        const less: Rights = { ...none, role: rights.role }
        expect(raises(rights, less)).toBe(false)
        expect(raisedBy(less, rights)).toEqual({
          role: false,
          permissions: [...rights.permissions],
          accounts: [...rights.accounts],
          limits: [...rights.limits].filter(([, amount]) => amount > 0n).map(([code]) => code),
        })
      }),
    )
  })

  it('what is raised on the way is raised in the end, or was there before', () => {
    fc.assert(
      fc.property(anyRights, anyRights, anyRights, (a, b, c) => {
        if (!raises(a, b) && !raises(b, c)) expect(raises(a, c)).toBe(false)
      }),
    )
  })

  it('one yen more is a raise, one less is none', () => {
    const limit = (amount: bigint): Rights => ({ ...none, limits: new Map([['transfer', amount]]) })
    expect(raises(limit(100n), limit(101n))).toBe(true)
    expect(raises(limit(100n), limit(99n))).toBe(false)
    expect(raises(none, limit(0n))).toBe(false)
    expect(raises(limit(999_999_999_999n), none)).toBe(false)
  })

  const own = (before: Rights, after: Rights) => ({ actorId: 'me', userId: 'me', before, after })
  const another = fc.integer({ min: 1, max: 3 })

  it('one thing more for oneself waits, whatever is given up with it', () => {
    const more = fc.constantFrom<(rights: Rights) => Rights>(
      rights => ({ ...rights, permissions: new Set([...rights.permissions, 'fx.confirm']) }),
      rights => ({ ...rights, accounts: new Set([...rights.accounts, 'z']) }),
      rights => ({ ...rights, limits: new Map([...rights.limits, ['direct_debit', 1n]]) }),
    )
    fc.assert(
      fc.property(anyRights, another, more, (before, others, add) => {
        expect(needsSecond(own(before, add(before)), others)).toBe(true)
        expect(needsSecond(own(before, add({ ...none, role: before.role })), others)).toBe(true)
      }),
    )
  })

  it('what only takes away, is somebody else’s, or has nobody to look at it waits for nobody', () => {
    const part = <T>(of: Iterable<T>) => fc.subarray([...of])
    const shrunk = anyRights.chain(before =>
      fc
        .record({
          permissions: part(before.permissions),
          accounts: part(before.accounts),
          limits: part(before.limits),
        })
        .map(kept => ({
          before,
          after: {
            role: before.role,
            permissions: new Set(kept.permissions),
            accounts: new Set(kept.accounts),
            limits: new Map(kept.limits),
          },
        })),
    )
    fc.assert(
      fc.property(shrunk, another, ({ before, after }, others) => {
        expect(needsSecond(own(before, after), others)).toBe(false)
      }),
    )
    fc.assert(
      fc.property(anyRights, anyRights, fc.nat(3), (before, after, others) => {
        expect(needsSecond({ ...own(before, after), userId: 'you' }, others)).toBe(false)
        expect(needsSecond(own(before, after), 0)).toBe(false)
      }),
    )
  })
})

describe('D-11 the only other administrator', () => {
  const by = { actorId: 'me', userId: 'you' }

  it.each([
    ['deleted', { ...by, before: 'administrator' }, 1, true],
    ['made a user', { ...by, before: 'administrator', after: 'user' }, 1, true],
    ['deleted, beside another one', { ...by, before: 'administrator' }, 2, false],
    ['kept as one', { ...by, before: 'administrator', after: 'administrator' }, 1, false],
    ['a user who is deleted', { ...by, before: 'user' }, 1, false],
    ['a contractor who is made a user', { ...by, before: 'contractor', after: 'user' }, 1, true],
    ['oneself', { actorId: 'me', userId: 'me', before: 'administrator', after: 'user' }, 1, false],
  ] as const)('%s', (_who, act, others, taken) => expect(takesOnlyOther(act, others)).toBe(taken))
})

describe('D-11 never without an administrator', () => {
  it.each([
    [[], false],
    [[{ role: 'user', serviceState: 'available' }], false],
    [[{ role: 'administrator', serviceState: 'suspended' }], false],
    [[{ role: 'administrator', serviceState: 'blocked' }], false],
    [[{ role: 'contractor', serviceState: 'deleted' }], false],
    [[{ role: 'contractor', serviceState: 'available' }], true],
    [
      [
        { role: 'administrator', serviceState: 'deleted' },
        { role: 'administrator', serviceState: 'available' },
      ],
      true,
    ],
  ] as const)('%j: %s', (people, administered) => expect(isAdministered(people)).toBe(administered))
})
