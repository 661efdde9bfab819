import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { inForce } from '../../../../src/features/company/index.ts'
import { basisOf } from '../../../../src/features/contracts/change.ts'
import {
  accountProblems,
  checkCompanyKana,
  checkCompanyName,
  checkContractNumber,
} from '../../../../src/features/contracts/contract.ts'
import {
  ceilingValues,
  readExtension,
  readReduction,
} from '../../../../src/features/contracts/form.change.ts'
import type { ContractRecord } from '../../../../src/features/contracts/queries.ts'
import { yen } from '../../../../src/kernel/money.ts'

/** A contract with one account and one limit of the company, with these ceilings. */
const contractOf = (total: bigint | null, company: bigint | null): ContractRecord => {
  const limit = { amount: yen(0n), ceiling: total === null ? null : yen(total) }
  return {
    id: 'company',
    version: 0,
    name: '試験商事',
    nameKana: 'シケンショウジ',
    contractNumber: '1',
    createdAt: new Date(0),
    entrance: { slug: 'shoko', name: '', preset: 'shoko' },
    services: [{ code: 'bulk_transfer', approval: 'single', choice: 'required' }],
    accounts: [
      {
        id: 'account',
        branchCode: '001',
        branchName: '本店',
        kind: 'ordinary',
        number: '1234567',
        memo: '',
        limits: { total: limit, each: limit, preregistered: limit },
      },
    ],
    limits: [{ kind: 'bulk_transfer', limit: { ceiling: company === null ? null : yen(company) } }],
    signOn: [],
    end: null,
    administrators: [],
    waiting: [],
    cases: [],
  }
}

const services = ['bulk_transfer', 'payroll']
const ceiling = fc.bigInt({ min: 0n, max: 999_999_999_999n })

describe('names and numbers', () => {
  it('H-06 I-06 converts what is beyond doubt and refuses the rest', () => {
    expect(checkCompanyName('ABC㈱')).toEqual({ ok: true, value: 'ＡＢＣ㈱' })
    expect(checkCompanyName(' 　')).toMatchObject({ ok: false, reason: 'contract.name.blank' })
    expect(checkCompanyName('試験\u202e商事')).toMatchObject({
      ok: false,
      reason: 'contract.name.characters',
    })
    expect(checkCompanyKana('ｶﾞﾎﾞ')).toEqual({ ok: true, value: 'ガボ' })
    expect(checkCompanyKana('しけん')).toMatchObject({ ok: false, reason: 'contract.kana.characters' })
    expect(checkContractNumber('12a')).toMatchObject({ ok: false, reason: 'contract.number.shape' })
    expect(accountProblems({ branchCode: '1', branchName: '', kind: 'x', number: '123456' })).toHaveLength(4)
  })

  it('H-06 never lets through what does not fit, whatever is typed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 70 }), text => {
        const name = checkCompanyName(text)
        if (name.ok) expect(/[\p{Cc}\p{Cs}]/u.test(name.value)).toBe(false)
        const number = checkContractNumber(text)
        if (number.ok) expect(number.value).toMatch(/^\d{1,20}$/)
      }),
      { numRuns: 50 },
    )
  })
})

describe('ceilings', () => {
  it('E-04 the lesser of limit and ceiling is in force', () => {
    fc.assert(
      fc.property(ceiling, fc.option(ceiling), (amount, most) => {
        const held = inForce({ amount: yen(amount), ceiling: most === null ? null : yen(most) })
        expect(held).toBe(most !== null && most < amount ? most : amount)
      }),
    )
    expect(inForce({ ceiling: yen(5n) })).toBeUndefined()
    expect(inForce(undefined)).toBeUndefined()
  })

  it('H-04 H-06 what gives is asked for in one form and what takes in the other, whatever the amounts', () => {
    fc.assert(
      fc.property(fc.option(ceiling), fc.option(ceiling), ceiling, (total, company, wanted) => {
        const contract = contractOf(total, company)
        const values = {
          ...ceilingValues(contract),
          'ceiling-bulk_transfer': String(wanted),
          name: contract.name,
          nameKana: contract.nameKana,
          accountRows: '1',
        }
        const more = readExtension(values, contract, services).wanted
        const less = readReduction(values, contract).wanted
        const raises = company !== null && wanted > company
        const lowers = company === null || wanted < company
        expect(more !== undefined).toBe(raises)
        expect(less !== undefined).toBe(lowers)
        for (const change of [more, less])
          if (change) expect(change.ceilings.bulk_transfer?.after).toBe(String(wanted))
      }),
    )
  })

  it('E-03 leaves no part above its whole', () => {
    const contract = contractOf(100n, 100n)
    const values = { ...ceilingValues(contract), 'ceilingTotal-account': '99' }
    expect(readReduction(values, contract).mistakes.map(({ field }) => field)).toEqual([
      'ceilingEach-account',
      'ceilingPreregistered-account',
    ])
  })
})

it('D-12 a contract’s digest is of what officers change, and of nothing that its administrators do', () => {
  const one = contractOf(100n, 100n)
  expect(basisOf({ ...one, version: 7 } as ContractRecord)).toBe(basisOf(one))
  expect(basisOf(contractOf(101n, 100n))).not.toBe(basisOf(one))
  expect(basisOf({ ...one, name: '別商事' })).not.toBe(basisOf(one))
})
