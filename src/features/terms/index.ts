export { type TermsVersion, termsDue, termsInForce } from './queries.ts'
