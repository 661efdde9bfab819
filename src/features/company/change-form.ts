import { z } from 'zod'
import { groupedYen, readYen, type Yen } from '../../kernel/money.ts'
import { type Refusal, refuse } from '../../kernel/result.ts'
import type { Values } from '../../platform/http/drafts.ts'
import type { ApprovalMode } from '../approvals/index.ts'
import {
  type AccountLimitKind,
  type AccountLimits,
  accountLimitDigits,
  accountLimitKinds,
  accountLimitProblems,
  type CompanyLimitKind,
  ceilingProblem,
  companyLimitDigits,
} from './limits.ts'
import { memoProblem } from './memo.ts'
import {
  approvalChoices,
  type CompanySettings,
  ceilingsOf,
  type Limit,
  limitsAccounts,
  modesFor,
  type SettledAccount,
  type WantedAccount,
  type WantedSettings,
} from './settings.ts'

export const approvalField = (service: string): string => `approval-${service}`
export const memoField = (accountId: string): string => `memo-${accountId}`
export const accountLimitField = (kind: AccountLimitKind, accountId: string): string => `${kind}-${accountId}`
export const companyLimitField = (kind: CompanyLimitKind): string => `company-${kind}`

/** Fields that name an account: one that is not the company's can't have come from our page (I-05). */
export const accountFields: readonly string[] = ['memo', ...accountLimitKinds]

/** The form as the settings fill it in. */
export const valuesOf = (settings: CompanySettings): Values => ({
  ...Object.fromEntries(
    approvalChoices(settings).map(({ code, approval }) => [approvalField(code), approval ?? '']),
  ),
  ...Object.fromEntries(
    settings.accounts.flatMap(({ id, memo, limits }) => [
      [memoField(id), memo],
      ...(limitsAccounts(settings)
        ? accountLimitKinds.map(kind => [accountLimitField(kind, id), typed(limits[kind].amount)])
        : []),
    ]),
  ),
  ...Object.fromEntries(
    settings.limits.map(({ kind, limit }) => [companyLimitField(kind), typed(limit.amount)]),
  ),
})

const typed = (amount: Yen | undefined): string => (amount === undefined ? '' : groupedYen(amount))

export type FormProblem = Refusal & { field: string; forged?: boolean }

const text = z.string().catch('')

/**
 * 企業情報の変更 (E-01 to E-04), by what the company has: one field for each thing that may be changed.
 * @param what names a field in the text of its mistake: there are three limits for each of any number of accounts
 */
export const changeForm = (settings: CompanySettings, what: (field: string) => string) =>
  z
    .object(Object.fromEntries(Object.keys(valuesOf(settings)).map(field => [field, text])))
    .superRefine((form, issues) => {
      for (const { field, reason, params, forged } of readChange(settings, form).problems)
        issues.addIssue({
          code: 'custom',
          path: [field],
          message: reason,
          params: { ...params, what: what(field), ...(forged && { forged }) },
        })
    })

type Read = { wanted: WantedSettings; problems: [] } | { wanted?: undefined; problems: FormProblem[] }

/**
 * What a filled-in form asks to be changed, or everything that is wrong with it, field by field. Only what somebody touches is
 * judged, and stored: what is as it was, be it a limit that nobody has set yet or one above a ceiling that the bank has
 * brought down since, is in nobody's way who changes something else (E-03, E-04). One limit of an account touches all three,
 * for they bear on each other.
 */
export const readChange = (settings: CompanySettings, form: Values): Read => {
  const problems: FormProblem[] = []
  const textOf = (field: string): string => {
    const value = form[field]
    return typeof value === 'string' ? value : ''
  }
  const amount = (field: string, digits: number): Yen | undefined => {
    const read = readYen(textOf(field), digits)
    if (typeof read === 'bigint') return read
    problems.push({ field, ...(read === 'blank' ? blank : refuse('company.limit.digits', { digits })) })
    return undefined
  }

  const approvals = new Map<string, ApprovalMode>()
  for (const { code, choice, approval } of approvalChoices(settings)) {
    const field = approvalField(code)
    const chosen = textOf(field)
    if (chosen === (approval ?? '')) continue
    const mode = modesFor(choice).find(each => each === chosen)
    if (mode) approvals.set(code, mode)
    else if (chosen === '') problems.push({ field, ...refuse('company.approval.blank') })
    else problems.push({ field, ...refuse('company.approval.forged'), forged: true })
  }

  const accounts = new Map<string, WantedAccount>()
  for (const account of settings.accounts) {
    const memo = textOf(memoField(account.id)).trim()
    const wrong = memo === account.memo ? undefined : memoProblem(memo)
    if (wrong) problems.push({ field: memoField(account.id), ...wrong })
    const touched =
      limitsAccounts(settings) &&
      accountLimitKinds.some(kind =>
        isTouched(textOf(accountLimitField(kind, account.id)), account.limits[kind], accountLimitDigits),
      )
    const limits = touched ? readAccountLimits(account, amount, problems) : null
    if (memo !== account.memo || limits) accounts.set(account.id, { memo, limits })
  }

  const limits = new Map<CompanyLimitKind, Yen>()
  for (const { kind, limit } of settings.limits) {
    const field = companyLimitField(kind)
    if (!isTouched(textOf(field), limit, companyLimitDigits)) continue
    const read = amount(field, companyLimitDigits)
    if (read === undefined) continue
    const above = ceilingProblem(read, limit.ceiling)
    if (above) problems.push({ field, ...above })
    limits.set(kind, read)
  }
  return problems.length > 0 ? { problems } : { wanted: { approvals, accounts, limits }, problems: [] }
}

const blank = refuse('company.limit.blank')

/** Whether a field has something else in it than the limit it was filled in with, however that is written. */
const isTouched = (text: string, { amount }: Limit, digits: number): boolean => {
  const read = readYen(text, digits)
  return amount === undefined ? read !== 'blank' : read !== amount
}

const readAccountLimits = (
  { id, limits }: SettledAccount,
  amount: (field: string, digits: number) => Yen | undefined,
  problems: FormProblem[],
): AccountLimits | null => {
  const read = (kind: AccountLimitKind) => amount(accountLimitField(kind, id), accountLimitDigits)
  const [total, each, preregistered] = [read('total'), read('each'), read('preregistered')]
  if (total === undefined || each === undefined || preregistered === undefined) return null
  const wanted = { total, each, preregistered }
  for (const { kind, ...problem } of accountLimitProblems(wanted, ceilingsOf(limits)))
    problems.push({ field: accountLimitField(kind, id), ...problem })
  return wanted
}
