import type { SessionEnd } from '../../platform/http/live-session.ts'

/** The facts about a session's row that decide whether it still lives. */
export type SessionLife = {
  lastSeenAt: Date
  idleSeconds: number
  absoluteEnd: Date
  endedAt: Date | null
  endReason: string | null
}

/** What stands behind a session: any of it gone, the session is gone at the next request. */
export type SessionGround = {
  /** Null where the login used no certificate. */
  certificate: { state: string; notAfter: Date | null } | null
  holderActive: boolean
  /** Whether the contract of the holder's company is over, however it says so itself. */
  contractOver?: boolean
}

/** How a session ended, or null while it lives (B-12, B-14, C-14, H-06). */
export const endOf = (life: SessionLife, ground: SessionGround, now: Date): SessionEnd | null => {
  if (life.endedAt) return (life.endReason ?? 'logout') as SessionEnd
  if (now.getTime() >= life.lastSeenAt.getTime() + life.idleSeconds * 1000) return 'idle'
  if (now >= life.absoluteEnd) return 'absolute'
  if (ground.contractOver) return 'contract'
  if (!ground.holderActive) return 'user'
  if (ground.certificate) {
    const { state, notAfter } = ground.certificate
    if (state !== 'active' && state !== 'delivered') return 'certificate'
    // Certificates are exact to the second: the last one is still theirs.
    if (notAfter && now.getTime() >= notAfter.getTime() + 1000) return 'certificate'
  }
  return null
}
