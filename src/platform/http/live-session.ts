import type { StaffActor, UserActor } from '../../kernel/actor.ts'
import type { Peer } from '../tls/peer.ts'
import type { Stage } from './policy.ts'

/** A session that its row says is alive, as every request reads it anew. */
export type LiveSession = {
  id: string
  kind: 'user' | 'staff' | 'enrolment'
  stage: Stage
  actor: UserActor | StaffActor
  certificateId: string | null
  startedAt: Date
  idleSeconds: number
  /** When the holder last proved anew who they are (B-22); null: only at the login. */
  stepUpAt: Date | null
  previousLogin?: { at: Date; from: string }
  /** Where the login was to lead once it is complete, a path of ours (B-12). */
  returnTo?: string
  /** The company of a user or an enrolment, with what its security policy is made of. */
  company?: {
    id: string
    name: string
    contractNumber: string
    /** The slug of its entrance: where its people are led after logout and timeout (B-00). */
    entrance: string
    preset: string
    overrides: unknown
  }
}

/** The company of a session of a user or an enrolment, which never is without one. */
export const companyOf = (session: Pick<LiveSession, 'company'>): NonNullable<LiveSession['company']> => {
  if (!session.company) throw new Error('a session of a user has no company')
  return session.company
}

/** What the row says about a cookie's token. */
export type SessionAnswer =
  | { found: 'none' }
  | { found: 'live'; session: LiveSession }
  /** It was one, and why it is none any more. */
  | {
      found: 'ended'
      kind: LiveSession['kind']
      why: SessionEnd
      actor: UserActor | StaffActor
      /** Whether this request came over another host or certificate than it did: by whom is not known then (C-15). */
      elsewhere: boolean
      /** The slug of the entrance of the user's company. */
      entrance?: string
    }
  /** It is alive, but this request came over another host or certificate, or over none (C-15). */
  | { found: 'elsewhere'; kind: LiveSession['kind']; actor: UserActor | StaffActor }

export type SessionEnd =
  | 'idle'
  | 'absolute'
  | 'logout'
  | 'takeover'
  | 'lock'
  | 'password'
  | 'certificate'
  | 'user'
  | 'policy'
  | 'bank'
  | 'contract'

/** How http finds and keeps sessions; the sessions feature is behind it. */
export type SessionStore = {
  find(
    token: string,
    seen: { host: string; peer: Peer; ip: string; userAgent: string },
  ): Promise<SessionAnswer>
  /** Has a login that is under way lead to a path of ours once it is complete (B-12, G-04). */
  leadTo(session: { id: string }, path: string): Promise<void>
}
