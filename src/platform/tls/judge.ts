import { X509Certificate } from 'node:crypto'
import { type Clock, isOver } from '../../kernel/clock.ts'
import { fingerprintOf } from './listeners.ts'
import type { Peer } from './peer.ts'

/**
 * What the certificates of connections are worth, the same at the program's own listener and behind nginx: signature and
 * purpose by our issuers, time by the program's clock. OpenSSL's word is not asked for: to it a certificate is over in
 * its last second already, which is a second less than the day that its holder was promised (A-00, C-13).
 */
export type Judge = {
  /** Whether one of the issuers signed it for logging in; whether it is in time and not revoked is asked elsewhere. */
  isOurs(certificate: X509Certificate): boolean
  /** What one of ours is worth now. Whether it is revoked its row tells. */
  worthOf(certificate: X509Certificate): Peer
  /** From now on, certificates of these issuers (PEM) count, and no others. */
  trust(issuers: readonly string[]): void
}

const clientAuthentication = '1.3.6.1.5.5.7.3.2'

/** A certificate that means nothing to us. */
export const foreign: Peer = { presented: true, genuine: false, why: 'foreign' }

export const createJudge = (options: { issuers: readonly string[]; clock: Clock }): Judge => {
  const read = (pems: readonly string[]) => pems.map(pem => new X509Certificate(pem))
  let issuers = read(options.issuers)
  return {
    isOurs: certificate =>
      !certificate.ca &&
      (certificate.keyUsage ?? []).includes(clientAuthentication) &&
      issuers.some(issuer => certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)),
    worthOf: certificate => {
      const now = options.clock.now()
      const signed = {
        fingerprint: fingerprintOf(certificate.fingerprint256),
        serial: certificate.serialNumber,
      }
      if (now < certificate.validFromDate) return foreign
      return isOver(certificate.validToDate, now)
        ? { presented: true, genuine: false, why: 'expired', ...signed }
        : { presented: true, genuine: true, ...signed }
    },
    trust: pems => {
      issuers = read(pems)
    },
  }
}
