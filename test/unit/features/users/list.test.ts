import { describe, expect, it } from 'vitest'
import { serviceStateWords } from '../../../../src/features/users/details.ts'
import { enquiryActs, userRow } from '../../../../src/features/users/list.ts'
import { type PolicyOverrides, policyOf } from '../../../../src/policy/policy.ts'

type User = Parameters<typeof enquiryActs>[4]
type Actor = Parameters<typeof enquiryActs>[1]

const actor = { kind: 'user', id: 'me', role: 'administrator' } as Actor
const someone = {
  id: 'u',
  role: 'user',
  serviceState: 'available',
  suspendedByBank: false,
  locked: false,
  confirmationLocked: false,
  strangersEnd: false,
  codesSuspended: false,
  otp: 'none',
} as unknown as User

const offered = (changed: Partial<User>, overrides: PolicyOverrides = {}, manages = true) =>
  enquiryActs(
    key => key,
    actor,
    policyOf({ preset: 'sevenbank', overrides }),
    { appoints: true, manages: () => manages, managed: { OR: [{ id: 'me' }, { role: { in: [] } }] } },
    { ...someone, ...changed },
  ).map(({ action }) => action)

const totp: PolicyOverrides = { login: { secondFactor: 'totp' } }

describe('what an administrator is offered on a user’s enquiry', () => {
  it('D-08, D-09, D-15 change, suspend, delete; resume where suspended', () => {
    expect(offered({})).toEqual(['/users/u/change', '/users/u/suspension', '/users/u/deletion'])
    expect(offered({ serviceState: 'suspended' })).toEqual([
      '/users/u/change',
      '/users/u/resumption',
      '/users/u/deletion',
    ])
    expect(offered({ serviceState: 'suspended', suspendedByBank: true })).not.toContain('/users/u/resumption')
  })

  it('D-10 the release of locks and blocks', () => {
    expect(offered({ locked: true })).toContain('/users/u/lock-release')
    const blocked = offered({ serviceState: 'blocked' })
    expect(blocked).toContain('/users/u/lock-release')
    expect(blocked).not.toContain('/users/u/suspension')
  })

  it('D-10 one-time passwords: lift where suspended, revoke where registered, where the company uses them', () => {
    expect(offered({ otp: 'active' }, totp)).toContain('/users/otp-tokens/u/revocation')
    expect(offered({ otp: 'active' }, totp)).not.toContain('/users/otp-suspensions/u/lift')
    expect(offered({ otp: 'suspended' }, totp)).toEqual(
      expect.arrayContaining(['/users/otp-suspensions/u/lift', '/users/otp-tokens/u/revocation']),
    )
    expect(offered({ otp: 'suspended' }).join()).not.toContain('otp')
  })

  it('D-11, D-14 of oneself only the change, and nothing of whom one does not manage', () => {
    expect(offered({ id: 'me', otp: 'suspended', locked: true }, totp)).toEqual(['/users/me/change'])
    expect(offered({}, {}, false)).toEqual([])
    expect(offered({ otp: 'suspended', locked: true, serviceState: 'blocked' }, totp, false)).toEqual([])
  })
})

describe('how a user stands at a glance', () => {
  const reader = { t: (key: string) => key, formats: {} } as unknown as Parameters<typeof userRow>[0]
  const row = (changed: Partial<User>, otp = true) =>
    JSON.stringify(
      userRow(
        reader,
        { ...someone, emailState: 'valid', certificate: { standing: 'none', notAfter: null }, ...changed },
        { otp, change: false, remove: false, release: false },
      ),
    )

  it('D-01 the one-time password’s state, where the company uses it', () => {
    for (const otp of ['none', 'active', 'suspended'] as const) {
      expect(row({ otp })).toContain(`users.otp.standings.${otp}`)
      expect(row({ otp }, false)).not.toContain('users.otp')
    }
  })

  it('D-01, D-15 codes that are suspended, and who has suspended the user', () => {
    expect(row({ codesSuspended: true })).toContain('users.locks.codesShort')
    expect(row({ serviceState: 'suspended', suspendedByBank: true })).toContain('users.suspendedByBank')
    expect(row({ serviceState: 'suspended' })).not.toContain('users.suspendedByBank')
    const blocked = { serviceState: 'blocked', suspendedByBank: true } as const
    expect(serviceStateWords(reader.t, blocked)).toBe('users.serviceStates.blocked')
  })
})
