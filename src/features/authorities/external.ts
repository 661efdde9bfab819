import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Deps } from '../../deps.ts'
import { system } from '../../kernel/actor.ts'
import * as audit from '../../platform/audit/audit.ts'
import type { CfsslServer } from '../../platform/ca/cfssl-ca.ts'
import { commonNameOf } from '../../platform/ca/embedded-ca.ts'
import { inTx } from '../../platform/db/in-tx.ts'
import type { Settings } from '../../platform/settings.ts'
import { StartError } from '../../platform/start-error.ts'
import { fingerprintOf } from '../../platform/tls/listeners.ts'
import { crlQueue } from './crl.ts'
import { IssuerCreated } from './events.ts'
import { retireOthers } from './retirement.ts'
import { tellIssuers } from './trust.ts'

type ExternalCa = NonNullable<Settings['externalCa']>

const readSetting = (file: string, variable: string): Promise<string> =>
  readFile(file, 'utf8').catch(cause =>
    Promise.reject(
      new StartError(`${variable} ${file} can't be read: let it belong to the program's user.`, { cause }),
    ),
  )

/** The server of the settings with its key, for whatever an authority elsewhere has signed or is to sign. */
export const externalServer = async ({ externalCa }: Pick<Settings, 'externalCa'>): Promise<CfsslServer> => {
  if (!externalCa)
    throw new Error('An authority elsewhere is on record, but CA_URL is not set: set it, or run ca:rollover.')
  const { url, profile, ocspProfile, label, authKeyFile } = externalCa
  const text = (await readSetting(authKeyFile, 'CA_AUTH_KEY_FILE')).trim()
  if (!/^([0-9a-f]{2}){16,}$/i.test(text))
    throw new StartError(
      `CA_AUTH_KEY_FILE ${authKeyFile} is no key: it holds hexadecimal digits, 32 or more, as cfssl's auth_keys do.`,
    )
  return {
    url,
    authKey: Buffer.from(text, 'hex'),
    profile,
    ...(ocspProfile && { ocspProfile }),
    ...(label && { label }),
  }
}

/** The certificates of CA_CERT_FILE: the issuing one first, then those above it. */
const certificatesOf = async ({ certificateFile }: ExternalCa): Promise<X509Certificate[]> => {
  const text = await readSetting(certificateFile, 'CA_CERT_FILE')
  const pems = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  try {
    const certificates = pems.map(pem => new X509Certificate(pem))
    if (certificates.length > 0 && certificates.every(each => each.ca)) return certificates
  } catch {
    // The sentence below says what the file has to be.
  }
  throw new StartError(
    `CA_CERT_FILE ${certificateFile} is no authority: give its certificate in PEM, and those above it after it.`,
  )
}

/**
 * Takes the authority of the settings on as the one that signs for users, in place of whichever did; the certificates
 * of that one live on (C-16). Does nothing where it already signs. The server itself need not answer for this.
 */
export const adoptExternal = async (deps: Deps, externalCa: ExternalCa): Promise<void> => {
  const [certificate, ...above] = await certificatesOf(externalCa)
  if (!certificate) return
  await externalServer(deps.settings)
  await inTx(deps, async tx => {
    await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended('sekisho/issuers', 0))`
    const now = deps.clock.now()
    const signing = await tx.issuer.findFirst({
      where: { kind: 'users', backend: 'cfssl', retiredAt: null },
      select: { certificateDer: true },
    })
    if (signing && certificate.raw.equals(signing.certificateDer)) return
    const actor = system('issuers')
    const name = commonNameOf(certificate)
    const id = deps.ids.next()
    await retireOthers(deps, tx, actor, 'users', now)
    await tx.issuer.create({
      data: {
        id,
        kind: 'users',
        backend: 'cfssl',
        name,
        certificateDer: new Uint8Array(certificate.raw),
        chainDer: above.map(each => new Uint8Array(each.raw)),
        notAfter: certificate.validToDate,
        createdAt: now,
      },
    })
    await audit.record(deps, tx, IssuerCreated, {
      actor,
      companyId: null,
      details: {
        name,
        issuesFor: 'users',
        fingerprint: fingerprintOf(certificate.fingerprint256),
        notAfter: certificate.validToDate.toISOString(),
      },
    })
    await tellIssuers(tx)
    await deps.jobs.put(tx, crlQueue, {})
  })
}
