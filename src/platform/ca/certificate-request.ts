import type { KeyObject } from 'node:crypto'
import { distinguishedName, publicKeyInfo, type Subject, signStructure } from './certificate.ts'
import { encode, integer, sequence, tagged } from './der.ts'

/**
 * A request for a certificate in PEM (PKCS#10, RFC 2986) without attributes: whom it is to name, the public key, and a
 * signature that proves that the private one is held.
 */
export const certificateRequest = async (
  subject: Subject,
  { publicKey, privateKey }: { publicKey: KeyObject; privateKey: KeyObject },
): Promise<string> => {
  const info = sequence(integer(0), distinguishedName(subject), publicKeyInfo(publicKey), tagged(0))
  const der = await signStructure(encode(info), privateKey, publicKey)
  const lines = der.toString('base64').replace(/(.{64})(?!$)/g, '$1\n')
  return `-----BEGIN CERTIFICATE REQUEST-----\n${lines}\n-----END CERTIFICATE REQUEST-----\n`
}
