import type { Origin, UserActor } from '../../kernel/actor.ts'
import { toHalfWidth } from '../../kernel/width.ts'
import type { LoginWay, SecurityPolicy } from '../../policy/policy.ts'

/** Somebody who may be the one who logs in: named by a certificate or by a typed ID, proved by nothing yet. */
export type Candidate = {
  user: {
    id: string
    companyId: string
    loginId: string
    name: string
    role: UserActor['role']
    serviceState: string
    /** 初期登録 is still to be done (B-16); absent where the certificate names the user, who then has done it. */
    registrationDue?: boolean
  }
  company: { preset: string; overrides: unknown }
}

/** The certificate that the connection presented, its standing checked. */
export type PresentedCertificate = { certificateId: string; fingerprint: string; notAfter: Date }

/** An ID as it was meant: people type it with an input method now and then (I-06). Its case stays, for it may matter. */
export const readLoginId = (typed: string): string => toHalfWidth(typed).trim()

/** The way in that a policy has for this door: behind a certificate, or on the portal without one. */
export const wayOf = (policy: Pick<SecurityPolicy, 'login'>, byCertificate: boolean): LoginWay | undefined =>
  policy.login.ways.find(way => (way.certificate !== 'none') === byCertificate)

/** Whether an ID names this user: some presets compare its case. */
export const namesUser = (
  policy: Pick<SecurityPolicy, 'loginId'>,
  typed: string,
  user: { loginId: string },
): boolean =>
  policy.loginId.caseMatters ? typed === user.loginId : typed.toLowerCase() === user.loginId.toLowerCase()

/** The candidate as the history names them. */
export const actorOf = ({ user }: Candidate, origin: Origin): UserActor => ({
  kind: 'user',
  id: user.id,
  companyId: user.companyId,
  loginId: user.loginId,
  name: user.name,
  role: user.role,
  permissions: new Set(),
  origin,
})
