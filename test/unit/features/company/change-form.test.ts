import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  accountLimitField,
  approvalField,
  companyLimitField,
  memoField,
  readChange,
  valuesOf,
} from '../../../../src/features/company/change-form.ts'
import type { CompanySettings } from '../../../../src/features/company/settings.ts'
import { type Yen, yen } from '../../../../src/kernel/money.ts'

const account = '01890000-0000-7000-8000-000000000001'
const limit = (amount: bigint | undefined, ceiling: bigint | null = null) => ({
  ...(amount !== undefined && { amount: yen(amount) }),
  ceiling: ceiling === null ? null : yen(ceiling),
})

const settings: CompanySettings = {
  version: 3,
  name: '株式会社関所商事',
  nameKana: 'カブシキガイシャセキショショウジ',
  contractNumber: '2004000000',
  services: [
    { code: 'balance', approval: null, choice: null },
    { code: 'transfer', approval: 'single', choice: 'optional' },
    { code: 'bulk_transfer', approval: 'single', choice: 'required' },
  ],
  accounts: [
    {
      id: account,
      branchCode: '001',
      branchName: '本店営業部',
      kind: 'ordinary',
      number: '0253226',
      memo: '代表口座',
      limits: { total: limit(100n, 1_000n), each: limit(50n), preregistered: limit(100n) },
    },
  ],
  limits: [{ kind: 'bulk_transfer', limit: limit(500n, 999n) }],
}

const typed = (changed: Record<string, string>) => readChange(settings, { ...valuesOf(settings), ...changed })
const problems = (changed: Record<string, string>) =>
  typed(changed).problems.map(({ field, reason }) => [field, reason])

const total = accountLimitField('total', account)
const each = accountLimitField('each', account)
const bulk = companyLimitField('bulk_transfer')

describe('企業情報変更', () => {
  it('asks for nothing where nothing was touched, however an amount is written', () => {
    for (const form of [valuesOf(settings), { ...valuesOf(settings), [total]: '１００', [bulk]: ' 500 ' }]) {
      const { wanted } = readChange(settings, form)
      expect([wanted?.approvals.size, wanted?.accounts.size, wanted?.limits.size]).toEqual([0, 0, 0])
    }
    const { wanted } = typed({ [total]: '101', [bulk]: '501', [approvalField('transfer')]: 'none' })
    expect([...(wanted?.approvals ?? [])]).toEqual([['transfer', 'none']])
    expect([...(wanted?.accounts ?? [])]).toEqual([
      [account, { memo: '代表口座', limits: { total: 101n, each: 50n, preregistered: 100n } }],
    ])
    expect([...(wanted?.limits ?? [])]).toEqual([['bulk_transfer', 501n]])
  })

  it('E-03 E-04 judges only what is touched: limits never set, and those above a ceiling brought down since', () => {
    const [only] = settings.accounts
    if (!only) throw new Error('there is one account')
    const unset = { total: limit(undefined, 10n), each: limit(undefined), preregistered: limit(undefined) }
    const capped = { total: limit(100n, 40n), each: limit(50n, 40n), preregistered: limit(100n, 40n) }
    for (const limits of [unset, capped]) {
      const old: CompanySettings = {
        ...settings,
        accounts: [{ ...only, limits }],
        limits: [{ kind: 'bulk_transfer', limit: limit(500n, 40n) }],
      }
      const read = (changed: Record<string, string>) => readChange(old, { ...valuesOf(old), ...changed })
      expect([...(read({ [memoField(account)]: '支払用' }).wanted?.accounts ?? [])]).toEqual([
        [account, { memo: '支払用', limits: null }],
      ])
      // Touching one of an account's limits brings all three, and the ceiling with them.
      const wrong = read({ [total]: '41', [bulk]: '499' }).problems.map(({ field }) => field)
      expect(wrong).toEqual(expect.arrayContaining([each, bulk]))
      const zero = { [total]: '0', [each]: '0', [accountLimitField('preregistered', account)]: '0' }
      expect(read(zero).wanted?.accounts.get(account)?.limits).toEqual({
        total: 0n,
        each: 0n,
        preregistered: 0n,
      })
    }
  })

  it('E-02 offers 承認なし for 振込振替 alone', () => {
    expect(problems({ [approvalField('transfer')]: 'none' })).toEqual([])
    expect(problems({ [approvalField('transfer')]: '' })).toEqual([
      [approvalField('transfer'), 'company.approval.blank'],
    ])
    const forged = typed({ [approvalField('bulk_transfer')]: 'none' }).problems
    expect(forged).toMatchObject([{ reason: 'company.approval.forged', forged: true }])
  })

  it('E-03 takes 15 digits of an account, in either width, and not one more', () => {
    const free = { ...settings, accounts: [withCeiling(null)] }
    const read = (text: string) => readChange(free, { ...valuesOf(free), [total]: text })
    expect(read('9'.repeat(15)).wanted?.accounts.get(account)?.limits?.total).toBe(999_999_999_999_999n)
    expect(read('９９９，９９９').wanted?.accounts.get(account)?.limits?.total).toBe(999_999n)
    expect(read('9'.repeat(16)).problems).toMatchObject([{ field: total, reason: 'company.limit.digits' }])
    expect(read('').problems).toMatchObject([{ field: total, reason: 'company.limit.blank' }])
  })

  it('E-03 says of a part above 合計 how much 合計 is', () => {
    expect(typed({ [each]: '101' }).problems).toMatchObject([
      { field: each, reason: 'company.limit.aboveTotal', params: { bound: '100' } },
    ])
    expect(problems({ [each]: '100' })).toEqual([])
    expect(problems({ [total]: '0' })).toHaveLength(2)
  })

  it('E-04 takes 12 digits of the company, within the contract', () => {
    expect(problems({ [bulk]: '999' })).toEqual([])
    expect(problems({ [bulk]: '1,000' })).toEqual([[bulk, 'company.limit.aboveCeiling']])
    expect(problems({ [bulk]: '9'.repeat(12) })).toEqual([[bulk, 'company.limit.aboveCeiling']])
    expect(problems({ [bulk]: '9'.repeat(13) })).toEqual([[bulk, 'company.limit.digits']])
    expect(problems({ [total]: '1,001' })).toEqual([[total, 'company.limit.aboveCeiling']])
  })

  it('gathers everything that is wrong, one problem a field', () => {
    expect(
      problems({ [approvalField('transfer')]: '', [memoField(account)]: 'a\nb', [total]: 'x', [bulk]: '-1' }),
    ).toEqual([
      [approvalField('transfer'), 'company.approval.blank'],
      [memoField(account), 'company.memo.characters'],
      [total, 'company.limit.digits'],
      [bulk, 'company.limit.digits'],
    ])
  })

  it('I-05 never breaks over what is typed, and stores nothing above a rule', () => {
    const anything = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary' }),
      fc.constantFrom('0', '１００', '1,000'),
    )
    const form = fc.record(Object.fromEntries(Object.keys(valuesOf(settings)).map(key => [key, anything])))
    fc.assert(
      fc.property(form, values => {
        const { wanted, problems: found } = readChange(settings, values)
        expect(wanted === undefined).toBe(found.length > 0)
        const limits = wanted?.accounts.get(account)?.limits
        if (limits) {
          expect(limits.each <= limits.total && limits.preregistered <= limits.total).toBe(true)
          expect(limits.total <= 1_000n).toBe(true)
        }
      }),
    )
  })
})

const withCeiling = (most: Yen | null) => {
  const [only] = settings.accounts
  if (!only) throw new Error('there is one account')
  return { ...only, limits: { ...only.limits, total: { ...only.limits.total, ceiling: most } } }
}
