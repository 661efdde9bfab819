import type { LoginWay, SecurityPolicy } from '../../policy/policy.ts'

/** The certificate that the connection presented, its standing checked. */
export type PresentedCertificate = { certificateId: string; fingerprint: string; notAfter: Date }

/** The way in that a policy has for this door: behind a certificate, or on the portal without one. */
export const wayOf = (policy: Pick<SecurityPolicy, 'login'>, byCertificate: boolean): LoginWay | undefined =>
  policy.login.ways.find(way => (way.certificate !== 'none') === byCertificate)
