import { oneLineProblem } from '../../kernel/one-line.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import { lengthAsCounted, toFullWidth } from '../../kernel/width.ts'
import type { Delivery } from '../cases/index.ts'
import type { AccountLimitKind, CompanyLimitKind } from '../company/index.ts'

/** Amounts in proposals are texts of digits: they are stored as JSON, which has no whole numbers of their size. */
export type Amount = string

export const accountKinds = ['ordinary', 'checking', 'savings'] as const
export type AccountKind = (typeof accountKinds)[number]

/** An account to be contracted, with the ceilings over its limits (E-04). */
export type NewAccount = {
  branchCode: string
  branchName: string
  kind: AccountKind
  number: string
  ceilings: Record<AccountLimitKind, Amount>
}

/** Ceilings over the company's limits, of the services contracted. */
export type CompanyCeilings = Partial<Record<CompanyLimitKind, Amount>>

/** Whom the bank registers first: an administrator, or the contractor where the preset has one (D-14). */
export type FirstUser = { loginId: string; name: string; email: string; mobile: string | null }

/** A company as its case will register it, exactly (H-06). */
export type Registration = {
  contractNumber: string
  name: string
  nameKana: string
  entrance: string
  /** The entrance's preset as the officer saw it. */
  preset: string
  services: string[]
  accounts: NewAccount[]
  ceilings: CompanyCeilings
  first: FirstUser
  delivery: Delivery
}

/** A contract has as many accounts at most as one form asks for. */
export const mostAccounts = 50

/** Those that a bank writes by hand have ten digits at most; the column takes what a core system makes. */
const contractNumberShape = /^\d{1,20}$/

export type ContractNumberRefusal = 'contract.number.blank' | 'contract.number.shape'

/** A contract number: half-width digits (I-06: full-width ones were made half-width before). */
export const checkContractNumber = (text: string): Result<string, ContractNumberRefusal> => {
  if (text === '') return refuse('contract.number.blank')
  return contractNumberShape.test(text) ? ok(text) : refuse('contract.number.shape')
}

export const longestCompanyName = 60

export type CompanyNameRefusal =
  | 'contract.name.blank'
  | 'contract.name.tooLong'
  | 'contract.name.characters'
  | 'contract.kana.blank'
  | 'contract.kana.tooLong'
  | 'contract.kana.characters'

const kana = /^[\u30a1-\u30fa\u30fb\u30fc\u3000\uff01-\uff5e]+$/u

/** A company's name as the register of companies has it, full-width; half-width characters are converted (I-06). */
export const checkCompanyName = (text: string): Result<string, CompanyNameRefusal> => {
  const name = toFullWidth(text).replace(/^\u3000+|\u3000+$/g, '')
  if (name === '') return refuse('contract.name.blank')
  const problem = oneLineProblem(name, longestCompanyName)
  if (problem === 'tooLong') return refuse('contract.name.tooLong', { maximum: longestCompanyName })
  return problem ? refuse('contract.name.characters') : ok(name)
}

/** The name in katakana: full-width katakana, letters, digits and signs. */
export const checkCompanyKana = (text: string): Result<string, CompanyNameRefusal> => {
  const name = toFullWidth(text).replace(/^\u3000+|\u3000+$/g, '')
  if (name === '') return refuse('contract.kana.blank')
  if (name.length > longestCompanyName * 8 || lengthAsCounted(name) > longestCompanyName)
    return refuse('contract.kana.tooLong', { maximum: longestCompanyName })
  return kana.test(name) ? ok(name) : refuse('contract.kana.characters')
}

export const longestBranchName = 20

export type AccountRefusal =
  | 'contract.account.branchCode'
  | 'contract.account.branchName'
  | 'contract.account.kind'
  | 'contract.account.number'

/** What is wrong with the words of an account's line, field by field. */
export const accountProblems = (
  account: Record<'branchCode' | 'branchName' | 'kind' | 'number', string>,
): { field: keyof typeof account; reason: AccountRefusal; params?: Record<string, number> }[] => [
  ...(/^\d{3}$/.test(account.branchCode)
    ? []
    : [{ field: 'branchCode' as const, reason: 'contract.account.branchCode' as const }]),
  ...(account.branchName !== '' && oneLineProblem(account.branchName, longestBranchName) === undefined
    ? []
    : [
        {
          field: 'branchName' as const,
          reason: 'contract.account.branchName' as const,
          params: { maximum: longestBranchName },
        },
      ]),
  ...(accountKinds.some(kind => kind === account.kind)
    ? []
    : [{ field: 'kind' as const, reason: 'contract.account.kind' as const }]),
  ...(/^\d{7}$/.test(account.number)
    ? []
    : [{ field: 'number' as const, reason: 'contract.account.number' as const }]),
]

/** What tells one account of the bank from all others. */
export const accountKey = ({
  branchCode,
  kind,
  number,
}: Pick<NewAccount, 'branchCode' | 'kind' | 'number'>) => `${branchCode}-${kind}-${number}`
