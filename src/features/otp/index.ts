export { beginRegistration, finishRegistration, type OtpRefusal, removeOwnToken, useOtp } from './commands.ts'
export { type OtpStanding, otpStanding, pendingKey } from './queries.ts'
