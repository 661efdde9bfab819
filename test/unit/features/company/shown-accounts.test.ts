import { describe, expect, it } from 'vitest'
import { memoField } from '../../../../src/features/company/change-form.ts'
import type { SettledAccount } from '../../../../src/features/company/settings.ts'
import { shownSettings } from '../../../../src/features/company/shown-accounts.ts'
import { accountsAtOnce } from '../../../../src/features/users/index.ts'

const noLimits = { total: { ceiling: null }, each: { ceiling: null }, preregistered: { ceiling: null } }
const account = (index: number): SettledAccount => ({
  id: `account-${index}`,
  branchCode: String(index % 10).padStart(3, '0'),
  branchName: index % 2 === 0 ? '本店営業部' : 'シナガワ支店',
  kind: 'ordinary',
  number: String(1_000_000 + index),
  memo: index === 7 ? '給与用' : '',
  limits: noLimits,
})
const many = { accounts: Array.from({ length: 300 }, (_, index) => account(index)) }
const idsOf = (shown: ReturnType<typeof shownSettings>) => shown.accounts.map(({ id }) => id)

describe('the accounts that a page of 企業情報 shows', () => {
  it('E-03 are all of them where they fit on one page, whatever the address says', () => {
    const few = { accounts: many.accounts.slice(0, accountsAtOnce) }
    expect(shownSettings(few, { find: '給与', part: '3' })).toMatchObject({
      long: false,
      found: accountsAtOnce,
      pages: 1,
    })
  })

  it('E-03 are twenty of many, a part at a time, each account on one part', () => {
    const parts = Array.from({ length: 15 }, (_, index) => shownSettings(many, { part: String(index + 1) }))
    expect(parts.flatMap(idsOf)).toEqual(many.accounts.map(({ id }) => id))
    expect(parts[2]).toMatchObject({ from: 41, to: 60, page: 3, pages: 15 })
  })

  it.each(['0', '-1', '99999', '1e3', 'abc', '', '9999999999999'])(
    'I-05 takes part %j for one there is',
    part => {
      expect(idsOf(shownSettings(many, { part })).length).toBeGreaterThan(0)
    },
  )

  it('E-01 are found by branch, number and memo, in either width, and by a memo just typed', () => {
    for (const find of ['1000007', '１０００００７', '給与用', ' 給与 '])
      expect(idsOf(shownSettings(many, { find }))).toEqual(['account-7'])
    expect(shownSettings(many, { find: 'ｼﾅｶﾞﾜ' })).toMatchObject({ found: 150 })
    expect(idsOf(shownSettings(many, { find: '仕入' }, { [memoField('account-250')]: '仕入用' }))).toEqual([
      'account-250',
    ])
    expect(shownSettings(many, { find: 'どこにもない' })).toMatchObject({ found: 0, from: 0, to: 0 })
  })

  it('I-03 are those with something wrong, wherever they stand', () => {
    const wrong = new Set([memoField('account-5'), 'total-account-299', 'company-salary'])
    const shown = shownSettings(many, { find: '給与', part: '9', wrong })
    expect(shown.wrongOnly).toBe(true)
    expect(idsOf(shown)).toEqual(['account-5', 'account-299'])
  })
})
