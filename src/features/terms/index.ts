export { publishTerms } from './commands.ts'
export { type TermsVersion, termsDue, termsInForce } from './queries.ts'
export { termsPublishingRoutes } from './routes.helpdesk.ts'
export { termsRoutes } from './routes.ts'
