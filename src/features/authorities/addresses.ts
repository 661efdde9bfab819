import type { Settings } from '../../platform/settings.ts'

/** Where the state of an authority's certificates can be asked, as its certificates say (C-13). Plain HTTP: RFC 5280. */
export const statusAddresses = (
  { pkiOrigin }: Pick<Settings, 'pkiOrigin'>,
  issuerId: string,
): { crlUrl: string; ocspUrl: string; issuerUrl: string } => ({
  crlUrl: `${pkiOrigin}/pki/crl/${issuerId}.crl`,
  ocspUrl: `${pkiOrigin}/pki/ocsp`,
  issuerUrl: `${pkiOrigin}/pki/issuers/${issuerId}.cer`,
})
