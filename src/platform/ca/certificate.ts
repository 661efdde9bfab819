import { createHash, type KeyObject, randomBytes, sign, X509Certificate } from 'node:crypto'
import { promisify } from 'node:util'
import {
  bits,
  bytesOf,
  childrenOf,
  type Der,
  decode,
  directoryString,
  encode,
  integer,
  nothing,
  oid,
  positiveInteger,
  sequence,
  sequenceOfEncoded,
  setOf,
  tagged,
  time,
} from './der.ts'
import { extensionsOf, SUBJECT_KEY_ID } from './extensions.ts'

const signAsync = promisify(sign)

/** Who a certificate names. Each part is at most 64 characters (X.520's bound, RFC 5280 appendix A.1). */
export type Subject = { commonName: string; organization: string }

/** The issuer as its certificates must quote it: its name byte for byte, its key's id, and how it signs. */
export type Issuer = { name: Der; keyId: Buffer; publicKey: KeyObject }

export type CertificateFields = {
  /** Hexadecimal, positive, at most 20 octets. */
  serial: string
  issuer: Issuer
  subject: Der
  notBefore: Date
  notAfter: Date
  publicKey: KeyObject
  /** Each made by `extensions.ts`. */
  extensions: Der[]
}

const SERIAL_OCTETS = 17

/**
 * An unguessable serial in the form in which node:crypto and nginx show it (hexadecimal capitals): 134 random
 * bits in 17 octets (C-13; RFC 5280, 4.1.2.2 allows 20). It begins with 4 to 7: positive as it stands, and
 * without leading zeros that one tool would print and the next would not.
 */
export const serialFrom = (random: Buffer): string => {
  if (random.length !== SERIAL_OCTETS) throw new Error(`A serial is made of ${SERIAL_OCTETS} random octets.`)
  const octetsOfSerial = Buffer.from(random)
  octetsOfSerial[0] = 0x40 | ((random[0] ?? 0) & 0x3f)
  return octetsOfSerial.toString('hex').toUpperCase()
}

export const newSerial = (): string => serialFrom(randomBytes(SERIAL_OCTETS))

/** `date` without milliseconds, which certificates can't hold: what is recorded is then what is signed. */
export const wholeSeconds = (date: Date): Date => new Date(Math.floor(date.getTime() / 1000) * 1000)

const ORGANIZATION = '2.5.4.10'
const COMMON_NAME = '2.5.4.3'
const CONTROL_CHARACTER = /\p{Cc}/u

const nameAttribute = (type: string, text: string): Der => {
  if (text === '' || [...text].length > 64) {
    throw new Error(`A part of a certificate's name has 1 to 64 characters, not ${[...text].length}.`)
  }
  // A NUL has cut names short in programs that read certificates; none of these can be typed anyway.
  if (CONTROL_CHARACTER.test(text) || !text.isWellFormed()) {
    throw new Error("A part of a certificate's name has a control or broken character.")
  }
  return setOf(sequence(oid(type), directoryString(text)))
}

/** A distinguished name of organization and common name, from the wider to the narrower. */
export const distinguishedName = ({ organization, commonName }: Subject): Der =>
  sequence(nameAttribute(ORGANIZATION, organization), nameAttribute(COMMON_NAME, commonName))

/** The algorithm by which a key signs here: SHA-256 with RSA or with an elliptic curve. */
export const signatureAlgorithm = (publicKey: KeyObject): Der => {
  switch (publicKey.asymmetricKeyType) {
    case 'rsa':
      return sequence(oid('1.2.840.113549.1.1.11'), nothing()) // sha256WithRSAEncryption (RFC 4055)
    case 'ec':
      return sequence(oid('1.2.840.10045.4.3.2')) // ecdsa-with-SHA256 (RFC 5758)
    default:
      throw new Error(`Certificates aren't signed with ${publicKey.asymmetricKeyType} keys here.`)
  }
}

export const publicKeyInfo = (publicKey: KeyObject): Der =>
  decode(publicKey.export({ type: 'spki', format: 'der' }))

/** What a public key's BIT STRING holds: an RSAPublicKey (RFC 8017), or a point of the curve (RFC 5480, 2.2). */
export const publicKeyBits = (publicKey: KeyObject): Buffer => {
  if (publicKey.asymmetricKeyType === 'rsa') return publicKey.export({ type: 'pkcs1', format: 'der' })
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
  return Buffer.concat([Buffer.of(4), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')])
}

/** SHA-1 over the bits of the public key: a name for the key, not a protection (RFC 5280, 4.2.1.2, method 1). */
export const keyIdOf = (publicKey: KeyObject): Buffer =>
  createHash('sha1').update(publicKeyBits(publicKey)).digest()

/**
 * The exact bytes to be signed (TBSCertificate, RFC 5280, 4.1): version 3, with the issuer's name quoted byte
 * for byte from its own certificate.
 */
export const toBeSigned = (fields: CertificateFields): Buffer =>
  encode(
    sequence(
      tagged(0, integer(2)),
      positiveInteger(fields.serial),
      signatureAlgorithm(fields.issuer.publicKey),
      fields.issuer.name,
      sequence(time(fields.notBefore), time(fields.notAfter)),
      fields.subject,
      publicKeyInfo(fields.publicKey),
      tagged(3, sequence(...fields.extensions)),
    ),
  )

/**
 * A signed structure (certificate, list of revocations, request) from the bytes that were signed and the signature,
 * with the former left exactly as they are (C-10).
 */
export const assemble = (tbs: Uint8Array, signature: Uint8Array, issuerKey: KeyObject): Buffer =>
  sequenceOfEncoded(tbs, encode(signatureAlgorithm(issuerKey)), encode(bits(signature)))

/**
 * Signs `tbs` with the issuer's private key, off the event loop. With an RSA key the same bytes give the same
 * structure every time (PKCS#1 v1.5); with an elliptic curve each signature differs.
 */
export const signStructure = async (
  tbs: Buffer,
  privateKey: KeyObject,
  issuerKey: KeyObject,
): Promise<Buffer> => assemble(tbs, await signAsync('sha256', tbs, privateKey), issuerKey)

/** What certificates signed by this one must quote: its subject and its key's id. */
export const issuerFrom = (certificateDer: Uint8Array): Issuer => {
  const certificate = decode(certificateDer)
  const [tbs] = childrenOf(certificate)
  // version, serial, signature, issuer, validity, subject, subjectPublicKeyInfo, extensions
  const name = tbs && childrenOf(tbs)[5]
  if (!name) throw new Error("The issuer's certificate isn't one of version 3.")
  const { publicKey } = new X509Certificate(certificateDer)
  const keyId = extensionsOf(certificate).get(SUBJECT_KEY_ID)
  // An offline root's operator may have chosen another method for the key's id: theirs is the one to quote.
  return { name, publicKey, keyId: keyId ? bytesOf(decode(keyId)) : keyIdOf(publicKey) }
}
