export {
  advanceSession,
  endSession,
  endSessionsOf,
  findLiveSession,
  findOtherSession,
  type NewSession,
  openSession,
  removeOldSessions,
} from './commands.ts'
export { sessionStore } from './queries.ts'
