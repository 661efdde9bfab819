import { isIPv4, isIPv6 } from 'node:net'
import {
  bits,
  bytesOf,
  childrenOf,
  type Der,
  encode,
  integer,
  nothing,
  octets,
  oid,
  oidText,
  sequence,
  tagged,
  taggedBytes,
  truth,
} from './der.ts'

/** Extensions of certificates as RFC 5280, 4.2 lays them out. */

export const SUBJECT_KEY_ID = '2.5.29.14'
export const CLIENT_AUTHENTICATION = '1.3.6.1.5.5.7.3.2'
export const SERVER_AUTHENTICATION = '1.3.6.1.5.5.7.3.1'
export const OCSP_SIGNING = '1.3.6.1.5.5.7.3.9'

export const extension = (
  id: string,
  value: Der,
  criticality: 'critical' | 'informative' = 'informative',
): Der => sequence(oid(id), ...(criticality === 'critical' ? [truth()] : []), octets(encode(value)))

/**
 * An authority that signs certificates and lists of revocations. `below` is how many authorities may stand between it
 * and a holder: none for one that issues, one for a root.
 */
export const authorityConstraints = (below = 0): Der[] => [
  extension('2.5.29.19', sequence(truth(), integer(below)), 'critical'),
  extension('2.5.29.15', bits(Buffer.of(0b0000_0110), 1), 'critical'), // keyCertSign, cRLSign
]

/** A holder: never an authority, signs handshakes, for one use only (C-13: clientAuth only, key usage set). */
export const holderConstraints = (
  extendedUse: typeof CLIENT_AUTHENTICATION | typeof SERVER_AUTHENTICATION | typeof OCSP_SIGNING,
): Der[] => [
  extension('2.5.29.19', sequence(), 'critical'), // cA FALSE is DER's default and so unwritten
  extension('2.5.29.15', bits(Buffer.of(0b1000_0000), 7), 'critical'), // digitalSignature
  extension('2.5.29.37', sequence(oid(extendedUse))),
]

/** A responder's certificate is not itself asked about: it lives for days only (RFC 6960, 4.2.2.2.1). */
export const ocspNoCheck = (): Der => extension('1.3.6.1.5.5.7.48.1.5', nothing())

export const subjectKeyId = (keyId: Buffer): Der => extension(SUBJECT_KEY_ID, octets(keyId))

export const authorityKeyId = (keyId: Buffer): Der => extension('2.5.29.35', sequence(taggedBytes(0, keyId)))

const uri = (address: string): Der => {
  if (!URL.canParse(address) || !/^https?:\/\/[\x21-\x7e]+$/.test(address)) {
    throw new Error(`«${address}» isn't a web address in ASCII, as certificates need it.`)
  }
  return taggedBytes(6, Buffer.from(address, 'ascii'))
}

/** Where the list of revocations is. */
export const revocationListAt = (address: string): Der =>
  extension('2.5.29.31', sequence(sequence(tagged(0, tagged(0, uri(address))))))

/** Where the OCSP responder and the issuer's own certificate are; at least one of the two. */
export const authorityInformation = (at: { ocspUrl?: string; issuerUrl?: string }): Der =>
  extension(
    '1.3.6.1.5.5.7.1.1',
    sequence(
      ...(at.ocspUrl ? [sequence(oid('1.3.6.1.5.5.7.48.1'), uri(at.ocspUrl))] : []),
      ...(at.issuerUrl ? [sequence(oid('1.3.6.1.5.5.7.48.2'), uri(at.issuerUrl))] : []),
    ),
  )

const addressBytes = (address: string): Buffer => {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number))
  // The URL parser writes every IPv6 address in one form: hexadecimal groups with at most one «::».
  const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1)
  const [before = [], after = []] = canonical
    .split('::')
    .map(side => side.split(':').filter(group => group !== ''))
  const missing = Array<string>(8 - before.length - after.length).fill('0')
  const groups = [...before, ...missing, ...after].map(group => group.padStart(4, '0'))
  return Buffer.from(groups.join(''), 'hex')
}

/** The names and addresses of a server; a name may begin with `*.`. */
export const serverNames = (hosts: readonly string[]): Der =>
  extension(
    '2.5.29.17',
    sequence(
      ...hosts.map(host => {
        if (isIPv4(host) || isIPv6(host)) return taggedBytes(7, addressBytes(host))
        if (!/^(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*$/i.test(host)) {
          throw new Error(`«${host}» is neither a host name nor an address.`)
        }
        return taggedBytes(2, Buffer.from(host, 'ascii'))
      }),
    ),
  )

/** A certificate's extensions: what each one's octets hold, by its dotted id. */
export const extensionsOf = (certificate: Der): Map<string, Buffer> => {
  const [tbs] = childrenOf(certificate)
  const list = tbs && childrenOf(tbs).find((part, place) => place > 6 && part.type === EXTENSIONS_TAG)
  const found = new Map<string, Buffer>()
  for (const each of list ? childrenOf(childrenOf(list)[0] ?? sequence()) : []) {
    const parts = childrenOf(each)
    const [id, value] = [parts[0], parts.at(-1)]
    if (id && value) found.set(oidText(id), bytesOf(value))
  }
  return found
}

const EXTENSIONS_TAG = 3
