export { logOut } from './commands.ts'
export { CertificateFirstUsed } from './events.ts'
export { freshCertificateHost, keepToken, loginRoutes, presentedUser, userStagePages } from './routes.ts'
