export { statusAddresses } from './addresses.ts'
export { bank, chainOf, ensureIssuers, issuerCertificates } from './issuers.ts'
export { authorityFor, authorityOf } from './opened.ts'
