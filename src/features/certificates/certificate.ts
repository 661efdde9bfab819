import type { CertificateState } from '../../generated/prisma/enums.ts'

/** What a certificate is worth to somebody who presents it (B-02). */
export type Standing = 'usable' | 'expired' | 'revoked' | 'superseded' | 'void'

/**
 * Whether a genuine certificate may be used: it must have reached its owner, must not have been ended, and its time
 * must not be over. The clock decides, not only the state that a job writes later.
 */
export const standingOf = (state: CertificateState, notAfter: Date | null, now: Date): Standing => {
  if (state === 'revoked' || state === 'superseded') return state
  if (state === 'expired' || (notAfter !== null && now > notAfter)) return 'expired'
  return state === 'delivered' || state === 'active' ? 'usable' : 'void'
}
