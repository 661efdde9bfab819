import { describe, expect, it } from 'vitest'
import {
  keysOf,
  limitedServices,
  type MatrixService,
  meaningOf,
  offeredOrHeld,
  offeredTo,
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
  it('offers 承認 only where requests are approved', () => {
    expect(keysOf(offeredTo(matrix('none'), 'administrator'))).not.toContain('transfer.approve')
    expect(keysOf(offeredTo(matrix('single'), 'administrator'))).toContain('transfer.approve')
  })

  it('offers what is for administrators only to them', () => {
    expect(keysOf(offeredTo(matrix('single'), 'user'))).not.toContain('fx.restrict_users')
    expect(offeredTo(matrix('single'), 'user').map(({ code }) => code)).toEqual(['transfer'])
    expect(keysOf(offeredTo(matrix('single'), 'administrator'))).toContain('fx.restrict_users')
  })

  it('shows a permission that is held although it is no longer offered', () => {
    const held = new Set(['transfer.approve'])
    expect(keysOf(offeredOrHeld(matrix('none'), 'user', held))).toContain('transfer.approve')
    expect(keysOf(offeredOrHeld(matrix('none'), 'user', new Set()))).not.toContain('transfer.approve')
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
