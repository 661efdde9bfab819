import { oneLineProblem } from '../../kernel/one-line.ts'
import { toHalfWidth } from '../../kernel/width.ts'
import type { Values } from '../../platform/http/drafts.ts'
import type { Mistake } from '../../platform/http/mistake.ts'
import { isServiceAddress, longestAddress } from './service.ts'

/** Whom home shows a service to. */
export const audiences = ['everyone', 'administrators', 'certificate_users'] as const
export type ServiceAudience = (typeof audiences)[number]

/** What home says of a service, in both languages, and where among the others. */
export type ServiceWords = { nameJa: string; nameEn: string; textJa: string; textEn: string; sort: number }

/** Where a service's tile leads: by single sign-on to those who have contracted it, or to an address that anybody may open. */
export type ServiceTarget = {
  singleSignOn: boolean
  /** Absent with single sign-on: each contract has its own. */
  address: string | null
  /** A box of the permission matrix, `statement.view`; null: nothing is asked for. With single sign-on alone. */
  permission: string | null
  forWhom: ServiceAudience
}

/** A service as officers register it (H-06). */
export type NewService = ServiceWords & ServiceTarget & { code: string }

export const longest = { nameJa: 30, nameEn: 60, textJa: 60, textEn: 120 } as const

export const wordFields = ['nameJa', 'nameEn', 'textJa', 'textEn', 'sort']
export const registrationFields = [
  'code',
  ...wordFields,
  'target',
  'address',
  'permission',
  'forWhom',
  'reason',
  'caseId',
]

const textIn = (values: Values, field: string): string => {
  const value = values[field]
  return typeof value === 'string' ? value.trim() : ''
}

const lastPlace = 9_999

/** What home says of a service; undefined where anything is wrong with it, which is added to `mistakes`. */
export const readWords = (values: Values, mistakes: Mistake[]): ServiceWords | undefined => {
  const before = mistakes.length
  const line = (field: keyof typeof longest): string => {
    const text = textIn(values, field)
    const problem = text === '' ? 'blank' : oneLineProblem(text, longest[field])
    if (problem)
      mistakes.push({ field, reason: `service.text.${problem}`, params: { maximum: longest[field] } })
    return text
  }
  const [nameJa, nameEn] = [line('nameJa'), line('nameEn')]
  const [textJa, textEn] = [line('textJa'), line('textEn')]
  const sort = toHalfWidth(textIn(values, 'sort'))
  if (!/^\d{1,4}$/.test(sort) || Number(sort) < 1)
    mistakes.push({ field: 'sort', reason: 'service.sort', params: { last: lastPlace } })
  return mistakes.length > before ? undefined : { nameJa, nameEn, textJa, textEn, sort: Number(sort) }
}

const codeShape = /^[a-z][a-z0-9-]{1,29}$/

/** Addresses of the console's own pages stand where a code would. */
const reserved = new Set(['registration'])

/** A new service from its form. */
export const readNewService = (
  values: Values,
  { permissions, production }: { permissions: readonly string[]; production: boolean },
): { mistakes: Mistake[]; service?: NewService } => {
  const mistakes: Mistake[] = []
  const code = toHalfWidth(textIn(values, 'code'))
  if (!codeShape.test(code) || reserved.has(code)) mistakes.push({ field: 'code', reason: 'service.code' })
  const words = readWords(values, mistakes)
  const target = readTarget(values, mistakes, { permissions, production })
  return mistakes.length > 0 || !words || !target
    ? { mistakes }
    : { mistakes, service: { code, ...words, ...target } }
}

const readTarget = (
  values: Values,
  mistakes: Mistake[],
  { permissions, production }: { permissions: readonly string[]; production: boolean },
): ServiceTarget | undefined => {
  const forWhom = audiences.find(each => each === textIn(values, 'forWhom'))
  if (!forWhom) mistakes.push({ field: 'forWhom', reason: 'service.forWhom' })
  const target = textIn(values, 'target')
  const address = textIn(values, 'address')
  const permission = textIn(values, 'permission')
  if (target !== 'signOn' && target !== 'address')
    mistakes.push({ field: 'target', reason: 'service.target' })
  if (target === 'address' && !isServiceAddress(address, production))
    mistakes.push({ field: 'address', reason: 'service.address', params: { maximum: longestAddress } })
  // An address is opened by whoever knows it: a permission would only seem to guard it.
  if (target === 'address' && permission !== '')
    mistakes.push({ field: 'permission', reason: 'service.permissionOfAddress' })
  else if (permission !== '' && !permissions.includes(permission))
    mistakes.push({ field: 'permission', reason: 'service.permission' })
  if (!forWhom) return undefined
  return target === 'signOn'
    ? { singleSignOn: true, address: null, permission: permission || null, forWhom }
    : { singleSignOn: false, address, permission: null, forWhom }
}

/** What officers ask of a service by a case: what gives a way in by two, what takes it away by one at once (H-04, H-06). */
export type ServiceAsked =
  // `service` in a proposal is that of standard fees, of which one waits at a time.
  | { change: 'registration'; portalServiceCode: string; newService: NewService }
  | { change: 'suspension' | 'resumption'; portalServiceCode: string; nameJa: string; nameEn: string }

/** A service as its row has it, as far as acts on it go. */
export type ServiceStanding = { suspendedAt: Date | null; own: boolean }

export type ServiceHindrance =
  | 'service.codeTaken'
  | 'service.notFound'
  | 'service.own'
  | 'service.suspendedAlready'
  | 'service.notSuspended'

/** Why this can't be asked of a service as it is now; undefined where it can. */
export const hindranceOf = (
  change: ServiceAsked['change'],
  service: ServiceStanding | undefined,
): ServiceHindrance | undefined => {
  if (change === 'registration') return service ? 'service.codeTaken' : undefined
  if (!service) return 'service.notFound'
  // The portal's own pages are what they are, whether home shows them or not.
  if (service.own) return 'service.own'
  if (change === 'suspension') return service.suspendedAt ? 'service.suspendedAlready' : undefined
  return service.suspendedAt ? undefined : 'service.notSuspended'
}
