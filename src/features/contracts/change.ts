import { createHash } from 'node:crypto'
import { type BusinessDay, businessDayOf } from '../../kernel/business-day.ts'
import type { AccountLimitKind, CompanyLimitKind } from '../company/index.ts'
import type { AccountKind, Amount, NewAccount } from './contract.ts'
import type { ContractRecord } from './queries.ts'

/** A ceiling as it is and as it is to be; null: the contract sets none. */
export type CeilingChange = { before: Amount | null; after: Amount }
export type CompanyCeilingChanges = Partial<Record<CompanyLimitKind, CeilingChange>>

/** An account that is there, by all that names it: a case is read long after. */
export type AccountNamed = {
  id: string
  branchCode: string
  branchName: string
  kind: AccountKind
  number: string
}
export type AccountCeilingChange = AccountNamed & {
  ceilings: Partial<Record<AccountLimitKind, CeilingChange>>
}

/** Whether a contract was ended or its last day has passed, which nobody withdraws and after which nothing of it is changed (H-06). */
export const isOver = ({ end }: Pick<ContractRecord, 'end'>, now: Date): boolean =>
  end !== null && (end.endedAt !== null || end.lastDay < businessDayOf(now))

type Text = { before: string; after: string }

type Common = {
  contractNumber: string
  /** What the contract was when this was prepared: another one refuses it. */
  basis: string
  ceilings: CompanyCeilingChanges
  accountCeilings: AccountCeilingChange[]
}

/** What gives the company more, or another name: two officers on the paper form (H-04, H-06). */
export type Extension = Common & {
  change: 'extension'
  name: Text | null
  nameKana: Text | null
  services: string[]
  accounts: NewAccount[]
}

/** What takes away: one officer at once, reviewed by the next business day (H-04, H-06). */
export type Reduction = Common & {
  change: 'reduction'
  services: string[]
  signOn: { code: string; nameJa: string; nameEn: string }[]
  accounts: AccountNamed[]
}

/** A service entered by single sign-on, with the addresses that it tells of itself (G-05). */
export type SignOnWanted = {
  change: 'signOn'
  contractNumber: string
  basis: string
  service: { code: string; nameJa: string; nameEn: string }
  loginUri: string
  redirectUris: string[]
  postLogoutRedirectUris: string[]
  backchannelLogoutUri: string | null
}

/** 解約: the contract as a whole ends, with all that is named here, by two officers on the paper form (H-06). */
export type ContractEnd = {
  change: 'end'
  contractNumber: string
  basis: string
  /** The last day that its people may use the portal; null: it ends as soon as it is approved. */
  lastDay: BusinessDay | null
  /** How many users it had when this was prepared. */
  users: number
  services: string[]
  signOn: { code: string; nameJa: string; nameEn: string }[]
  accounts: AccountNamed[]
}

/** 解約の取りやめ, as long as the last day has not passed: it gives back what was to end, so it takes two officers, too (H-04). */
export type ContractEndWithdrawal = {
  change: 'endWithdrawal'
  contractNumber: string
  basis: string
  lastDay: BusinessDay | null
}

export type ContractChange = Extension | Reduction | SignOnWanted | ContractEnd | ContractEndWithdrawal

type Facts = Pick<ContractRecord, 'name' | 'nameKana' | 'services' | 'accounts' | 'limits' | 'signOn' | 'end'>

/**
 * What of a contract officers change, as one value: two of them on the same company notice each other by it (D-12). What the
 * company's administrators set within it is no part of it.
 */
export const basisOf = ({ name, nameKana, services, accounts, limits, signOn, end }: Facts): string =>
  createHash('sha256')
    .update(
      JSON.stringify([
        name,
        nameKana,
        services.map(({ code }) => code).toSorted(),
        accounts
          .map(({ id, limits: of }) => [
            id,
            ...[of.total, of.each, of.preregistered].map(({ ceiling }) => String(ceiling)),
          ])
          .toSorted((one, other) => String(one[0]).localeCompare(String(other[0]))),
        limits.map(({ kind, limit }) => [kind, String(limit.ceiling)]),
        signOn.filter(({ endedAt }) => endedAt === null).map(({ code }) => code),
        // Where nothing ends, as before there were ends: cases that wait keep standing on what they stood on.
        ...(end ? [[end.lastDay, end.endedAt]] : []),
      ]),
    )
    .digest('hex')

/** An account by what names it. */
export const named = ({ id, branchCode, branchName, kind, number }: AccountNamed): AccountNamed => ({
  id,
  branchCode,
  branchName,
  kind,
  number,
})

/** Whether a ceiling that is asked for gives more than the one that holds; none set holds nothing back. */
export const isRaise = (before: bigint | null, after: Amount): boolean =>
  before !== null && BigInt(after) > before
