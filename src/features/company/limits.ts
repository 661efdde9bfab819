import { groupedYen, type Yen, yen } from '../../kernel/money.ts'
import { type Refusal, refuse } from '../../kernel/result.ts'

/** 口座一日当たり限度額 of 振込振替: 合計, 都度指定, 事前登録 (E-03). */
export const accountLimitKinds = ['total', 'each', 'preregistered'] as const
export type AccountLimitKind = (typeof accountLimitKinds)[number]

/** 企業一日当たり限度額: 給与 and 賞与 are two of one service (E-04). */
export const companyLimitKinds = ['bulk_transfer', 'salary', 'bonus', 'direct_debit'] as const
export type CompanyLimitKind = (typeof companyLimitKinds)[number]

const services = {
  bulk_transfer: 'bulk_transfer',
  salary: 'payroll',
  bonus: 'payroll',
  direct_debit: 'direct_debit',
} as const satisfies Record<CompanyLimitKind, string>

/** The service whose requests a company's limit is about. */
export const serviceOfLimit = (kind: CompanyLimitKind): string => services[kind]

export const accountLimitDigits = 15
export const companyLimitDigits = 12

/** An amount above what the contract with the bank allows (E-04); null where the contract says nothing. */
export const ceilingProblem = (
  amount: Yen,
  ceiling: Yen | null,
): Refusal<'company.limit.aboveCeiling'> | undefined =>
  ceiling !== null && amount > ceiling
    ? refuse('company.limit.aboveCeiling', { bound: groupedYen(ceiling) })
    : undefined

/**
 * What of a limit holds: the contract's ceiling where it is lower, for the bank may have brought it down since the limit was
 * set (E-04, H-06); undefined where nobody has set one.
 */
export const inForce = (limit: { amount?: Yen; ceiling: Yen | null } | undefined): Yen | undefined => {
  if (limit?.amount === undefined) return undefined
  const { amount, ceiling } = limit
  return yen(ceiling !== null && ceiling < amount ? ceiling : amount)
}

export type AccountLimits = Readonly<Record<AccountLimitKind, Yen>>
export type AccountCeilings = Readonly<Record<AccountLimitKind, Yen | null>>

export type AccountLimitProblem = { kind: AccountLimitKind } & Refusal<
  'company.limit.aboveCeiling' | 'company.limit.aboveTotal'
>

/**
 * What is wrong with the limits of one account: 都度指定 and 事前登録 each stay within 合計, though their sum may be above
 * it (E-03), and all of them within the contract (E-04). One problem a field; 0 is a limit like any other.
 */
export const accountLimitProblems = (
  limits: AccountLimits,
  ceilings: AccountCeilings,
): AccountLimitProblem[] =>
  accountLimitKinds.flatMap((kind): AccountLimitProblem[] => {
    const above = ceilingProblem(limits[kind], ceilings[kind])
    if (above) return [{ kind, ...above }]
    if (limits[kind] <= limits.total) return []
    return [{ kind, ...refuse('company.limit.aboveTotal', { bound: groupedYen(limits.total) }) }]
  })
