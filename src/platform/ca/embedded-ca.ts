import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import type { Clock } from '../../kernel/clock.ts'
import type { SecretBox } from '../secret-box.ts'
import type { CertificateAuthority, CertificateRequest, IssuedCertificate, Prepared } from './ca.ts'
import {
  assemble,
  distinguishedName,
  issuerFrom,
  keyIdOf,
  newSerial,
  signCertificate,
  toBeSigned,
  wholeSeconds,
} from './certificate.ts'
import {
  authorityConstraints,
  authorityInformation,
  authorityKeyId,
  CLIENT_AUTHENTICATION,
  holderConstraints,
  revocationListAt,
  subjectKeyId,
} from './extensions.ts'
import { generateKeys } from './keys.ts'

/**
 * A new self-signed authority: RSA-3072, signing holders' certificates and lists of revocations only, good for
 * `years` calendar years from now. The private key is to be sealed (`sealCaKey`) before it is stored anywhere.
 */
export const createCa = async (wanted: {
  name: string
  organization: string
  years: number
  clock: Clock
}): Promise<{ certificateDer: Buffer; privateKey: KeyObject }> => {
  const { publicKey, privateKey } = await generateKeys('rsa-3072')
  const notBefore = wholeSeconds(wanted.clock.now())
  const notAfter = new Date(notBefore)
  notAfter.setUTCFullYear(notAfter.getUTCFullYear() + wanted.years)
  const subject = distinguishedName({ commonName: wanted.name, organization: wanted.organization })
  const keyId = keyIdOf(publicKey)
  const tbs = toBeSigned({
    serial: newSerial(),
    issuer: { name: subject, keyId, publicKey },
    subject,
    notBefore,
    notAfter,
    publicKey,
    extensions: [...authorityConstraints(), subjectKeyId(keyId)],
  })
  return { certificateDer: await signCertificate(tbs, privateKey, publicKey), privateKey }
}

const sealContext = (id: string): string => `ca-key:${id}`

/** An authority's private key as it may be stored: encrypted, and of use under the authority's own id only (C-16). */
export const sealCaKey = (secretBox: SecretBox, id: string, privateKey: KeyObject): Buffer => {
  const plain = privateKey.export({ type: 'pkcs8', format: 'der' })
  try {
    return secretBox.seal(plain, sealContext(id))
  } finally {
    plain.fill(0)
  }
}

/**
 * The authority that lives in the program. `sealedKey` comes from `sealCaKey` with the same `id`; it is opened
 * for each signature and at no other time. Throws at once where the certificate isn't an authority's.
 */
export const embeddedCa = (stored: {
  id: string
  certificateDer: Uint8Array
  sealedKey: Uint8Array
  secretBox: SecretBox
}): CertificateAuthority => {
  const certificate = new X509Certificate(stored.certificateDer)
  if (!certificate.ca) throw new Error(`The certificate of the authority ${stored.id} isn't an authority's.`)
  const issuer = issuerFrom(stored.certificateDer)
  const notAfter = certificate.validToDate

  const openKey = (): KeyObject => {
    const plain = stored.secretBox.open(stored.sealedKey, sealContext(stored.id))
    try {
      return createPrivateKey({ key: plain, type: 'pkcs8', format: 'der' })
    } finally {
      plain.fill(0)
    }
  }

  const extensionsFor = (request: CertificateRequest) => {
    const { crlUrl, ocspUrl, issuerUrl } = request
    return [
      ...holderConstraints(CLIENT_AUTHENTICATION),
      subjectKeyId(keyIdOf(request.publicKey)),
      authorityKeyId(issuer.keyId),
      ...(crlUrl ? [revocationListAt(crlUrl)] : []),
      ...(ocspUrl || issuerUrl
        ? [authorityInformation({ ...(ocspUrl && { ocspUrl }), ...(issuerUrl && { issuerUrl }) })]
        : []),
    ]
  }

  const prepare = async (request: CertificateRequest): Promise<Prepared> => {
    const life = { notBefore: wholeSeconds(request.notBefore), notAfter: wholeSeconds(request.notAfter) }
    if (life.notBefore >= life.notAfter) throw new Error('A certificate must end after it begins.')
    // It would fail to verify from the authority's end on: the authority is to be rolled over before (C-16).
    if (life.notAfter > notAfter) {
      throw new Error(`The certificate would outlast its authority, which ends ${notAfter.toISOString()}.`)
    }
    const serial = newSerial()
    const tbs = toBeSigned({
      serial,
      issuer,
      subject: distinguishedName(request.subject),
      ...life,
      publicKey: request.publicKey,
      extensions: extensionsFor(request),
    })
    return { serial, tbs, ...life }
  }

  const issue = async (recorded: Pick<Prepared, 'serial' | 'tbs'>): Promise<IssuedCertificate> => {
    const tbs = Buffer.from(recorded.tbs)
    requireOwnClientCertificate(tbs, recorded.serial, certificate)
    const der = await signCertificate(tbs, openKey(), certificate.publicKey)
    const issued = new X509Certificate(der)
    // A key sealed under this id that isn't the certificate's would go unnoticed until the first login.
    if (!issued.verify(certificate.publicKey)) {
      throw new Error(`The key of the authority ${stored.id} doesn't belong to its certificate.`)
    }
    return {
      serial: issued.serialNumber,
      der,
      pem: issued.toString(),
      fingerprint256: issued.fingerprint256,
    }
  }

  return {
    issuer: {
      id: stored.id,
      name: commonNameOf(certificate),
      certificatePem: certificate.toString(),
      fingerprint256: certificate.fingerprint256,
      notAfter,
    },
    prepare,
    issue,
  }
}

const commonNameOf = (certificate: X509Certificate): string => {
  const { CN } = certificate.toLegacyObject().subject
  return (Array.isArray(CN) ? CN.at(-1) : CN) ?? certificate.subject
}

const requireOwnClientCertificate = (tbs: Buffer, serial: string, authority: X509Certificate): void => {
  const unsigned = new X509Certificate(assemble(tbs, Buffer.alloc(0), authority.publicKey))
  const isOurs =
    unsigned.serialNumber === serial &&
    unsigned.checkIssued(authority) &&
    !unsigned.ca &&
    unsigned.keyUsage?.join() === CLIENT_AUTHENTICATION
  if (!isOurs) throw new Error(`The recorded request ${serial} isn't a client certificate of this authority.`)
}
