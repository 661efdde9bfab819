import type { Origin, StrangerActor, UserActor } from '../../kernel/actor.ts'
import { toHalfWidth } from '../../kernel/width.ts'
import type { SecurityPolicy } from '../../policy/policy.ts'

/** Somebody who may be the one who logs in: named by a certificate or by a typed ID, proved by nothing yet. */
export type Candidate = {
  user: {
    id: string
    companyId: string
    loginId: string
    name: string
    role: UserActor['role']
    serviceState: string
    email: string
    /** 初期登録 is still to be done (B-16); absent where the certificate names the user, who then has done it. */
    registrationDue?: boolean
  }
  company: { preset: string; overrides: unknown }
}

/** An ID or a contract number as it was meant: people type them with an input method now and then (I-06). */
export const readIdentifier = (typed: string): string => toHalfWidth(typed).trim()

/** Whether an ID names this user: some presets compare its case. */
export const namesUser = (
  policy: Pick<SecurityPolicy, 'loginId'>,
  typed: string,
  user: { loginId: string },
): boolean =>
  policy.loginId.caseMatters ? typed === user.loginId : typed.toLowerCase() === user.loginId.toLowerCase()

/** The candidate as the history names them, with no rights yet. */
export const candidateActor = ({ user }: Candidate, origin: Origin): UserActor => ({
  kind: 'user',
  id: user.id,
  companyId: user.companyId,
  loginId: user.loginId,
  name: user.name,
  role: user.role,
  permissions: new Set(),
  origin,
})

/**
 * Whoever typed an ID and has proved nothing, as the history names them: by the ID that is a user's, and by nothing that
 * names nobody. People type passwords into the field of the ID, and the history keeps what it is told for years (F-02): that
 * somebody tried, from where and when, stands there all the same.
 */
export const claimant = (candidate: Candidate | undefined, origin: Origin): StrangerActor => ({
  kind: 'stranger',
  ...(candidate && { loginId: candidate.user.loginId }),
  origin,
})
