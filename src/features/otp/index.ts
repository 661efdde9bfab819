export {
  administerOtp,
  liftSuspension,
  type OtpAct,
  recordOtpActRefused,
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
export {
  findOtpHolder,
  type OtpHolder,
  type OtpStanding,
  otpHolders,
  otpStanding,
  pendingKey,
} from './queries.ts'
