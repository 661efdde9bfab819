import { type BusinessDay, businessDayOf, plusMonths } from '../../kernel/business-day.ts'
import type { Values } from '../../platform/http/drafts.ts'
import type { Mistake } from '../../platform/http/mistake.ts'
import { readDay } from '../cases/index.ts'
import { basisOf, type ContractEnd, type ContractEndWithdrawal, named } from './change.ts'
import type { ReadChange } from './form.change.ts'
import { paperFields, textIn } from './form.parts.ts'
import type { ContractRecord } from './queries.ts'

/** The fields of 解約, in the order of the page. */
export const endFields: string[] = ['when', 'lastDay', ...paperFields, 'caseId', 'basis']

/** The fields of 解約の取りやめ. */
export const endWithdrawalFields: string[] = [...paperFields, 'caseId', 'basis']

/** Months ahead that a last day may lie: what is further away is asked for again when it comes nearer. */
export const endAheadMonths = 12

/** The last day as it was typed; null: as soon as it is approved. */
const readLastDay = (values: Values, now: Date, mistakes: Mistake[]): BusinessDay | null | undefined => {
  const when = textIn(values, 'when')
  if (when === 'atOnce') return null
  if (when !== 'onDay') {
    mistakes.push({ field: 'when', reason: 'contract.end.when' })
    return undefined
  }
  const typed = textIn(values, 'lastDay')
  const day = readDay(typed)
  const today = businessDayOf(now)
  const reason =
    typed.trim() === ''
      ? 'contract.end.dayBlank'
      : !day
        ? 'contract.end.noDay'
        : day < today
          ? 'contract.end.dayPast'
          : day > plusMonths(today, endAheadMonths)
            ? 'contract.end.dayTooFar'
            : undefined
  if (!reason) return day
  mistakes.push({ field: 'lastDay', reason, params: { months: endAheadMonths } })
  return undefined
}

/** Reads 解約: all that the company has ends with it, and is named so that whoever approves it sees what that is (H-06). */
export const readEnd = (
  values: Values,
  contract: ContractRecord,
  { now, users }: { now: Date; users: number },
): ReadChange<ContractEnd> => {
  const mistakes: Mistake[] = []
  const lastDay = readLastDay(values, now, mistakes)
  if (lastDay === undefined) return { mistakes }
  return {
    mistakes,
    wanted: {
      change: 'end',
      contractNumber: contract.contractNumber,
      basis: basisOf(contract),
      lastDay,
      users,
      services: contract.services.map(({ code }) => code),
      signOn: contract.signOn
        .filter(({ endedAt }) => endedAt === null)
        .map(({ code, nameJa, nameEn }) => ({ code, nameJa, nameEn })),
      accounts: contract.accounts.map(named),
    },
  }
}

/** Reads 解約の取りやめ, which says nothing but that. */
export const readEndWithdrawal = (contract: ContractRecord): ReadChange<ContractEndWithdrawal> => ({
  mistakes: [],
  wanted: {
    change: 'endWithdrawal',
    contractNumber: contract.contractNumber,
    basis: basisOf(contract),
    lastDay: contract.end?.lastDay ?? null,
  },
})
