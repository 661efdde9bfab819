import { describe, expect, it } from 'vitest'
import { contractorAppoints, mayAppoint, mayManage, type Role } from '../../../src/policy/appointment.ts'
import { presetNames, presetOf } from '../../../src/policy/policy.ts'

const roles: Role[] = ['user', 'administrator', 'contractor']
const of = (role: Role, id: string = role) => ({ id, role })

describe('D-14 who appoints administrators', () => {
  it.each(presetNames)('%s: the contractor, where its manual has one and the company too', preset => {
    const policy = presetOf(preset)
    expect(contractorAppoints(policy, true)).toBe(policy.roles.contractor)
    expect(contractorAppoints(policy, false)).toBe(false)
  })

  it('the contractor may in any case, an administrator only where no contractor does, a user never', () => {
    expect(roles.map(role => mayAppoint({ role }, true))).toEqual([false, false, true])
    expect(roles.map(role => mayAppoint({ role }, false))).toEqual([false, true, true])
  })

  it('a contractor is nobody’s to manage but their own, an administrator those’ who appoint', () => {
    const table = (byContractor: boolean) =>
      roles.map(actor => roles.map(target => mayManage(of(actor, 'a'), of(target, 'b'), byContractor)))
    expect(table(true)).toEqual([
      [false, false, false],
      [true, false, false],
      [true, true, false],
    ])
    expect(table(false)).toEqual([
      [false, false, false],
      [true, true, false],
      [true, true, false],
    ])
    expect(roles.map(role => mayManage(of(role), of(role), true))).toEqual([false, true, true])
  })
})
