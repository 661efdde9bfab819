export { type Attempt, type AttemptOptions, type NewLock, tryPassword } from './attempts.ts'
export { checkNextPassword, type NewPasswordRefusal, releaseLock, storePassword } from './change.ts'
export { type Holder, isLocked, type LockFacts, lastDayOf, mustChange } from './credential.ts'
export { LockReleased } from './events.ts'
export { lockOut, type Release, releaseOf, whichLock } from './lock-out.ts'
export { lockedUser } from './locked.ts'
export { LockReleasedMail, PasswordChangedMail } from './mails.ts'
export { voidResetLinks } from './reset-links.ts'
export { passwordRoutes, passwordRuleWords, releaseWords } from './routes.ts'
export { type NextStage, nextStage } from './stage.ts'
export { ConfirmationRefused, confirmationPassword } from './step-up.ts'
export {
  forgetStrangers,
  forgiveTries,
  isAtStrangersEnd,
  type StrangerAttempt,
  tryAsStranger,
  tryAtKnownBrowser,
} from './strangers.ts'
export { type MadePassword, makeTemporaryPassword, temporaryDays } from './temporary.ts'
export { holdOfficerUnchanged, holdUnchanged } from './unchanged.ts'
