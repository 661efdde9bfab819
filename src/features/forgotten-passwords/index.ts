export { PasswordResetMail } from './mails.ts'
export { resetRule } from './reset.ts'
export { forgottenPasswordRoutes } from './routes.ts'
