import type { CompanyLimitKind } from '../company/index.ts'

/** What an administrator does by role, as `can` knows it; its words are `obstacles.actions.<action>`. */
export const portalActions = ['user:manage', 'company:manage', 'fee:manage', 'certificate:revoke'] as const
export type PortalAction = (typeof portalActions)[number]

/** Something a user might do: what a role allows, or a box of the permission matrix (D-04). */
export type Operation =
  | { kind: 'action'; action: PortalAction }
  | {
      kind: 'permission'
      service: string
      code: string
      /** As the matrix groups it: request, approve, enquiry, … */
      sort: string
      administratorsOnly: boolean
      /** 給与 or 賞与, where a service has a limit for each (E-04). */
      purpose?: 'salary' | 'bonus'
    }

/** How an address names an operation: `user:manage`, `transfer.request_new`, `payroll.request_file.bonus`. */
export const nameOf = (operation: Operation): string =>
  operation.kind === 'action'
    ? operation.action
    : [operation.service, operation.code, ...(operation.purpose ? [operation.purpose] : [])].join('.')

/** A box of the matrix as one operation, or as two where 給与 and 賞与 are told apart. */
export const operationsOf = (
  service: string,
  { code, sort, administratorsOnly }: { code: string; sort: string; administratorsOnly: boolean },
): Operation[] => {
  const operation = { kind: 'permission' as const, service, code, sort, administratorsOnly }
  return service === 'payroll' && sort === 'request'
    ? [
        { ...operation, purpose: 'salary' },
        { ...operation, purpose: 'bonus' },
      ]
    : [operation]
}

/** What bounds the amount of one transaction: the user's limit for one (D-05), the account's and the company's a day. */
export type Bound =
  | 'user'
  | 'account.total'
  | 'account.each'
  | 'account.preregistered'
  | `company.${CompanyLimitKind}`

/**
 * The limits that hold for an operation; none where it moves no money. 振込振替 counts against 合計 and one of its parts:
 * 事前登録 for payees the bank has on paper, 都度指定 for every other (E-03).
 */
export const boundsOf = (operation: Operation): Bound[] => {
  if (operation.kind !== 'permission' || operation.sort !== 'request') return []
  const { service, code, purpose } = operation
  switch (service) {
    case 'transfer':
      return [
        'user',
        'account.total',
        code === 'request_preregistered' ? 'account.preregistered' : 'account.each',
      ]
    case 'bulk_transfer':
    case 'direct_debit':
      return ['user', `company.${service}`]
    case 'payroll':
      return ['user', `company.${purpose ?? 'salary'}`]
    default:
      return []
  }
}

const onAccounts: ReadonlySet<string> = new Set([
  'balance',
  'statement',
  'incoming',
  'transfer',
  'bulk_transfer',
  'payroll',
  'direct_debit',
])

/** Whether an operation is done on an account that the user must be able to use (D-05). */
export const needsAccount = (operation: Operation): boolean =>
  operation.kind === 'permission' &&
  onAccounts.has(operation.service) &&
  (operation.sort === 'request' || operation.code === 'view')
