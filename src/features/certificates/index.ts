export {
  type RevocationReason,
  type Standing,
  type StandingFacts,
  standingFacts,
  standingOf,
  statesBefore,
} from './certificate.ts'
export { issueDirectly } from './direct.ts'
export { tellEnded, watchEnded } from './ended.ts'
export { hasErrands } from './errands.ts'
export { CertificateRevocationRefused } from './events.ts'
export { sendExpiryNotices } from './expiry.ts'
export { deletionGuidesFor, type Guide } from './guides.ts'
export { issueCertificate } from './issue.ts'
export { type CertificateWay, certificateWay, goesByMailedCode, journeyFromMenu } from './journey.ts'
export { AcquisitionPasswordIssuedMail } from './mails.ts'
export {
  findPresented,
  markUsed,
  namedTo,
  ownerPresented,
  type PresentedRefusal,
  type PresentedStaff,
  type PresentedUser,
} from './presented.ts'
export { type FoundNotice, noticeFrom, noticeSql } from './queries.notice.ts'
export { usableInSql } from './queries.usable.ts'
export { hindranceOf, offersRenewal, renewsByShowing } from './renewal.ts'
export { type CertificateWish, type IssueJob, issueQueue, requestCertificate } from './request.ts'
export { endAllOf, type Revoked, revoke } from './revocation.ts'
export { deliveryRoutes } from './routes.delivery.ts'
export { guideRoutes } from './routes.guides.ts'
export { issueRoutes } from './routes.issue.ts'
export { ownCertificateRoutes } from './routes.own.ts'
export { renewalRoutes } from './routes.renewal.ts'
export { enrolmentRoutes } from './routes.ts'
export { resumeUnfinished, sweepCertificates } from './sweep.ts'
