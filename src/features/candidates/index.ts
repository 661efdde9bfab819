/** Whom a certificate or a typed ID names before anything is proved: every form before the login asks here. */
export { type Candidate, candidateActor, claimant, namesUser, readIdentifier } from './candidate.ts'
export { findCandidate, type Within } from './queries.ts'
