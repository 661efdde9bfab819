import { createPrivateKey, X509Certificate } from 'node:crypto'
import { encode, octets, sequence } from './der.ts'
import type { MadeCa } from './embedded-ca.ts'
import { aes256Under } from './pkcs12-bundle.ts'

/**
 * An authority as one PEM file to be kept elsewhere: its certificate, and its key encrypted under `passphrase`
 * (PKCS#8, AES-256, 100,000 rounds), as OpenSSL and this program read them. The passphrase is printable ASCII.
 */
export const keptAuthority = ({ certificateDer, privateKey }: MadeCa, passphrase: string): string => {
  const plain = privateKey.export({ type: 'pkcs8', format: 'der' })
  try {
    const { algorithm, bytes } = aes256Under(passphrase)(plain)
    const text = encode(sequence(algorithm, octets(bytes))).toString('base64')
    const lines = text.replace(/(.{64})(?!$)/g, '$1\n')
    return `${new X509Certificate(certificateDer)}-----BEGIN ENCRYPTED PRIVATE KEY-----\n${lines}\n-----END ENCRYPTED PRIVATE KEY-----\n`
  } finally {
    plain.fill(0)
  }
}

/** What `keptAuthority` wrote. Throws where the passphrase is wrong, a part is missing, or key and certificate differ. */
export const openKeptAuthority = (pem: string, passphrase: string): MadeCa => {
  const certificate = new X509Certificate(pem)
  const [key] =
    /-----BEGIN ENCRYPTED PRIVATE KEY-----[^-]+-----END ENCRYPTED PRIVATE KEY-----/.exec(pem) ?? []
  if (!key) throw new Error('The file holds no encrypted key.')
  const privateKey = createPrivateKey({ key, format: 'pem', passphrase })
  if (!certificate.checkPrivateKey(privateKey)) throw new Error("The file's key isn't its certificate's.")
  return { certificateDer: certificate.raw, privateKey }
}
