/**
 * The bank's officers (H-01): their login with a certificate of their own issuing CA and a password, on their own
 * entrance, and how they are registered. What they do for customers is features/cases.
 */
export { createStaff, mayBeFirst, type NewStaff, type NewStaffRefusal, unlockStaff } from './commands.ts'
export { staffRoutes } from './routes.ts'
