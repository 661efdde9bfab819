/** What of the history tells a user how and when somebody logged in as them (B-20). */
export const loginOperations = [
  'login.succeeded',
  'login.failed',
  'login.locked',
  'login.blocked',
  'login.takeover',
  'lock.released',
  'logout',
  'logout-everywhere',
  'password-reset.done',
] as const

/** How many entries the page shows; the operation history has them all. */
export const shownLogins = 50
