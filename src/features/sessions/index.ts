export {
  advanceSession,
  endSession,
  endSessionsOf,
  findLiveSession,
  type NewSession,
  openSession,
} from './commands.ts'
export { sessionStore } from './queries.ts'
