import { describe, expect, it } from 'vitest'
import { readContractFile } from '../../../../src/features/contracts/contract-file.ts'

const account = {
  ...{ branchCode: '001', branchName: '本店', kind: 'ordinary', number: '0253226' },
  limits: { total: 100, each: '50', preregistered: 100 },
  ceilings: { total: 200, each: 60, preregistered: 200 },
}
const contract = {
  entrance: { slug: 'shoko', name: '関所', preset: 'shoko' },
  contractNumber: '3000000001',
  name: '株式会社最初',
  nameKana: 'ｶﾌﾞｼｷｶﾞｲｼｬｻｲｼｮ',
  services: [{ code: 'transfer' }, { code: 'bulk_transfer', approval: 'double_ordered' }],
  accounts: [account],
  limits: [{ service: 'bulk_transfer', kind: 'bulk_transfer', amount: 1, ceiling: 2 }],
}
const placesOf = (changes: object): string[] => {
  const read = readContractFile(JSON.stringify({ ...contract, ...changes }))
  return read.ok ? [] : read.mistakes.map(mistake => mistake.slice(0, mistake.indexOf(':')))
}

describe('a contract from a file', () => {
  it('H-06 E-04 has what the console’s registration has, ceilings of accounts among it', () => {
    const read = readContractFile(JSON.stringify(contract))
    expect(read).toMatchObject({
      ok: true,
      value: {
        nameKana: 'カブシキガイシャサイショ',
        accounts: [{ limits: { each: 50n }, ceilings: { total: 200n, each: 60n, preregistered: 200n } }],
      },
    })
    expect(placesOf({ accounts: [{ ...account, ceilings: undefined }] })).toEqual([])
  })

  it('H-06 I-05 names the place of every mistake, by the rules of the form', () => {
    for (const [changes, place] of [
      [{ contractNumber: '３００ａ' }, 'contractNumber'],
      [{ name: 'あ'.repeat(61) }, 'name'],
      [{ nameKana: '最初' }, 'nameKana'],
      [{ services: [{ code: 'lottery' }], limits: [] }, 'services.0.code'],
      [{ accounts: [{ ...account, number: '1' }] }, 'accounts.0.number'],
      [{ accounts: [account, account] }, 'accounts.1.number'],
      [{ accounts: [{ ...account, limits: { ...account.limits, each: 61 } }] }, 'accounts.0.limits.each'],
      [
        { accounts: [{ ...account, ceilings: { ...account.ceilings, each: 201 } }] },
        'accounts.0.ceilings.each',
      ],
      [{ limits: [{ ...contract.limits[0], amount: 3 }] }, 'limits.0.amount'],
      [{ limits: [{ ...contract.limits[0], service: 'payroll' }] }, 'limits.0.service'],
      [{ services: [{ code: 'transfer' }] }, 'limits.0.service'],
    ] as const)
      expect([place, placesOf(changes)]).toEqual([place, [place]])
    expect(readContractFile('{').ok).toBe(false)
  })
})
