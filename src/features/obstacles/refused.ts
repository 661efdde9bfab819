import type { Actor } from '../../kernel/actor.ts'
import type { Refusal } from '../../kernel/result.ts'
import { portalActions } from './operation.ts'

/** Refusals for lack of a permission, an account, an approver or a policy that allows it, of which the page can say more. */
const explained = [
  'access.forbidden',
  'account.notFound',
  'certificate.revokedByBank',
  'company.account.notFound',
  'permission.forged',
  'service.notPermitted',
]

/** What of the matrix stands behind an action that is not a role's alone. */
const boxes: Readonly<Record<string, string>> = { 'history:others': 'history.all' }

/**
 * The address of 「操作できない理由を調べる」 for a user who has just been refused, with the operation where the refusal names
 * it; undefined for refusals that settings have nothing to do with, and for whoever is no user (E-06).
 */
export const whyHref = (actor: Actor, { reason, params }: Refusal): string | undefined => {
  if (actor.kind !== 'user') return undefined
  if (!explained.includes(reason) && !reason.startsWith('approval.')) return undefined
  const action = reason === 'certificate.revokedByBank' ? 'certificate:revoke' : String(params?.action ?? '')
  // A service names the box of the matrix that it asks for.
  const box = reason === 'service.notPermitted' ? action : boxes[action]
  const operation = box ?? portalActions.find(each => each === action)
  return operation ? `/obstacles?${new URLSearchParams({ operation })}` : '/obstacles'
}
