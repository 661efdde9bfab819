import { describe, expect, it } from 'vitest'
import {
  checkFirstOfficer,
  type OfficerRole,
  type OfficerStanding,
} from '../../../../src/features/staff/officer.ts'

const bank = (...roles: (OfficerRole | 'suspended approver')[]): OfficerStanding[] =>
  roles.map((role, index) =>
    role === 'suspended approver'
      ? { id: String(index), role: 'approver', state: 'suspended' }
      : { id: String(index), role, state: 'active' },
  )

describe('the first officers', () => {
  it('H-08 are two who can register the others on the console, and never lock the bank out', () => {
    const may = (role: OfficerRole, ...there: Parameters<typeof bank>) => {
      const checked = checkFirstOfficer(role, bank(...there))
      return checked.ok ? 'may' : checked.reason
    }
    expect(may('operator')).toBe('may')
    expect(may('approver')).toBe('may')
    for (const role of ['editor', 'auditor'] as const) {
      expect(may(role)).toBe('staff.firstRole')
      expect(may(role, 'operator')).toBe('staff.firstRole')
    }
    expect(may('operator', 'operator')).toBe('staff.firstApprover')
    expect(may('approver', 'operator')).toBe('may')
    expect(may('operator', 'approver')).toBe('may')
    expect(may('approver', 'operator', 'approver')).toBe('staff.firstEnough')
    // What an earlier version had let in: two who can't, or who can't any more, do not shut the door.
    expect(may('approver', 'operator', 'operator')).toBe('may')
    expect(may('approver', 'auditor', 'auditor')).toBe('may')
    expect(may('approver', 'operator', 'suspended approver')).toBe('may')
  })
})
