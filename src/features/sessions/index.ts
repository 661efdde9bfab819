export { countSessionsRefused, holdSessionsTo } from './commands.policy.ts'
export {
  type AdvanceRefusal,
  advanceSession,
  endSession,
  endSessionsOf,
  findLiveSession,
  findOtherSession,
  type HeldSession,
  holdSession,
  type NewSession,
  openSession,
  removeOldSessions,
  stepUpSession,
} from './commands.ts'
export { sessionStore } from './queries.ts'
export { endOf } from './session.ts'
export { endByLogout, holdOwner, type SessionOwner, takeOverSession } from './takeover.ts'
