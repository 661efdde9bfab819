export { passkeyForEnrolment, provePasskeyForEnrolment, stillHolds } from './commands.enrolment.ts'
export { removeAllPasskeys, removePasskeyOf } from './commands.removal.ts'
export { removeOldPasskeyAttempts } from './commands.sweep.ts'
export { makeTicket } from './commands.tickets.ts'
export {
  type Asked,
  authenticationOptions,
  type PasskeyRefusal,
  removePasskey,
  usePasskey,
} from './commands.ts'
export { listPasskeys, type Passkey } from './queries.ts'
export { passkeyRoutes } from './routes.ts'
