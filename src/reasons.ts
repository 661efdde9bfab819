/**
 * HTTP status of each refusal that ends in a page of its own; what a form shows at its fields is 422. The words are
 * in the locales under `reasons.<code>`, in both languages (a test proves it).
 */
const statuses: Record<string, number> = {
  'access.forbidden': 403,
  'access.otherAudience': 403,
  'account.notFound': 404,
  'certificate.notFound': 404,
  'certificate.own': 409,
  'certificate.revokedByBank': 403,
  'certificate.state': 409,
  'case.notFound': 404,
  'case.ownReview': 403,
  'case.reviewed': 409,
  'customer.notFound': 404,
  'draft.notFound': 404,
  'entrance.none': 503,
  'form.expired': 403,
  'history.notFound': 404,
  'lock.notLocked': 409,
  'login.noPasswordLogin': 404,
  'otp.holderNotFound': 404,
  'otp.notSuspended': 409,
  'otp.own': 403,
  'passkey.notFound': 404,
  'permission.forged': 403,
  'rate.limited': 429,
  'registration.notHere': 404,
  'registration.mailDue': 409,
  'terms.none': 404,
  'terms.noEntrance': 404,
  'request.controlCharacters': 400,
  'request.doubleSlash': 404,
  'request.forgedCertificate': 400,
  'request.malformed': 400,
  'request.mediaType': 415,
  'request.otherOrigin': 403,
  'request.tooLarge': 413,
  'session.ended.absolute': 401,
  'session.ended.certificate': 401,
  'session.ended.idle': 401,
  'session.ended.lock': 401,
  'session.ended.logout': 401,
  'session.ended.password': 401,
  'session.ended.takeover': 401,
  'session.ended.user': 401,
  'session.missing': 401,
  'session.otherCertificate': 403,
  'session.stage': 409,
  'user.notFound': 404,
  'user.role.forged': 403,
}

export const statusOf = (reason: string): number => statuses[reason] ?? 422

/** Every reason that this table names. */
export const knownReasons = (): string[] => Object.keys(statuses)
