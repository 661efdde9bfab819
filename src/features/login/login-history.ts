/** What of the history tells a user how and when somebody logged in as them, or got half the way (B-20). */
export const loginOperations = [
  'login.succeeded',
  'login.password-accepted',
  'login.failed',
  'login.locked',
  'login.blocked',
  'login.takeover',
  'second-factor.refused',
  'otp.suspended',
  'code.suspended',
  'lock.released',
  'logout',
  'logout-everywhere',
  'password-reset.done',
] as const

/** How many entries the page shows; the operation history has them all. */
export const shownLogins = 50
