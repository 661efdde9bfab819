import type { Actor } from '../kernel/actor.ts'
import type { SecurityPolicy } from './policy.ts'

/** The user whose lock it is, as far as it decides who may undo it. */
export type Locked = {
  role: 'user' | 'administrator' | 'contractor'
  /** Nobody of their company is able to help them and manages them (`isHelpless`): the last administrator, any contractor. */
  helpless: boolean
}

/**
 * Whether this actor may undo a lock of such a user (chapter A, «who releases»). That an administrator acts in their
 * own company only and never for themselves, the command decides on the rows.
 */
export const mayRelease = (policy: SecurityPolicy, actor: Actor, locked: Locked): boolean => {
  const releasers = policy.releasedBy[locked.role === 'user' ? 'user' : 'administrator']
  if (actor.kind === 'user') return actor.role !== 'user' && releasers.includes('administrator')
  if (actor.kind !== 'staff') return false
  return (
    releasers.includes('helpdesk') ||
    (locked.helpless && releasers.includes('helpdesk-for-last-administrator'))
  )
}

/** Whom the owner of a lock is told to ask first; `itself` where the lock ends by itself. */
export const releaserToAsk = (
  policy: Pick<SecurityPolicy, 'releasedBy'>,
  locked: Locked,
): 'helpdesk' | 'administrator' => {
  const releasers = policy.releasedBy[locked.role === 'user' ? 'user' : 'administrator']
  if (locked.helpless && releasers.some(each => each.startsWith('helpdesk'))) return 'helpdesk'
  return releasers.includes('administrator') ? 'administrator' : 'helpdesk'
}

/** Who gives such a user another login password (chapter A); the bank helps the last administrator, whom nobody else can. */
export const passwordHelper = (
  { forgottenPassword }: Pick<SecurityPolicy, 'forgottenPassword'>,
  { role, helpless }: Locked,
): 'helpdesk' | 'administrator' | 'mail-link' => {
  const helper = forgottenPassword[role === 'user' ? 'user' : 'administrator']
  return helper === 'administrator' && helpless ? 'helpdesk' : helper
}

/**
 * Who gives another confirmation password: no mail resets this one. Where mails help with the other, the company's
 * administrators do, or else the bank (B-21).
 */
export const confirmationPasswordHelper = (
  policy: Pick<SecurityPolicy, 'forgottenPassword'>,
  user: Locked,
): 'helpdesk' | 'administrator' => {
  const helper = passwordHelper(policy, user)
  if (helper === 'mail-link') return user.helpless ? 'helpdesk' : 'administrator'
  return helper
}
