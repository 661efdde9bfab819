import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  keysOf,
  limitedServices,
  type MatrixService,
  meaningOf,
  offeredOrHeld,
  offeredTo,
  permissionKey,
  permissionKinds,
} from '../../../../src/features/users/matrix.ts'

const matrix = (approval: MatrixService['approval']): MatrixService[] => [
  {
    code: 'transfer',
    approval,
    userLimit: true,
    permissions: [
      { code: 'request_new', kind: 'request', administratorsOnly: false },
      { code: 'payees', kind: 'payees', administratorsOnly: false },
      { code: 'approve', kind: 'approve', administratorsOnly: false },
    ],
  },
  {
    code: 'fx',
    approval: null,
    userLimit: false,
    permissions: [{ code: 'restrict_users', kind: 'administer', administratorsOnly: true }],
  },
]

describe('D-04 the matrix', () => {
  it('E-02 offers 承認 before approval is switched on, too', () => {
    for (const mode of ['none', 'single'] as const)
      expect(keysOf(offeredTo(matrix(mode), 'user'))).toContain('transfer.approve')
  })

  it('offers what is for administrators only to them', () => {
    expect(keysOf(offeredTo(matrix('single'), 'user'))).not.toContain('fx.restrict_users')
    expect(offeredTo(matrix('single'), 'user').map(({ code }) => code)).toEqual(['transfer'])
    expect(keysOf(offeredTo(matrix('single'), 'administrator'))).toContain('fx.restrict_users')
  })

  it('shows a permission that is held although it is no longer offered', () => {
    const held = new Set(['fx.restrict_users'])
    expect(keysOf(offeredOrHeld(matrix('none'), 'user', held))).toContain('fx.restrict_users')
    expect(keysOf(offeredOrHeld(matrix('none'), 'user', new Set()))).not.toContain('fx.restrict_users')
  })

  it('explains a request of 振込振替 by whether it is approved', () => {
    const meaning = (approval: MatrixService['approval']) => {
      const [transfer] = matrix(approval)
      const [request] = transfer?.permissions ?? []
      return transfer && request && meaningOf(transfer, request)
    }
    expect(meaning('none')).toBe('transfer.request_new.withoutApproval')
    expect(meaning('double_ordered')).toBe('transfer.request_new.withApproval')
  })

  it('D-05 asks for a limit only where the user may make requests', () => {
    const codes = (...permissions: string[]) =>
      limitedServices(matrix('single'), new Set(permissions)).map(({ code }) => code)
    expect(codes('transfer.request_new')).toEqual(['transfer'])
    expect(codes('transfer.payees', 'transfer.approve', 'fx.restrict_users')).toEqual([])
  })
})

const modes = ['none', 'single', 'double_unordered', 'double_ordered'] as const
const roles = ['user', 'administrator', 'contractor'] as const
const anyPermissions = fc.uniqueArray(
  fc.record({
    code: fc.constantFrom('a', 'b', 'c', 'd'),
    kind: fc.constantFrom(...permissionKinds),
    administratorsOnly: fc.boolean(),
  }),
  { selector: ({ code }) => code },
)
/** What a company may have contracted. */
const anyContract: fc.Arbitrary<MatrixService[]> = fc.uniqueArray(
  fc.record({
    code: fc.constantFrom('transfer', 'bulk_transfer', 'payroll', 'fx'),
    approval: fc.constantFrom(null, ...modes),
    userLimit: fc.boolean(),
    permissions: anyPermissions,
  }),
  { selector: ({ code }) => code },
)
const anyRole = fc.constantFrom(...roles)
/** Keys that somebody may hold or a form may carry, of the contract or not. */
const anyKeys = fc
  .uniqueArray(
    fc
      .tuple(fc.constantFrom('transfer', 'payroll', 'fx', 'beyond'), fc.constantFrom('a', 'b', 'c', 'd'))
      .map(key => key.join('.')),
  )
  .map(keys => new Set(keys))
const permissionsOf = (contract: readonly MatrixService[], keys: ReadonlySet<string>) =>
  contract.flatMap(service =>
    service.permissions
      .filter(permission => keys.has(permissionKey(service, permission)))
      .map(permission => ({ service, permission })),
  )

describe('D-11, D-04 of any contract', () => {
  it('nothing outside it is offered, whoever it is and whatever they hold', () => {
    fc.assert(
      fc.property(anyContract, anyRole, anyKeys, (contract, role, held) => {
        const contracted = keysOf(contract)
        for (const offered of [offeredTo(contract, role), offeredOrHeld(contract, role, held)])
          expect([...keysOf(offered)].filter(key => !contracted.has(key))).toEqual([])
      }),
    )
  })

  it('a user is offered nothing that is for administrators, and administrators everything of the contract', () => {
    fc.assert(
      fc.property(anyContract, contract => {
        const [user, administrator, contractor] = roles.map(role => keysOf(offeredTo(contract, role)))
        for (const { permission } of permissionsOf(contract, user ?? new Set()))
          expect(permission.administratorsOnly).toBe(false)
        expect(administrator).toEqual(keysOf(contract))
        expect(contractor).toEqual(administrator)
      }),
    )
  })

  it('whoever reads sees all that is offered and all that is held of the contract', () => {
    fc.assert(
      fc.property(anyContract, anyRole, anyKeys, (contract, role, held) => {
        const read = keysOf(offeredOrHeld(contract, role, held))
        const contracted = keysOf(contract)
        for (const key of held) expect(read.has(key)).toBe(contracted.has(key))
        for (const key of keysOf(offeredTo(contract, role))) expect(read.has(key)).toBe(true)
      }),
    )
  })

  it('D-05 a limit is asked for where a box for requests is ticked, and ticking more never asks for less', () => {
    fc.assert(
      fc.property(anyContract, anyKeys, anyKeys, (contract, ticked, more) => {
        const codes = (keys: ReadonlySet<string>) => limitedServices(contract, keys).map(({ code }) => code)
        for (const code of codes(ticked))
          expect(
            permissionsOf(contract, ticked).some(
              ({ service, permission }) =>
                service.code === code && service.userLimit && permission.kind === 'request',
            ),
          ).toBe(true)
        const wider = codes(new Set([...ticked, ...more]))
        for (const code of codes(ticked)) expect(wider).toContain(code)
        expect(codes(new Set())).toEqual([])
      }),
    )
  })

  it('a box means another thing where requests are approved only for requests and approvals of 振込振替', () => {
    fc.assert(
      fc.property(anyContract, contract => {
        for (const service of contract)
          for (const permission of service.permissions) {
            const meanings = new Set(modes.map(approval => meaningOf({ ...service, approval }, permission)))
            const depends = service.code === 'transfer' && ['request', 'approve'].includes(permission.kind)
            expect(meanings.size).toBe(depends ? 2 : 1)
            expect(meaningOf({ ...service, approval: null }, permission)).toBe(
              meaningOf({ ...service, approval: 'none' }, permission),
            )
          }
      }),
    )
  })
})
