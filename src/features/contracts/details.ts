import { accountLimitKinds, companyLimitKinds } from '../company/index.ts'
import type { AccountCeilingChange, CompanyCeilingChanges, Extension, Reduction } from './change.ts'
import type { NewAccount } from './contract.ts'
import type { ContractDetails } from './events.ts'

type Side = 'before' | 'after'
type AccountDetails = NonNullable<ContractDetails['contractAccounts']>[number]

const names = { total: 'ceilingTotal', each: 'ceilingEach', preregistered: 'ceilingPreregistered' } as const

const accountDetails = (
  { branchCode, kind, number }: Pick<NewAccount, 'branchCode' | 'kind' | 'number'>,
  ceiling: (kind: (typeof accountLimitKinds)[number]) => string | null | undefined = () => undefined,
): AccountDetails => ({
  branchCode,
  accountKind: kind,
  accountNumber: number,
  ...Object.fromEntries(
    accountLimitKinds.flatMap(each => {
      const amount = ceiling(each)
      return amount === null || amount === undefined ? [] : [[names[each], BigInt(amount)]]
    }),
  ),
})

const ceilingDetails = (ceilings: CompanyCeilingChanges, side: Side): ContractDetails => {
  const amounts = companyLimitKinds.flatMap(kind => {
    const amount = ceilings[kind]?.[side]
    return amount === null || amount === undefined ? [] : [[kind, BigInt(amount)] as const]
  })
  return amounts.length > 0 ? { companyCeilings: Object.fromEntries(amounts) } : {}
}

const raised = (accounts: readonly AccountCeilingChange[], side: Side): AccountDetails[] =>
  accounts.map(account => accountDetails(account, kind => account.ceilings[kind]?.[side]))

const withAccounts = (accounts: AccountDetails[]): ContractDetails =>
  accounts.length > 0 ? { contractAccounts: accounts } : {}

/** Both sides of an extension, as the history has them. */
export const extensionDetails = (wanted: Extension): { before: ContractDetails; after: ContractDetails } => {
  const side = (which: Side): ContractDetails => ({
    ...(wanted.name && { companyName: wanted.name[which] }),
    ...(wanted.nameKana && { companyKana: wanted.nameKana[which] }),
    ...(which === 'after' && wanted.services.length > 0 && { services: wanted.services }),
    ...ceilingDetails(wanted.ceilings, which),
    ...withAccounts([
      ...raised(wanted.accountCeilings, which),
      ...(which === 'after'
        ? wanted.accounts.map(account => accountDetails(account, kind => account.ceilings[kind]))
        : []),
    ]),
  })
  return { before: side('before'), after: side('after') }
}

/** Both sides of a reduction: what ended stands before and not after. */
export const reductionDetails = (wanted: Reduction): { before: ContractDetails; after: ContractDetails } => {
  const side = (which: Side): ContractDetails => ({
    ...(which === 'before' && wanted.services.length > 0 && { services: wanted.services }),
    ...(which === 'before' &&
      wanted.signOn.length > 0 && { signOnServices: wanted.signOn.map(({ nameJa }) => nameJa) }),
    ...ceilingDetails(wanted.ceilings, which),
    ...withAccounts([
      ...raised(wanted.accountCeilings, which),
      ...(which === 'before' ? wanted.accounts.map(account => accountDetails(account)) : []),
    ]),
  })
  return { before: side('before'), after: side('after') }
}

/** As many accounts as one entry of the history holds with room to spare. */
const accountsInOneEntry = 20

/** One entry, or several where very many accounts were touched at once; the first has all the rest. */
export const entriesOf = (sides: {
  before: ContractDetails
  after: ContractDetails
}): { before: ContractDetails; after: ContractDetails }[] => {
  const { before, after } = sides
  const count = Math.max(before.contractAccounts?.length ?? 0, after.contractAccounts?.length ?? 0)
  const part = ({ contractAccounts = [], ...rest }: ContractDetails, from: number): ContractDetails => ({
    ...(from === 0 && rest),
    ...withAccounts(contractAccounts.slice(from, from + accountsInOneEntry)),
  })
  return Array.from({ length: Math.max(1, Math.ceil(count / accountsInOneEntry)) }, (_entry, index) => ({
    before: part(before, index * accountsInOneEntry),
    after: part(after, index * accountsInOneEntry),
  }))
}
