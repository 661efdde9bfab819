import { describe, expect, it } from 'vitest'
import {
  contractorAppoints,
  hasContractor,
  isHelpless,
  mayAppoint,
  mayManage,
  type Role,
} from '../../../src/policy/appointment.ts'
import { presetNames, presetOf } from '../../../src/policy/policy.ts'
import type { ServiceState } from '../../../src/policy/user-states.ts'

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

describe('B-06 D-14 whom nobody of their company can help', () => {
  const other = (role: Role, able = true, serviceState: ServiceState = 'available') => ({
    ...of(role, `other ${role}`),
    ...{ able: able && serviceState === 'available', serviceState },
  })
  const [omakase, sevenbank] = [presetOf('omakase'), presetOf('sevenbank')]

  it('a contractor always: an administrator beside them manages no contractor', () => {
    for (const others of [[], [other('administrator')], [other('contractor')]])
      expect(isHelpless(of('contractor'), others, omakase)).toBe(true)
  })

  it('an administrator whose contractor is out, however many administrators are there', () => {
    const administrators = [other('administrator'), other('administrator')]
    expect(isHelpless(of('administrator'), [other('contractor'), ...administrators], omakase)).toBe(false)
    expect(isHelpless(of('administrator'), [other('contractor', false), ...administrators], omakase)).toBe(
      true,
    )
    expect(
      isHelpless(of('administrator'), [other('contractor', true, 'blocked'), ...administrators], omakase),
    ).toBe(true)
  })

  it('no administrator beside another who is able, where no contractor appoints', () => {
    expect(isHelpless(of('administrator'), [other('administrator')], sevenbank)).toBe(false)
    expect(isHelpless(of('administrator'), [other('administrator', false)], sevenbank)).toBe(true)
    expect(isHelpless(of('administrator'), [other('user')], sevenbank)).toBe(true)
    expect(
      isHelpless(
        of('administrator'),
        [other('contractor', true, 'suspended'), other('administrator')],
        omakase,
      ),
    ).toBe(false)
    expect(isHelpless(of('user'), [], sevenbank)).toBe(false)
  })

  it('D-14 a contractor counts until the bank suspends them', () => {
    const states: ServiceState[] = ['available', 'blocked', 'suspended', 'deleted']
    expect(states.map(serviceState => hasContractor([{ role: 'contractor', serviceState }]))).toEqual([
      true,
      true,
      false,
      false,
    ])
    expect(hasContractor([other('administrator'), other('user')])).toBe(false)
  })
})
