import { Prisma } from '../../generated/prisma/client.ts'
import { companyOf, type LiveSession } from '../../platform/http/live-session.ts'
import { policyOf } from '../../policy/policy.ts'
import { goesByMailedCode } from './journey.ts'
import { daysLeft, isRenewable } from './window.ts'

/** What home says of the certificate that somebody works with: it ends soon, or its renewed one is already there. */
export type CertificateNotice = {
  left: number
  notAfter: Date
  /** `renewed`: the next one is issued; else how it is got. */
  advice: 'renewed' | 'renew' | 'issue'
}

export type FoundNotice = { notAfter: string; renewed: boolean } | null

/** When the certificate of a session ends, and whether its renewed one is there, as one value of JSON. */
export const noticeSql = ({ certificateId }: Pick<LiveSession, 'certificateId'>): Prisma.Sql => Prisma.sql`(
  SELECT json_build_object('notAfter', c.not_after, 'renewed', EXISTS (
           SELECT FROM certificate r WHERE r.replaces_id = c.id AND r.state IN ('delivered', 'active')))
    FROM certificate c WHERE c.id = ${certificateId}::uuid AND c.not_after IS NOT NULL)`

/** Within the renewal window, how many days are left (C-05, C-06); undefined while there is nothing to say. */
export const noticeFrom = (
  found: FoundNotice,
  session: Pick<LiveSession, 'company'>,
  now: Date,
): CertificateNotice | undefined => {
  if (!found) return undefined
  const policy = policyOf(companyOf(session))
  const notAfter = new Date(found.notAfter)
  if (!isRenewable(notAfter, policy.certificate.renewalWindow, now)) return undefined
  return {
    left: daysLeft(notAfter, now),
    notAfter,
    advice: found.renewed ? 'renewed' : goesByMailedCode(policy) ? 'issue' : 'renew',
  }
}
