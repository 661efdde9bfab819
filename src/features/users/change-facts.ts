import type { AcceptedChange } from './change.ts'
import type { CompanyAccount, UserRecord } from './queries.ts'

type Account = { branchCode: string; accountKind: CompanyAccount['kind']; accountNumber: string }
type Limit = { service: string; amount: bigint }
type Parts = {
  loginId?: string
  name?: string
  email?: string
  mobile?: string
  role?: UserRecord['role']
  limits?: Limit[]
}
type Given = { permissions?: string[]; accounts?: Account[] }

/** What a change has changed, as the history tells it: single facts before and after, lists by what came and went. */
export type ChangedFacts = { before: Parts; after: Parts; added?: Given; removed?: Given }

const accountFact = ({ branchCode, kind, number }: CompanyAccount): Account => ({
  branchCode,
  accountKind: kind,
  accountNumber: number,
})

const without = <T>(list: Iterable<T>, others: Iterable<T>): T[] => {
  const gone = new Set(others)
  return [...list].filter(each => !gone.has(each))
}

const given = (permissions: string[], accounts: CompanyAccount[]): Given | undefined =>
  permissions.length + accounts.length === 0
    ? undefined
    : {
        ...(permissions.length > 0 && { permissions }),
        ...(accounts.length > 0 && { accounts: accounts.map(accountFact) }),
      }

/** The facts that differ; undefined where none does. */
export const factsChanged = (user: UserRecord, change: AcceptedChange): ChangedFacts | undefined => {
  const before: Parts = {}
  const after: Parts = {}
  for (const field of ['loginId', 'name', 'email'] as const)
    if (user[field] !== change[field]) {
      before[field] = user[field]
      after[field] = change[field]
    }
  if ((user.mobile ?? '') !== (change.mobile ?? '')) {
    before.mobile = user.mobile ?? ''
    after.mobile = change.mobile ?? ''
  }
  if (user.role !== change.role) {
    before.role = user.role
    after.role = change.role
  }
  const services = new Set([...user.limits.keys(), ...change.limits.keys()])
  const changed = [...services].filter(code => user.limits.get(code) !== change.limits.get(code))
  if (changed.length > 0) {
    before.limits = limitsOf(user.limits, changed)
    after.limits = limitsOf(change.limits, changed)
  }
  const held = new Set(user.accounts.map(({ id }) => id))
  const kept = new Set(change.accounts.map(({ id }) => id))
  const added = given(
    without(change.permissions, user.permissions),
    change.accounts.filter(({ id }) => !held.has(id)),
  )
  const removed = given(
    without(user.permissions, change.permissions),
    user.accounts.filter(({ id }) => !kept.has(id)),
  )
  if (Object.keys(after).length === 0 && !added && !removed) return undefined
  return { before, after, ...(added && { added }), ...(removed && { removed }) }
}

const limitsOf = (limits: ReadonlyMap<string, bigint>, codes: readonly string[]): Limit[] =>
  codes.flatMap(service => {
    const amount = limits.get(service)
    return amount === undefined ? [] : [{ service, amount }]
  })
