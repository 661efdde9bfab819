import type { Yen } from '../../kernel/money.ts'
import type { ApprovalMode } from '../approvals/index.ts'
import type { CompanyAccount } from '../users/index.ts'
import type { AccountCeilings, AccountLimitKind, AccountLimits, CompanyLimitKind } from './limits.ts'

/** A limit as it stands; without an amount nobody has set it yet. */
export type Limit = { amount?: Yen; ceiling: Yen | null }

export type SettledAccount = CompanyAccount & { limits: Record<AccountLimitKind, Limit> }

/** A contracted service; `choice` says whether 承認なし may be chosen, null where approval does not apply (E-02). */
export type SettledService = {
  code: string
  approval: ApprovalMode | null
  choice: 'optional' | 'required' | null
}

/** 企業情報: everything of E-01 to E-04 about a company. */
export type CompanySettings = {
  /** Rises with each change (D-12). */
  version: number
  name: string
  nameKana: string
  contractNumber: string
  services: SettledService[]
  /** Those that are not closed, with limits where the company has contracted 振込振替. */
  accounts: SettledAccount[]
  /** Of the contracted services. */
  limits: { kind: CompanyLimitKind; limit: Limit }[]
}

/** The services whose approval may be chosen. */
export const approvalChoices = (
  settings: CompanySettings,
): (SettledService & { choice: 'optional' | 'required' })[] =>
  settings.services.flatMap(service => (service.choice ? [{ ...service, choice: service.choice }] : []))

/** Whether accounts have limits at this company: they are 振込振替's alone (E-03). */
export const limitsAccounts = (settings: CompanySettings): boolean =>
  settings.services.some(({ code }) => code === 'transfer')

/** 承認なし, シングル, ダブル(順序なし), ダブル(順序あり); the first only where it may be chosen (E-02). */
export const modesFor = (choice: 'optional' | 'required'): ApprovalMode[] => [
  ...(choice === 'optional' ? (['none'] as const) : []),
  'single',
  'double_unordered',
  'double_ordered',
]

/** The contract's ceilings of one account. */
export const ceilingsOf = (limits: SettledAccount['limits']): AccountCeilings => ({
  total: limits.total.ceiling,
  each: limits.each.ceiling,
  preregistered: limits.preregistered.ceiling,
})

/** An account as it is to be; `limits` is null where they stay as they are. */
export type WantedAccount = { memo: string; limits: AccountLimits | null }

/** What a change of 企業情報 asks for: what is to become another, and nothing else. */
export type WantedSettings = {
  /** By service. */
  approvals: ReadonlyMap<string, ApprovalMode>
  /** By the account's id. */
  accounts: ReadonlyMap<string, WantedAccount>
  limits: ReadonlyMap<CompanyLimitKind, Yen>
}
