/** What an officer may still do while a request of theirs is under way (H-01, H-08): asked by every act in its own transaction. */
export { stillMay } from './standing.ts'
