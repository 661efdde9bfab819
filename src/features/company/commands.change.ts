import type { Deps } from '../../deps.ts'
import type { UserActor } from '../../kernel/actor.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import { inTx, type Tx } from '../../platform/db/in-tx.ts'
import { isApproved, type KeepingRefusal, keepingApprovers } from '../approvals/index.ts'
import { stillManages } from '../users/index.ts'
import { type ChangedSettings, CompanyChanged, CompanyChangeRefused } from './events.ts'
import { type AccountLimitKind, accountLimitKinds, serviceOfLimit } from './limits.ts'
import { companySettings } from './queries.ts'
import {
  approvalChoices,
  type CompanySettings,
  type SettledAccount,
  type WantedAccount,
  type WantedSettings,
} from './settings.ts'

export type CompanyChangeRefusal =
  | 'access.forbidden'
  | 'draft.targetChanged'
  | 'company.contractChanged'
  | KeepingRefusal

/**
 * Changes 企業情報 of the actor's company: approval by service, limits by account and of the company, the notes beside its
 * accounts (E-01 to E-04), in one transaction with the history.
 * @param read what is wanted of the settings as they are once held; undefined where it no longer fits them
 *
 * Refuses when the actor may not (any more), when somebody else has changed the settings since `version` (D-12), when the
 * contract has become another meanwhile, and when an approval mode would leave some requester without approvers (D-11).
 */
export const changeCompany = (
  deps: Deps,
  actor: UserActor,
  version: number,
  read: (settings: CompanySettings) => WantedSettings | undefined,
): Promise<Result<{ before: CompanySettings; after: CompanySettings }, CompanyChangeRefusal>> => {
  const { companyId } = actor
  type Done = Result<{ before: CompanySettings; after: CompanySettings }, CompanyChangeRefusal>
  return inTx(deps, (tx): Promise<Done> => {
    const change = async (): Promise<Done> => {
      if (!(await stillManages(tx, actor, 'company:manage'))) return refuse('access.forbidden')
      const before = await companySettings(tx, actor)
      if (before.version !== version) return refuse('draft.targetChanged')
      const wanted = read(before)
      if (!wanted) return refuse('company.contractChanged')
      await store(tx, companyId, before, wanted)
      const after = await companySettings(tx, actor)
      for (const details of entriesOf(touched(before, after), touched(after, before)))
        await audit.record(deps, tx, CompanyChanged, {
          actor,
          companyId,
          subject: { kind: 'company', id: companyId, label: before.name },
          details,
        })
      return ok({ before, after })
    }
    return keepingApprovers(tx, companyId, change)
  })
}

/** Records a change that was refused at 「実行」, and what it asked for (F-02); its own transaction has been rolled back. */
export const recordChangeRefused = async (
  deps: Deps,
  actor: UserActor,
  read: (settings: CompanySettings) => WantedSettings | undefined,
  reason: string,
): Promise<void> => {
  const before = await companySettings(deps.db, actor)
  const wanted = read(before)
  const after = wanted ? settledBy(before, wanted) : before
  // One try is one entry: of very many accounts the first ones tell which try it was.
  const [details = {}] = wanted ? entriesOf(touched(before, after), touched(after, before)) : []
  await audit.recordAlone(deps, CompanyChangeRefused, {
    actor,
    companyId: actor.companyId,
    subject: { kind: 'company', id: actor.companyId, label: before.name },
    details,
    outcome: 'refused',
    reason,
  })
}

/** The settings as they would have become. */
const settledBy = (
  before: CompanySettings,
  { approvals, accounts, limits }: WantedSettings,
): CompanySettings => ({
  ...before,
  services: before.services.map(service => ({
    ...service,
    approval: approvals.get(service.code) ?? service.approval,
  })),
  accounts: before.accounts.map(account => {
    const wanted = accounts.get(account.id)
    if (!wanted) return account
    const kept = account.limits
    const settled = (kind: AccountLimitKind) => ({
      ...kept[kind],
      ...(wanted.limits && { amount: wanted.limits[kind] }),
    })
    return {
      ...account,
      memo: wanted.memo,
      limits: {
        total: settled('total'),
        each: settled('each'),
        preregistered: settled('preregistered'),
      },
    }
  }),
  limits: before.limits.map(({ kind, limit }) => {
    const amount = limits.get(kind)
    return { kind, limit: amount === undefined ? limit : { ...limit, amount } }
  }),
})

const store = async (
  tx: Tx,
  companyId: string,
  before: CompanySettings,
  { approvals, accounts, limits }: WantedSettings,
): Promise<void> => {
  await tx.company.update({ where: { id: companyId }, data: { version: { increment: 1 } } })
  for (const [serviceCode, approval] of approvals)
    await tx.companyService.update({
      where: { companyId_serviceCode: { companyId, serviceCode } },
      data: { approval },
    })
  // A company has four services and any number of accounts: only those touched are written.
  for (const account of before.accounts) {
    const wanted = accounts.get(account.id)
    if (wanted) await storeAccount(tx, companyId, account, wanted)
  }
  for (const [kind, amount] of limits) {
    const serviceCode = serviceOfLimit(kind)
    await tx.companyLimit.upsert({
      where: { companyId_serviceCode_kind: { companyId, serviceCode, kind } },
      create: { companyId, serviceCode, kind, amount },
      update: { amount },
    })
  }
}

const storeAccount = async (
  tx: Tx,
  companyId: string,
  before: SettledAccount,
  { memo, limits }: WantedAccount,
): Promise<void> => {
  const accountId = before.id
  if (memo !== before.memo)
    await tx.account.update({ where: { companyId_id: { companyId, id: accountId } }, data: { memo } })
  for (const kind of limits ? accountLimitKinds : []) {
    const amount = limits?.[kind]
    if (amount === undefined || amount === before.limits[kind].amount) continue
    await tx.accountLimit.upsert({
      where: { companyId_accountId_kind: { companyId, accountId, kind } },
      create: { companyId, accountId, kind, amount },
      update: { amount },
    })
  }
}

/** One side of what has become another, for the history: what was left alone is in neither. */
const touched = (settings: CompanySettings, other: CompanySettings): ChangedSettings => {
  const approvals = approvalChoices(settings).filter(
    ({ code, approval }) => approval !== other.services.find(each => each.code === code)?.approval,
  )
  const accounts = settings.accounts.filter(account => {
    const same = other.accounts.find(({ id }) => id === account.id)
    return !same || account.memo !== same.memo || accountLimitKinds.some(differs(account, same))
  })
  const limits = settings.limits.filter(
    ({ kind, limit }) => limit.amount !== other.limits.find(each => each.kind === kind)?.limit.amount,
  )
  return {
    ...(approvals.length > 0 && {
      approvals: Object.fromEntries(
        approvals.flatMap(({ code, approval }) => (isApproved(code) && approval ? [[code, approval]] : [])),
      ),
    }),
    ...(accounts.length > 0 && { companyAccounts: accounts.map(accountDetails) }),
    ...(limits.length > 0 && {
      companyLimits: Object.fromEntries(
        limits.flatMap(({ kind, limit }) => (limit.amount === undefined ? [] : [[kind, limit.amount]])),
      ),
    }),
  }
}

/** As many accounts as one entry of the history holds with room to spare; a company may have any number. */
const accountsInOneEntry = 20

/** Both sides of a change as one entry of the history, or as several where very many accounts were changed at once. */
const entriesOf = (
  before: ChangedSettings,
  after: ChangedSettings,
): { before: ChangedSettings; after: ChangedSettings }[] => {
  const count = Math.max(before.companyAccounts?.length ?? 0, after.companyAccounts?.length ?? 0)
  const part = (side: ChangedSettings, from: number): ChangedSettings => {
    const { companyAccounts, ...rest } = side
    const accounts = companyAccounts?.slice(from, from + accountsInOneEntry) ?? []
    return { ...(from === 0 && rest), ...(accounts.length > 0 && { companyAccounts: accounts }) }
  }
  const starts = Array.from({ length: Math.max(1, Math.ceil(count / accountsInOneEntry)) })
  return starts.map((_start, index) => ({
    before: part(before, index * accountsInOneEntry),
    after: part(after, index * accountsInOneEntry),
  }))
}

const differs = (one: SettledAccount, other: SettledAccount) => (kind: AccountLimitKind) =>
  one.limits[kind].amount !== other.limits[kind].amount

const accountDetails = ({ branchCode, kind, number, memo, limits }: SettledAccount) => ({
  branchCode,
  accountKind: kind,
  accountNumber: number,
  accountMemo: memo,
  ...(limits.total.amount !== undefined && { transferTotal: limits.total.amount }),
  ...(limits.each.amount !== undefined && { transferEach: limits.each.amount }),
  ...(limits.preregistered.amount !== undefined && { transferPreregistered: limits.preregistered.amount }),
})
