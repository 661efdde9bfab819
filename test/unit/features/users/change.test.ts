import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { changeableParts } from '../../../../src/features/users/change.forms.ts'
import { factsChanged } from '../../../../src/features/users/change-facts.ts'
import { standingOfRequest } from '../../../../src/features/users/queries.requests.ts'
import { yen } from '../../../../src/kernel/money.ts'
import { presetNames, presetOf } from '../../../../src/policy/policy.ts'

type User = Parameters<typeof factsChanged>[0]
type Change = Parameters<typeof factsChanged>[1]

const account = (id: string) => ({
  id,
  branchCode: '001',
  branchName: '本店',
  kind: 'ordinary' as const,
  number: id,
  memo: '',
})
const facts = {
  loginId: 'hito01',
  name: '山田　花子',
  email: 'a@example.jp',
  mobile: null,
  role: 'user' as const,
  limits: new Map([['transfer', yen(5)]]),
}
const user = { ...facts, permissions: new Set(['balance.view']), accounts: [account('1')] } as unknown as User
const change: Change = { ...facts, permissions: ['balance.view'], accounts: [account('1')] }

describe('F-02 what the history tells of a change', () => {
  it('nothing where nothing differs, whatever the order', () => {
    expect(factsChanged(user, change)).toBeUndefined()
    const two = {
      ...user,
      permissions: new Set(['a.b', 'c.d']),
      accounts: [account('1'), account('2')],
    } as User
    const turned = { ...change, permissions: ['c.d', 'a.b'], accounts: [account('2'), account('1')] }
    expect(factsChanged(two, turned)).toBeUndefined()
  })

  it('each fact that differs, before and after, and of lists what came and went', () => {
    expect(
      factsChanged(user, {
        ...change,
        name: '山田　華子',
        mobile: '+819012345678',
        permissions: ['statement.view'],
        accounts: [account('2')],
        limits: new Map([['payroll', yen(7)]]),
      }),
    ).toEqual({
      before: { name: '山田　花子', mobile: '', limits: [{ service: 'transfer', amount: 5n }] },
      after: { name: '山田　華子', mobile: '+819012345678', limits: [{ service: 'payroll', amount: 7n }] },
      added: {
        permissions: ['statement.view'],
        accounts: [{ branchCode: '001', accountKind: 'ordinary', accountNumber: '2' }],
      },
      removed: {
        permissions: ['balance.view'],
        accounts: [{ branchCode: '001', accountKind: 'ordinary', accountNumber: '1' }],
      },
    })
  })
})

describe('D-08 what may be changed here', () => {
  const of = (preset: (typeof presetNames)[number], role: 'user' | 'administrator', passwordSet = true) =>
    changeableParts(
      presetOf(preset),
      { id: 'u', role, passwordSet },
      { id: 'me', byCertificate: false, appoints: true },
    )

  it('passwords where the policy does not leave forgotten ones to the helpdesk, or where there is none yet', () => {
    const login = (role: 'user' | 'administrator') =>
      presetNames.map(preset => of(preset, role).loginPassword)
    // shoko, rokin, sevenbank, prosrv, omakase, recommended
    expect(login('user')).toEqual(['no', 'typed', 'typed', 'typed', 'typed', 'made'])
    expect(login('administrator')).toEqual(['no', 'no', 'typed', 'typed', 'typed', 'made'])
    expect(of('shoko', 'user', false).loginPassword).toBe('typed')
    expect(presetNames.filter(preset => of(preset, 'user').confirmationPassword)).toEqual(['sevenbank'])
  })

  it('of oneself nothing that needs somebody else, and no login ID that the session’s certificate bears', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...presetNames),
        fc.boolean(),
        fc.boolean(),
        (preset, byCertificate, appoints) => {
          const self = { id: 'me', role: 'administrator' as const, passwordSet: true }
          expect(changeableParts(presetOf(preset), self, { id: 'me', byCertificate, appoints })).toEqual({
            loginId: !byCertificate,
            contact: false,
            role: false,
            loginPassword: 'no',
            confirmationPassword: false,
          })
        },
      ),
    )
  })
})

describe('D-11 a request', () => {
  const now = new Date('2026-11-20T00:00:00Z')
  const later = new Date('2026-11-20T00:00:01Z')
  const waiting = { state: 'pending', expiresAt: later, userVersion: 3 }
  const asBefore = { version: 3, serviceState: 'available' }

  it('waits while it is undecided, in time, and its user as they were', () => {
    expect(standingOfRequest(waiting, asBefore, now)).toBe('waiting')
    expect(standingOfRequest(waiting, asBefore, later)).toBe('expired')
    expect(standingOfRequest(waiting, { ...asBefore, version: 4 }, now)).toBe('stale')
    expect(standingOfRequest(waiting, { ...asBefore, serviceState: 'suspended' }, now)).toBe('stale')
  })

  it('once decided it stays so', () => {
    for (const state of ['approved', 'declined', 'withdrawn', 'lapsed'])
      expect(standingOfRequest({ ...waiting, state }, { version: 9, serviceState: 'deleted' }, later)).toBe(
        state,
      )
  })
})
