import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import type { Clock } from '../../kernel/clock.ts'
import type { SecretBox } from '../secret-box.ts'
import type {
  CertificateAuthority,
  CertificateRequest,
  IssuedCertificate,
  Prepared,
  ResponderRequest,
} from './ca.ts'
import {
  assemble,
  distinguishedName,
  issuerFrom,
  keyIdOf,
  newSerial,
  signStructure,
  toBeSigned,
  wholeSeconds,
} from './certificate.ts'
import {
  authorityConstraints,
  authorityInformation,
  authorityKeyId,
  CLIENT_AUTHENTICATION,
  holderConstraints,
  OCSP_SIGNING,
  ocspNoCheck,
  revocationListAt,
  subjectKeyId,
} from './extensions.ts'
import { generateKeys } from './keys.ts'
import { signRevocationList } from './revocation.ts'

export type WantedCa = {
  name: string
  organization: string
  /** Calendar years from now. */
  years: number
  clock: Clock
}
/** An authority's certificate and key; the key is to be sealed (`sealCaKey`) before it is stored anywhere. */
export type MadeCa = { certificateDer: Buffer; privateKey: KeyObject }

/** The root that signs a new authority, and where its list of revocations is. */
type Above = { certificateDer: Uint8Array; privateKey: KeyObject; crlUrl: string }

const makeCa = async (
  { name, organization, years, clock }: WantedCa,
  below: number,
  root?: Above,
): Promise<MadeCa> => {
  const { publicKey, privateKey } = await generateKeys('rsa-3072')
  const notBefore = wholeSeconds(clock.now())
  const notAfter = new Date(notBefore)
  notAfter.setUTCFullYear(notAfter.getUTCFullYear() + years)
  const subject = distinguishedName({ commonName: name, organization })
  const keyId = keyIdOf(publicKey)
  const issuer = root ? issuerFrom(root.certificateDer) : { name: subject, keyId, publicKey }
  if (root && notAfter > new X509Certificate(root.certificateDer).validToDate)
    throw new Error('The authority would outlast the root that signs it.')
  const tbs = toBeSigned({
    serial: newSerial(),
    issuer,
    subject,
    notBefore,
    notAfter,
    publicKey,
    extensions: [
      ...authorityConstraints(below),
      subjectKeyId(keyId),
      ...(root ? [authorityKeyId(issuer.keyId), revocationListAt(root.crlUrl)] : []),
    ],
  })
  const certificateDer = await signStructure(tbs, root?.privateKey ?? privateKey, issuer.publicKey)
  return { certificateDer, privateKey }
}

/** A new self-signed authority: RSA-3072, signing holders' certificates and lists of revocations only. */
export const createCa = (wanted: WantedCa): Promise<MadeCa> => makeCa(wanted, 0)

/** A new root, which signs authorities and no holders; its key is to be kept elsewhere (C-16). */
export const createRootCa = (wanted: WantedCa): Promise<MadeCa> => makeCa(wanted, 1)

/** A new authority as `createCa` makes it, signed by a root. Throws where it would outlast that root. */
export const createCaUnder = (root: Above, wanted: WantedCa): Promise<MadeCa> => makeCa(wanted, 0, root)

/**
 * A root's list of revocations, which names nobody: a root that has to take an authority back is replaced with all
 * below it. Good for as long as the root itself.
 */
export const emptyListOf = ({ certificateDer, privateKey }: MadeCa, clock: Clock): Promise<Buffer> => {
  const thisUpdate = wholeSeconds(clock.now())
  const nextUpdate = new X509Certificate(certificateDer).validToDate
  return signRevocationList(
    { number: 1, thisUpdate, nextUpdate, entries: [] },
    issuerFrom(certificateDer),
    privateKey,
  )
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

/** What `sealCaKey` sealed under the same id; the caller keeps it for as short as it can. */
export const openCaKey = (secretBox: SecretBox, id: string, sealedKey: Uint8Array): KeyObject => {
  const plain = secretBox.open(sealedKey, sealContext(id))
  try {
    return createPrivateKey({ key: plain, type: 'pkcs8', format: 'der' })
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

  const openKey = () => openCaKey(stored.secretBox, stored.id, stored.sealedKey)

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
    return signed(tbs)
  }

  const signed = async (tbs: Buffer): Promise<IssuedCertificate> => {
    const der = await signStructure(tbs, openKey(), certificate.publicKey)
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
      notBefore: issued.validFromDate,
      notAfter: issued.validToDate,
    }
  }

  const certifyResponder = (request: ResponderRequest): Promise<IssuedCertificate> =>
    signed(
      toBeSigned({
        serial: newSerial(),
        issuer,
        subject: distinguishedName({
          commonName: `${commonNameOf(certificate)} OCSP`.slice(0, 64),
          organization: organizationOf(certificate),
        }),
        notBefore: wholeSeconds(request.notBefore),
        notAfter: wholeSeconds(request.notAfter),
        publicKey: request.publicKey,
        extensions: [
          ...holderConstraints(OCSP_SIGNING),
          ocspNoCheck(),
          subjectKeyId(keyIdOf(request.publicKey)),
          authorityKeyId(issuer.keyId),
        ],
      }),
    )

  return {
    issuer: {
      id: stored.id,
      name: commonNameOf(certificate),
      certificatePem: certificate.toString(),
      fingerprint256: certificate.fingerprint256,
      notAfter,
    },
    repeats: true,
    prepare,
    issue,
    revoke: async () => {},
    crl: list => signRevocationList(list, issuer, openKey()),
    certifyResponder,
  }
}

/** The innermost common name, or the whole subject where there is none. */
export const commonNameOf = (certificate: X509Certificate): string => {
  const { CN } = certificate.toLegacyObject().subject
  return (Array.isArray(CN) ? CN.at(-1) : CN) ?? certificate.subject
}

const organizationOf = (certificate: X509Certificate): string => {
  const { O } = certificate.toLegacyObject().subject
  return (Array.isArray(O) ? O.at(-1) : O) ?? commonNameOf(certificate)
}

const requireOwnClientCertificate = (
  tbs: Buffer,
  serial: string | null,
  authority: X509Certificate,
): void => {
  const unsigned = new X509Certificate(assemble(tbs, Buffer.alloc(0), authority.publicKey))
  const isOurs =
    unsigned.serialNumber === serial &&
    unsigned.checkIssued(authority) &&
    !unsigned.ca &&
    unsigned.keyUsage?.join() === CLIENT_AUTHENTICATION
  if (!isOurs) throw new Error(`The recorded request ${serial} isn't a client certificate of this authority.`)
}
