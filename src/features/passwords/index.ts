export { type Attempt, type AttemptOptions, tryPassword } from './attempts.ts'
export { checkNextPassword, type NewPasswordRefusal, releaseLock, storePassword } from './change.ts'
export { type Holder, isLocked, type LockFacts, lastDayOf, mustChange } from './credential.ts'
export { LockReleased, PasswordLocked } from './events.ts'
