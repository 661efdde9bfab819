export {
  administerOtp,
  liftSuspension,
  type OtpAct,
  recordOtpActRefused,
  revokeToken,
} from './commands.administration.ts'
export { removeAbandonedRegistrations } from './commands.sweep.ts'
export { beginRegistration, finishRegistration, type OtpRefusal, removeOwnToken, useOtp } from './commands.ts'
export { isSuspended } from './otp.ts'
export {
  findOtpHolder,
  type OtpHolder,
  type OtpStanding,
  otpHolders,
  otpStanding,
  pendingKey,
} from './queries.ts'
