import { createHash, type KeyObject, sign, X509Certificate } from 'node:crypto'
import { type Issuer, keyIdOf, publicKeyBits, signatureAlgorithm } from './certificate.ts'
import {
  bits,
  bytesOf,
  childrenOf,
  type Der,
  decode,
  encode,
  enumerated,
  generalizedTime,
  octets,
  oid,
  oidText,
  sequence,
  sequenceOfEncoded,
  tagged,
  taggedBytes,
  taggedEncoded,
} from './der.ts'
import { type Revocation, reasonNode } from './revocation.ts'

/** Requests and answers of the Online Certificate Status Protocol (RFC 6960). */

const NONCE = '1.3.6.1.5.5.7.48.1.2'
const BASIC_RESPONSE = '1.3.6.1.5.5.7.48.1.1'
const hashes: Record<string, string> = { '1.3.14.3.2.26': 'sha1', '2.16.840.1.101.3.4.2.1': 'sha256' }

/** A request longer than this, in bytes, is not read. */
export const ocspRequestLimit = 8 * 1024
/** Certificates asked about at once; more are refused. */
const atMost = 32
/** 128 octets in an OCTET STRING of their own (RFC 9654). */
const longestNonce = 131

/** One certificate asked about. */
export type CertId = {
  /** The authority as `issuerKeysOf` names it; unknown hashes name nobody. */
  issuer: string
  /** Hexadecimal capitals, as certificates show it. */
  serial: string
  /** As it was asked, to be repeated in the answer. */
  der: Buffer
}

/** The nonce as the extension holds it, an OCTET STRING in DER. */
export type OcspRequest = { certIds: CertId[]; nonce: Buffer | null }

const issuerKey = (hash: string, nameHash: Buffer, keyHash: Buffer): string =>
  `${hash}:${nameHash.toString('hex')}:${keyHash.toString('hex')}`

/** The names by which a request may mean this authority: one for each hash that is understood. */
export const issuerKeysOf = (issuer: Issuer): string[] =>
  Object.values(hashes).map(hash => {
    const digest = (bytes: Uint8Array) => createHash(hash).update(bytes).digest()
    return issuerKey(hash, digest(encode(issuer.name)), digest(publicKeyBits(issuer.publicKey)))
  })

/** What a request asks, or undefined where it isn't a request that can be understood. Signatures are not looked at. */
export const parseOcspRequest = (bytes: Uint8Array): OcspRequest | undefined => {
  if (bytes.length > ocspRequestLimit) return undefined
  try {
    return requestFrom(decode(bytes))
  } catch {
    // Whatever these bytes are, they are no request of this protocol.
    return undefined
  }
}

const isContext = (node: Der, number: number): boolean =>
  node.tagClass === CONTEXT_CLASS && node.type === number

const CONTEXT_CLASS = 0x80

const requestFrom = (node: Der): OcspRequest | undefined => {
  const [tbs] = childrenOf(node)
  if (!tbs) return undefined
  // version [0], requestorName [1], requestList, requestExtensions [2]
  const parts = childrenOf(tbs)
  const version = parts.find(part => isContext(part, 0))
  if (version && bytesOf(childrenOf(version)[0] ?? version).readUInt8(0) !== 0) return undefined
  const list = parts.find(part => part.tagClass !== CONTEXT_CLASS)
  const certIds = list ? childrenOf(list).map(certIdFrom) : []
  if (certIds.length === 0 || certIds.length > atMost) return undefined
  const extensions = parts.find(part => isContext(part, 2))
  return {
    certIds,
    nonce: extensions ? nonceFrom(childrenOf(childrenOf(extensions)[0] ?? sequence())) : null,
  }
}

const certIdFrom = (request: Der): CertId => {
  const [certId] = childrenOf(request)
  const [algorithm, nameHash, keyHash, serial] = certId ? childrenOf(certId) : []
  const [hash] = algorithm ? childrenOf(algorithm) : []
  if (!certId || !hash || !nameHash || !keyHash || !serial) throw new Error('A CertID lacks a member.')
  return {
    issuer: issuerKey(hashes[oidText(hash)] ?? 'unknown', bytesOf(nameHash), bytesOf(keyHash)),
    serial: serialText(bytesOf(serial)),
    der: encode(certId),
  }
}

/** As node:crypto shows a serial: hexadecimal capitals without the leading zero octet that keeps it positive. */
const serialText = (bytes: Buffer): string => {
  if (bytes.length === 0 || bytes.length > 64) throw new Error('A serial has 1 to 64 octets here.')
  return (bytes.length > 1 && bytes[0] === 0 ? bytes.subarray(1) : bytes).toString('hex').toUpperCase()
}

const nonceFrom = (extensions: Der[]): Buffer | null => {
  for (const each of extensions) {
    const parts = childrenOf(each)
    const [id, value] = [parts[0], parts.at(-1)]
    if (!id || !value) throw new Error('An extension lacks a member.')
    if (oidText(id) !== NONCE) continue
    const nonce = octetsOf(value)
    if (nonce.length < 3 || nonce.length > longestNonce) throw new Error('A nonce has 1 to 128 octets.')
    return nonce
  }
  return null
}

/** What an OCTET STRING holds, byte for byte, also where it happens to look like DER. */
const octetsOf = (node: Der): Buffer =>
  typeof node.value === 'string' ? bytesOf(node) : Buffer.concat(node.value.map(encode))

export type CertificateStatus =
  | { is: 'good' }
  | { is: 'unknown' }
  | ({ is: 'revoked' } & Omit<Revocation, 'serial'>)

/** A delegated responder, ready to sign. */
export type OcspSigner = { keyId: Buffer; certificates: Buffer; algorithm: Buffer; privateKey: KeyObject }

/** @param certificateDer the responder's own, which goes with every answer */
export const ocspSigner = (certificateDer: Uint8Array, privateKey: KeyObject): OcspSigner => {
  const { publicKey, raw } = new X509Certificate(certificateDer)
  return {
    keyId: keyIdOf(publicKey),
    certificates: taggedEncoded(0, sequenceOfEncoded(raw)),
    algorithm: encode(signatureAlgorithm(publicKey)),
    privateKey,
  }
}

const statusNode = (status: CertificateStatus): Der => {
  switch (status.is) {
    case 'good':
      return taggedBytes(0, Buffer.alloc(0))
    case 'unknown':
      return taggedBytes(2, Buffer.alloc(0))
    case 'revoked':
      return tagged(
        1,
        generalizedTime(status.at),
        ...(status.reason ? [tagged(0, reasonNode(status.reason))] : []),
      )
  }
}

/**
 * A signed answer: what each certificate's state is, true from `producedAt` and to be asked again by `nextUpdate`;
 * with the request's nonce where it had one.
 */
export const signOcspResponse = (
  answer: {
    producedAt: Date
    nextUpdate: Date
    certificates: readonly { id: Buffer; status: CertificateStatus }[]
    nonce: Buffer | null
  },
  signer: OcspSigner,
): Buffer => {
  const [thisUpdate, nextUpdate] = [
    encode(generalizedTime(answer.producedAt)),
    encode(tagged(0, generalizedTime(answer.nextUpdate))),
  ]
  const responses = answer.certificates.map(({ id, status }) =>
    sequenceOfEncoded(id, encode(statusNode(status)), thisUpdate, nextUpdate),
  )
  const tbs = sequenceOfEncoded(
    encode(tagged(2, octets(signer.keyId))),
    thisUpdate,
    sequenceOfEncoded(...responses),
    ...(answer.nonce ? [encode(tagged(1, sequence(sequence(oid(NONCE), octets(answer.nonce)))))] : []),
  )
  // At once and not in the thread pool: a signature of P-256 is quicker than the way there.
  const signature = sign('sha256', tbs, signer.privateKey)
  const basic = sequenceOfEncoded(tbs, signer.algorithm, encode(bits(signature)), signer.certificates)
  return encode(sequence(enumerated(0), tagged(0, sequence(oid(BASIC_RESPONSE), octets(basic)))))
}

const errors = { malformedRequest: 1, internalError: 2, tryLater: 3, unauthorized: 6 } as const

/** An answer without a signature, for what can't be answered (RFC 6960, 4.2.1). */
export const ocspError = (why: keyof typeof errors): Buffer => encode(sequence(enumerated(errors[why])))
