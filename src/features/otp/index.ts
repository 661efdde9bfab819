export {
  liftSuspension,
  revokeStaffToken,
  revokeToken,
} from './commands.administration.ts'
export { removeAbandonedRegistrations } from './commands.sweep.ts'
export {
  beginRegistration,
  finishRegistration,
  type OtpRefusal,
  type RegistrationRefusal,
  removeOwnToken,
  useOtp,
} from './commands.ts'
export { isSuspended } from './otp.ts'
export { findOtpHolder, type OtpHolder, otpHolders } from './queries.holders.ts'
export { type OtpStanding, otpStanding, pendingKey } from './queries.ts'
