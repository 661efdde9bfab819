export { PasswordResetMail } from './mails.ts'
export { forgottenPasswordRoutes } from './routes.ts'
