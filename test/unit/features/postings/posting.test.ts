import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isFor, paragraphsOf, stateOf, userRoles } from '../../../../src/features/postings/posting.ts'

const moment = fc.integer({ min: 0, max: 1000 }).map(n => new Date(n))
const someIds = fc.uniqueArray(fc.constantFrom('a', 'b', 'c'))

describe('a posting', () => {
  it('H-06 is scheduled, shown, ended in that order as time goes by, and withdrawn for good', () => {
    const order = ['scheduled', 'shown', 'ended']
    fc.assert(
      fc.property(moment, fc.option(moment), moment, moment, (publishAt, endsAt, one, other) => {
        fc.pre(endsAt === null || endsAt > publishAt)
        const [earlier, later] = one <= other ? [one, other] : [other, one]
        const posting = { publishAt, endsAt, withdrawnAt: null }
        expect(order.indexOf(stateOf(posting, earlier))).toBeLessThanOrEqual(
          order.indexOf(stateOf(posting, later)),
        )
        expect(stateOf(posting, publishAt)).toBe('shown')
        if (endsAt) expect(stateOf(posting, endsAt)).toBe('ended')
        expect(stateOf({ ...posting, withdrawnAt: one }, other)).toBe('withdrawn')
      }),
    )
  })

  it('H-06 means those who fulfil every condition that is set, and everybody where none is', () => {
    fc.assert(
      fc.property(
        someIds,
        fc.uniqueArray(fc.constantFrom(...userRoles)),
        fc.option(someIds),
        fc.constantFrom('a', 'b', 'c'),
        fc.constantFrom(...userRoles),
        fc.constantFrom('a', 'b', 'c'),
        (presets, roles, companyIds, preset, role, companyId) => {
          const reader = { preset, role, companyId }
          const meant = isFor({ presets, roles, companyIds }, reader)
          expect(isFor({ presets: [], roles: [], companyIds: null }, reader)).toBe(true)
          // A condition more never means anybody else.
          if (meant) expect(isFor({ presets: [], roles, companyIds }, reader)).toBe(true)
          if (presets.length > 0 && !presets.includes(preset)) expect(meant).toBe(false)
          if (companyIds?.length === 0) expect(meant).toBe(false)
        },
      ),
    )
  })

  it('H-06 is paragraphs of lines, whatever the line ends were', () => {
    expect(paragraphsOf('一\r\n二\r\n\r\n三\n')).toEqual([['一', '二'], ['三']])
  })
})
