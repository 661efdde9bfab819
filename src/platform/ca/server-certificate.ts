import { createPrivateKey, type KeyObject, randomBytes, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolder } from '../folder.ts'
import { writeWhole } from '../whole-file.ts'
import {
  distinguishedName,
  issuerFrom,
  keyIdOf,
  newSerial,
  signStructure,
  toBeSigned,
  wholeSeconds,
} from './certificate.ts'
import { encode } from './der.ts'
import {
  authorityConstraints,
  authorityKeyId,
  holderConstraints,
  SERVER_AUTHENTICATION,
  serverNames,
  subjectKeyId,
} from './extensions.ts'
import { generateKeys } from './keys.ts'

/** What the program's own host names need in its TLS certificate by default. */
export const defaultServerHosts = (certDomain: string): string[] => [
  'localhost',
  certDomain,
  `*.${certDomain}`,
  '127.0.0.1',
  '::1',
]

/** PEM texts. `ca` is what a browser or a client is told to trust. */
export type ServerCertificate = { key: string; cert: string; ca: string }

const DAY = 24 * 60 * 60 * 1000
// The most that browsers accept where the platform's own rules apply (398 days), less a day.
const LIFE_DAYS = 397
const RENEW_BEFORE_DAYS = 30
const ROOT_LIFE_DAYS = 3652
// Clocks of browsers on other machines run a little behind.
const CLOCK_TOLERANCE = 60 * 60 * 1000

const ORGANIZATION = 'Sekisho'

type Pair = { certificate: X509Certificate; privateKey: KeyObject }

const lifeFrom = (now: Date, days: number): { notBefore: Date; notAfter: Date } => {
  const notBefore = wholeSeconds(new Date(now.getTime() - CLOCK_TOLERANCE))
  // A life counts its first and its last second.
  return { notBefore, notAfter: new Date(notBefore.getTime() + days * DAY - 1000) }
}

const createRoot = async (now: Date): Promise<Pair> => {
  const { publicKey, privateKey } = await generateKeys('p-256')
  // A name of its own each time: a browser that still trusts an older root must not take it for this one.
  const commonName = `Sekisho Development Root ${randomBytes(4).toString('hex').toUpperCase()}`
  const name = distinguishedName({ commonName, organization: ORGANIZATION })
  const keyId = keyIdOf(publicKey)
  const tbs = toBeSigned({
    serial: newSerial(),
    issuer: { name, keyId, publicKey },
    subject: name,
    ...lifeFrom(now, ROOT_LIFE_DAYS),
    publicKey,
    extensions: [...authorityConstraints(), subjectKeyId(keyId)],
  })
  const certificate = new X509Certificate(await signStructure(tbs, privateKey, publicKey))
  return { certificate, privateKey }
}

const createServerCertificate = async (root: Pair, hosts: readonly string[], now: Date): Promise<Pair> => {
  const [first] = hosts
  if (!first) throw new Error('A server certificate needs at least one host.')
  const { publicKey, privateKey } = await generateKeys('p-256')
  const issuer = issuerFrom(root.certificate.raw)
  const tbs = toBeSigned({
    serial: newSerial(),
    issuer,
    subject: distinguishedName({ commonName: first.slice(0, 64), organization: ORGANIZATION }),
    ...lifeFrom(now, LIFE_DAYS),
    publicKey,
    extensions: [
      ...holderConstraints(SERVER_AUTHENTICATION),
      subjectKeyId(keyIdOf(publicKey)),
      authorityKeyId(issuer.keyId),
      serverNames(hosts),
    ],
  })
  const der = await signStructure(tbs, root.privateKey, issuer.publicKey)
  return { certificate: new X509Certificate(der), privateKey }
}

const pemOfKey = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString()

/** The certificate and key of two files, or undefined where they are missing, spoilt or not of one pair. */
const readPair = async (certificateFile: string, keyFile: string): Promise<Pair | undefined> => {
  try {
    const certificate = new X509Certificate(await readFile(certificateFile))
    const privateKey = createPrivateKey(await readFile(keyFile))
    return certificate.checkPrivateKey(privateKey) ? { certificate, privateKey } : undefined
  } catch (error) {
    // Whatever can't be read as a pair is made anew; a file that may not be read is the operator's to put right.
    if (error instanceof Error && 'code' in error && error.code === 'EACCES') throw error
    return undefined
  }
}

const holdsFor = (certificate: X509Certificate, now: Date, days: number): boolean =>
  certificate.validFromDate <= now && certificate.validToDate.getTime() - now.getTime() >= days * DAY

const namesExactly = (certificate: X509Certificate, hosts: readonly string[]): boolean =>
  certificate.raw.includes(encode(serverNames(hosts)))

/**
 * The TLS certificate of the embedded start, kept in `dir` as `ca.pem`, `ca.key`, `server.pem` and `server.key`
 * (keys 0600). Made when missing; the server's is renewed when fewer than 30 days are left, when `hosts` (names,
 * `*.` names and addresses) changed, or when a file is spoilt; its root only when it is missing, spoilt or would
 * end before the server's certificate, because every browser then has to be told of the new one.
 */
export const ensureServerCertificate = async (wanted: {
  dir: string
  hosts: readonly string[]
  now: Date
}): Promise<ServerCertificate> => {
  const { dir, hosts, now } = wanted
  const file = (name: string): string => join(dir, name)
  await makeFolder(dir)

  let root = await readPair(file('ca.pem'), file('ca.key'))
  if (!root || !holdsFor(root.certificate, now, LIFE_DAYS)) {
    root = await createRoot(now)
    await writeWhole(file('ca.key'), pemOfKey(root.privateKey), 0o600)
    await writeWhole(file('ca.pem'), root.certificate.toString(), 0o644)
  }

  let server = await readPair(file('server.pem'), file('server.key'))
  const isFit =
    server?.certificate.verify(root.certificate.publicKey) &&
    holdsFor(server.certificate, now, RENEW_BEFORE_DAYS) &&
    namesExactly(server.certificate, hosts)
  if (!server || !isFit) {
    server = await createServerCertificate(root, hosts, now)
    await writeWhole(file('server.key'), pemOfKey(server.privateKey), 0o600)
    await writeWhole(file('server.pem'), server.certificate.toString(), 0o644)
  }
  return {
    key: pemOfKey(server.privateKey),
    cert: server.certificate.toString(),
    ca: root.certificate.toString(),
  }
}
