import type { KeyObject } from 'node:crypto'
import type { Subject } from './certificate.ts'
import type { RevocationList, RevocationReason } from './revocation.ts'

/**
 * The port behind which certificates are signed (C-16). Whether one may be is `features/certificates`' to
 * decide; here it is only made. The embedded authority stands behind it by default, an external one may.
 */
export type CertificateAuthority = {
  readonly issuer: {
    /** The id of the authority's row: certificates refer to it, so that a rollover keeps old ones in order. */
    readonly id: string
    /** The common name of its certificate. */
    readonly name: string
    readonly certificatePem: string
    /** SHA-256 of the certificate as node:crypto shows it: `AB:CD:…`. */
    readonly fingerprint256: string
    readonly notAfter: Date
  }

  /**
   * Whether `issue` gives the same certificate for the same recorded bytes, however often it is asked. Where it
   * doesn't, whoever asks sees to it that nobody else asks at the same time, and records that it was asked (C-10).
   */
  readonly repeats: boolean

  /**
   * Settles everything about a certificate but the signature. The answer is to be recorded before `issue` is
   * called, so that a crash loses nothing that was meant to be signed (C-10). Throws where the request can't
   * become a certificate: a name part that is empty, over 64 characters or has control characters; a life
   * that is no life or outlasts the authority's own; an address that isn't a web address in ASCII.
   */
  prepare(request: CertificateRequest): Promise<Prepared>

  /**
   * Signs exactly the recorded bytes. Asked twice for the same recorded bytes, the embedded authority gives the same
   * certificate where its key is RSA (C-10), and always one of the same serial; how far one elsewhere does is its
   * adapter's to say. Throws, without signing, where the bytes aren't a client certificate of this authority that bears
   * the recorded serial: a changed row can't have something else signed; and `SignedBefore` where one elsewhere has.
   */
  issue(recorded: Pick<Prepared, 'serial' | 'tbs'>): Promise<IssuedCertificate>

  /**
   * Tells an authority that keeps its own books that a certificate has ended; told twice it is content. The embedded
   * one has nothing to be told: its next list says it. Throws `NotInTheBooks` where the other one knows none.
   */
  revoke(serial: string, reason?: RevocationReason): Promise<void>

  /** A signed list of revocations in DER; null from an authority that publishes its lists itself. */
  crl(list: RevocationList): Promise<Buffer | null>

  /**
   * A certificate by which an OCSP responder may sign in this authority's name (RFC 6960, 4.2.2.2); null from one that
   * answers such requests itself.
   */
  certifyResponder(request: ResponderRequest): Promise<IssuedCertificate | null>
}

/**
 * The authority has signed under this serial before, and its answer was lost: what it made then must end there, and the
 * request goes on as `instead`, under another serial (C-10).
 */
export class SignedBefore extends Error {
  readonly instead: Pick<Prepared, 'serial' | 'tbs'>
  constructor(message: string, instead: Pick<Prepared, 'serial' | 'tbs'>, options?: ErrorOptions) {
    super(message, options)
    this.instead = instead
  }
}

/** The books of an authority elsewhere know no certificate of this serial. */
export class NotInTheBooks extends Error {}

export type ResponderRequest = {
  publicKey: KeyObject
  /** Proves to an authority elsewhere that the key is held; never leaves the program. */
  privateKey: KeyObject
  notBefore: Date
  notAfter: Date
}

export type CertificateRequest = {
  /** C-13: the common name is the login ID, the organization is the contract number. */
  subject: Subject
  publicKey: KeyObject
  /** Proves to an authority elsewhere that the key is held, which asks for it; never leaves the program. */
  privateKey?: KeyObject
  /** Milliseconds are dropped. */
  notBefore: Date
  /** The last second in which the certificate holds. Milliseconds are dropped. */
  notAfter: Date
  usage: 'client'
  crlUrl?: string
  ocspUrl?: string
  /** Where the authority's own certificate can be fetched. */
  issuerUrl?: string
}

export type Prepared = {
  /**
   * Hexadecimal capitals, as `X509Certificate.serialNumber` and nginx's `$ssl_client_serial` show it. An authority
   * elsewhere is asked for it, and may choose another as it signs; null where one has never been asked for.
   */
  serial: string | null
  /** What is to be signed: a TBSCertificate in DER, or the request as it is sent to an authority elsewhere. */
  tbs: Buffer
  notBefore: Date
  notAfter: Date
}

export type IssuedCertificate = {
  /** Equals the prepared one here; an external authority may have chosen its own, and then this one counts. */
  serial: string
  der: Buffer
  pem: string
  /** SHA-256 of `der` as node:crypto and TLS sockets show it: `AB:CD:…`. */
  fingerprint256: string
  notBefore: Date
  notAfter: Date
}
