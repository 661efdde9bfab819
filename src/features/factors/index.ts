export { changeContact, tellContactChanged } from './commands.contacts.ts'
export { maskedMobile, readMobile } from './mobile.ts'
export { readPhone, writtenNumber } from './phone.ts'
export { contactRoutes } from './routes.contacts.ts'
export { emailProofRoutes } from './routes.email-proof.ts'
export { type FactorRouteOptions, secondFactorRoutes } from './routes.login.ts'
export { otpRegistrationRoutes } from './routes.otp.ts'
export {
  reauthenticationFirst,
  reauthenticationHref,
  reauthenticationRoutes,
} from './routes.reauthentication.ts'
export { contactsDone, securityRoutes } from './routes.security.ts'
export { emailStateRow } from './security.ts'
export { confirmation, confirmationBefore } from './step-up.ts'
