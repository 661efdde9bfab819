export { logOut } from './commands.ts'
export { freshCertificateHost, keepToken, loginRoutes, userStagePages } from './routes.ts'
