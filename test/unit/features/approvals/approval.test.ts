import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type ApprovalMode,
  approvalModes,
  approversNeeded,
  firstWorse,
  missingApprovers,
} from '../../../../src/features/approvals/approval.ts'

const someone = fc.record({ requests: fc.boolean(), approves: fc.boolean() })
const people = fc
  .array(someone, { maxLength: 8 })
  .map(found => found.map((each, index) => ({ ...each, id: `person-${index}` })))
const mode = fc.constantFrom(...approvalModes)

type Person = { id: string; requests: boolean; approves: boolean }

/** D-11 to the letter, person by person. */
const missingAsSaid = (of: ApprovalMode, all: readonly Person[]): number =>
  Math.max(
    0,
    ...all
      .filter(({ requests }) => requests)
      .map(({ id }) => {
        // Nobody approves their own request.
        const others = all.filter(each => each.approves && each.id !== id)
        return approversNeeded(of) - others.length
      }),
  )

const counted = (of: ApprovalMode, all: readonly Person[]) => ({
  mode: of,
  requesters: all.filter(({ requests }) => requests).length,
  approvers: all.filter(({ approves }) => approves).length,
  both: all.filter(({ requests, approves }) => requests && approves).length,
})

describe('D-11 approvers beside every requester', () => {
  it('counts what the rule says, person by person', () => {
    fc.assert(
      fc.property(mode, people, (of, all) => {
        expect(missingApprovers(counted(of, all))).toBe(missingAsSaid(of, all))
      }),
    )
  })

  it('asks for one in single, two in double, none without approval', () => {
    const alone = { requesters: 1, approvers: 1, both: 1 }
    expect(missingApprovers({ mode: 'none', ...alone })).toBe(0)
    expect(missingApprovers({ mode: 'single', ...alone })).toBe(1)
    expect(missingApprovers({ mode: 'double_unordered', ...alone })).toBe(2)
    expect(missingApprovers({ mode: 'double_ordered', ...alone })).toBe(2)
    expect(missingApprovers({ mode: 'single', requesters: 1, approvers: 1, both: 0 })).toBe(0)
    expect(missingApprovers({ mode: 'double_ordered', requesters: 0, approvers: 0, both: 0 })).toBe(0)
  })

  it('one approver more never makes it worse, one requester more never better', () => {
    fc.assert(
      fc.property(mode, people, someone, (of, all, { requests }) => {
        const before = missingAsSaid(of, all)
        const approver = { id: 'new', requests: false, approves: true }
        expect(missingAsSaid(of, [...all, approver])).toBeLessThanOrEqual(before)
        const requester = { id: 'new', requests: true, approves: requests }
        const after = missingApprovers(counted(of, [...all, requester]))
        if (!requests) expect(after).toBeGreaterThanOrEqual(before)
      }),
    )
  })

  it('refuses what makes a lack worse, and nothing that leaves or mends it', () => {
    expect(firstWorse(new Map([['payroll', 1]]), new Map([['payroll', 1]]))).toBeUndefined()
    expect(firstWorse(new Map([['payroll', 2]]), new Map([['payroll', 1]]))).toBeUndefined()
    expect(firstWorse(new Map([['payroll', 1]]), new Map([['payroll', 2]]))).toEqual({
      service: 'payroll',
      missing: 2,
    })
    expect(firstWorse(new Map(), new Map([['transfer', 1]]))).toEqual({ service: 'transfer', missing: 1 })
  })
})
