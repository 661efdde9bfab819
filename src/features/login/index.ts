export { logOut } from './commands.ts'
export { CertificateFirstUsed } from './events.ts'
export { freshCertificateHost, keepToken, loginRoutes, userStagePages } from './routes.ts'
