export {
  advanceSession,
  endSession,
  endSessionsOf,
  findLiveSession,
  findOtherSession,
  type NewSession,
  openSession,
} from './commands.ts'
export { sessionStore } from './queries.ts'
