import { createHash } from 'node:crypto'
import { hour, minute } from '../../kernel/clock.ts'
import type { SecurityPolicy } from '../../policy/policy.ts'

/** How long a link works, how often it may be tried, and how many are sent in a while (B-15). */
export const resetRule = {
  validSeconds: 30 * minute,
  tries: 5,
  atMost: 3,
  withinSeconds: hour,
} as const

/** Only the hash of a link's token is stored: a stolen database changes no password. */
export const hashOfToken = (token: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(createHash('sha256').update(`password-reset:${token}`).digest())

/** Where a forgotten password is helped with, by the policy and the user's role (chapter A). */
export const helpFor = (
  policy: Pick<SecurityPolicy, 'forgottenPassword'>,
  role: 'user' | 'administrator' | 'contractor',
): 'helpdesk' | 'administrator' | 'mail-link' =>
  policy.forgottenPassword[role === 'user' ? 'user' : 'administrator']
