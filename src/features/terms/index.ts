export { publishTerms } from './commands.ts'
export { owesTerms, type TermsVersion, termsInForce } from './queries.ts'
export { termsPublishingRoutes } from './routes.helpdesk.ts'
export { termsRoutes } from './routes.ts'
