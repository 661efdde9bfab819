import type { KeyObject } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'
import { type Issuer, signatureAlgorithm, signStructure } from './certificate.ts'
import {
  encode,
  enumerated,
  integer,
  octets,
  oid,
  positiveInteger,
  sequence,
  sequenceOfEncoded,
  tagged,
  time,
} from './der.ts'
import { authorityKeyId, extension } from './extensions.ts'

/** Why a certificate is worth nothing before its time; RFC 5280, 5.3.1 numbers them. */
const reasonCodes = {
  keyCompromise: 1,
  affiliationChanged: 3,
  superseded: 4,
  cessationOfOperation: 5,
} as const
export type RevocationReason = keyof typeof reasonCodes

export type Revocation = {
  /** Hexadecimal, as certificates show it. */
  serial: string
  at: Date
  /** Left out where there is nothing to say: RFC 5280 has `unspecified` unwritten. */
  reason?: RevocationReason
}

export type RevocationList = {
  /** Counts up from 1, one series an authority. */
  number: number
  thisUpdate: Date
  nextUpdate: Date
  entries: readonly Revocation[]
}

export const reasonNode = (reason: RevocationReason) => enumerated(reasonCodes[reason])

const entryOf = ({ serial, at, reason }: Revocation): Buffer =>
  encode(
    sequence(
      positiveInteger(serial),
      time(at),
      ...(reason ? [sequence(sequence(oid('2.5.29.21'), octets(encode(reasonNode(reason)))))] : []),
    ),
  )

/** After so many entries other work has its turn: a list of 100,000 takes some seconds of computing. */
const entriesATurn = 500

/**
 * A list of revocations in DER (CertificateList of version 2, RFC 5280, 5), numbered and signed by the authority.
 * Times are in whole seconds; an empty list has no member for its entries, as the RFC asks.
 */
export const signRevocationList = async (
  list: RevocationList,
  issuer: Issuer,
  privateKey: KeyObject,
): Promise<Buffer> => {
  const entries: Buffer[] = []
  for (const [place, entry] of list.entries.entries()) {
    if (place % entriesATurn === entriesATurn - 1) await turn()
    entries.push(entryOf(entry))
  }
  const extensions = tagged(
    0,
    sequence(extension('2.5.29.20', integer(list.number)), authorityKeyId(issuer.keyId)),
  )
  const tbs = sequenceOfEncoded(
    encode(integer(1)),
    encode(signatureAlgorithm(issuer.publicKey)),
    encode(issuer.name),
    encode(time(list.thisUpdate)),
    encode(time(list.nextUpdate)),
    ...(entries.length > 0 ? [sequenceOfEncoded(Buffer.concat(entries))] : []),
    encode(extensions),
  )
  return signStructure(tbs, privateKey, issuer.publicKey)
}
