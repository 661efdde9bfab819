import { groupedYen } from '../../kernel/money.ts'
import type { Values } from '../../platform/http/drafts.ts'
import type { Mistake } from '../../platform/http/mistake.ts'
import {
  type AccountLimitKind,
  accountLimitDigits,
  accountLimitKinds,
  companyLimitDigits,
  companyLimitKinds,
  serviceOfLimit,
} from '../company/index.ts'
import {
  type AccountCeilingChange,
  basisOf,
  type CeilingChange,
  type CompanyCeilingChanges,
  type Extension,
  isRaise,
  named,
  type Reduction,
} from './change.ts'
import { checkCompanyKana, checkCompanyName } from './contract.ts'
import {
  accountCeilingField,
  accountFields,
  ceilingField,
  listIn,
  neededCompanyCeiling,
  paperFields,
  readAccounts,
  readCeiling,
  textIn,
} from './form.parts.ts'
import type { ContractRecord } from './queries.ts'

/** Beginnings of fields that name an account by its id: one that is not the company's can't have come from our page (I-05). */
export const accountBeginnings = ['ceilingTotal', 'ceilingEach', 'ceilingPreregistered']

const ceilingFields = ({ accounts }: Pick<ContractRecord, 'accounts'>): string[] => [
  ...companyLimitKinds.map(ceilingField),
  ...accounts.flatMap(({ id }) => accountLimitKinds.map(kind => accountCeilingField(kind, id))),
]

/** The fields of ご契約の追加・引き上げ, in the order of the page. */
export const extensionFields = (contract: ContractRecord, rows: number): string[] => [
  'name',
  'nameKana',
  'services',
  ...ceilingFields(contract),
  'accountRows',
  ...accountFields(rows),
  ...paperFields,
  'caseId',
  'basis',
]

/** The fields of ご契約の終了・引き下げ, in the order of the page. */
export const reductionFields = (contract: ContractRecord): string[] => [
  'services',
  'signOn',
  'accounts',
  ...ceilingFields(contract),
  'reasonText',
  'caseId',
  'basis',
]

const typed = (ceiling: bigint | null): string =>
  ceiling === null ? '' : groupedYen(ceiling as Parameters<typeof groupedYen>[0])

/** The ceilings as they stand, in their fields. */
export const ceilingValues = ({ limits, accounts }: ContractRecord): Values => ({
  ...Object.fromEntries(limits.map(({ kind, limit }) => [ceilingField(kind), typed(limit.ceiling)])),
  ...Object.fromEntries(
    accounts.flatMap(({ id, limits: of }) =>
      accountLimitKinds.map(kind => [accountCeilingField(kind, id), typed(of[kind].ceiling)]),
    ),
  ),
})

type Direction = 'raise' | 'lower'

/** One ceiling as its field asks: left as it is, changed in the direction of the form, or a mistake at the field. */
const readChange = (
  values: Values,
  field: string,
  digits: number,
  before: bigint | null,
  direction: Direction,
  mistakes: Mistake[],
): CeilingChange | undefined => {
  const after = readCeiling(values, field, digits, mistakes)
  if (after === undefined) return undefined
  if (after === 'blank') {
    if (before !== null) mistakes.push({ field, reason: 'contract.ceiling.blank' })
    return undefined
  }
  if (before !== null && BigInt(after) === before) return undefined
  if (isRaise(before, after) !== (direction === 'raise')) {
    mistakes.push({
      field,
      reason: direction === 'raise' ? 'contract.ceiling.lowerElsewhere' : 'contract.ceiling.higherElsewhere',
    })
    return undefined
  }
  return { before: before === null ? null : String(before), after }
}

/** The ceilings of accounts that stay, in one direction; no part is left above its whole (E-03). */
const readAccountChanges = (
  values: Values,
  accounts: ContractRecord['accounts'],
  direction: Direction,
  mistakes: Mistake[],
): AccountCeilingChange[] =>
  accounts.flatMap(account => {
    const ceilings: AccountCeilingChange['ceilings'] = {}
    for (const kind of accountLimitKinds) {
      const field = accountCeilingField(kind, account.id)
      const { ceiling } = account.limits[kind]
      const change = readChange(values, field, accountLimitDigits, ceiling, direction, mistakes)
      if (change) ceilings[kind] = change
    }
    if (Object.keys(ceilings).length === 0) return []
    const result = (kind: AccountLimitKind): bigint | null => {
      const change = ceilings[kind]
      return change ? BigInt(change.after) : account.limits[kind].ceiling
    }
    const total = result('total')
    for (const kind of accountLimitKinds) {
      const part = result(kind)
      if (total !== null && part !== null && part > total)
        mistakes.push({ field: accountCeilingField(kind, account.id), reason: 'contract.ceiling.aboveTotal' })
    }
    return [{ ...named(account), ceilings }]
  })

const readCompanyChanges = (
  values: Values,
  contract: ContractRecord,
  ended: readonly string[],
  direction: Direction,
  mistakes: Mistake[],
): CompanyCeilingChanges => {
  const ceilings: CompanyCeilingChanges = {}
  for (const { kind, limit } of contract.limits) {
    if (ended.includes(serviceOfLimit(kind))) continue
    const change = readChange(
      values,
      ceilingField(kind),
      companyLimitDigits,
      limit.ceiling,
      direction,
      mistakes,
    )
    if (change) ceilings[kind] = change
  }
  return ceilings
}

/** What is asked for, and every mistake of the form; undefined where there is one. */
export type ReadChange<T> = { mistakes: Mistake[]; wanted?: T }

/** A name as its field asks: left as it is, another one, or a mistake. */
const readName = (
  values: Values,
  field: 'name' | 'nameKana',
  before: string,
  mistakes: Mistake[],
): { before: string; after: string } | null => {
  if (textIn(values, field) === before) return null
  const checked = (field === 'name' ? checkCompanyName : checkCompanyKana)(textIn(values, field))
  if (!checked.ok)
    mistakes.push({ field, reason: checked.reason, ...(checked.params && { params: checked.params }) })
  return checked.ok && checked.value !== before ? { before, after: checked.value } : null
}

/** Reads ご契約の追加・引き上げ: what gives the company more, or another name. */
export const readExtension = (
  values: Values,
  contract: ContractRecord,
  services: readonly string[],
): ReadChange<Extension> => {
  const mistakes: Mistake[] = []
  const name = readName(values, 'name', contract.name, mistakes)
  const nameKana = readName(values, 'nameKana', contract.nameKana, mistakes)
  const free = services.filter(code => !contract.services.some(each => each.code === code))
  const chosen = listIn(values, 'services')
  if (chosen.some(code => !free.includes(code)))
    mistakes.push({ field: 'services', reason: 'contract.service.unknown' })
  const added = free.filter(code => chosen.includes(code))
  const ceilings = readCompanyChanges(values, contract, [], 'raise', mistakes)
  for (const kind of companyLimitKinds) {
    if (contract.limits.some(each => each.kind === kind)) continue
    if (added.includes(serviceOfLimit(kind))) {
      const after = neededCompanyCeiling(values, kind, mistakes)
      if (after !== undefined) ceilings[kind] = { before: null, after }
    } else if (textIn(values, ceilingField(kind)).trim() !== '')
      mistakes.push({ field: ceilingField(kind), reason: 'contract.ceiling.noService' })
  }
  const accountCeilings = readAccountChanges(values, contract.accounts, 'raise', mistakes)
  const accounts = readAccounts(values, mistakes)
  const wanted: Extension = {
    change: 'extension',
    contractNumber: contract.contractNumber,
    basis: basisOf(contract),
    name,
    nameKana,
    services: added,
    accounts,
    ceilings,
    accountCeilings,
  }
  const nothing =
    !name &&
    !nameKana &&
    [added, accounts, accountCeilings, Object.keys(ceilings)].every(part => part.length === 0)
  if (nothing && mistakes.length === 0) mistakes.push({ field: '', reason: 'contract.unchanged' })
  return mistakes.length > 0 ? { mistakes } : { mistakes, wanted }
}

/** Reads ご契約の終了・引き下げ: what takes away. */
export const readReduction = (values: Values, contract: ContractRecord): ReadChange<Reduction> => {
  const mistakes: Mistake[] = []
  const ended = listIn(values, 'services')
  if (ended.some(code => !contract.services.some(each => each.code === code)))
    mistakes.push({ field: 'services', reason: 'contract.service.unknown' })
  const active = contract.signOn.filter(({ endedAt }) => endedAt === null)
  const left = listIn(values, 'signOn')
  if (left.some(code => !active.some(each => each.code === code)))
    mistakes.push({ field: 'signOn', reason: 'contract.service.unknown' })
  const closed = listIn(values, 'accounts')
  if (closed.some(id => !contract.accounts.some(each => each.id === id)))
    mistakes.push({ field: 'accounts', reason: 'company.account.notFound' })
  const staying = contract.accounts.filter(({ id }) => !closed.includes(id))
  const ceilings = readCompanyChanges(values, contract, ended, 'lower', mistakes)
  const accountCeilings = readAccountChanges(values, staying, 'lower', mistakes)
  const wanted: Reduction = {
    change: 'reduction',
    contractNumber: contract.contractNumber,
    basis: basisOf(contract),
    services: contract.services.map(({ code }) => code).filter(code => ended.includes(code)),
    signOn: active
      .filter(({ code }) => left.includes(code))
      .map(({ code, nameJa, nameEn }) => ({ code, nameJa, nameEn })),
    accounts: contract.accounts.filter(({ id }) => closed.includes(id)).map(named),
    ceilings,
    accountCeilings,
  }
  const nothing = [
    wanted.services,
    wanted.signOn,
    wanted.accounts,
    accountCeilings,
    Object.keys(ceilings),
  ].every(part => part.length === 0)
  if (nothing && mistakes.length === 0) mistakes.push({ field: '', reason: 'contract.unchanged' })
  return mistakes.length > 0 ? { mistakes } : { mistakes, wanted }
}
