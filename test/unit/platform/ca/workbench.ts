import { spawnSync } from 'node:child_process'
import type { KeyObject } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CertificateAuthority, CertificateRequest } from '../../../../src/platform/ca/ca.ts'
import { createCa, embeddedCa, sealCaKey } from '../../../../src/platform/ca/embedded-ca.ts'
import { openSecretBox, type SecretBox } from '../../../../src/platform/secret-box.ts'

/** A folder of its own for what other programs are to read; gone with `using`. */
export const temporaryFolder = () => {
  const path = mkdtempSync(join(tmpdir(), 'sekisho-ca-'))
  return {
    path,
    at: (name: string): string => join(path, name),
    write: (name: string, content: string | Uint8Array): string => {
      const file = join(path, name)
      writeFileSync(file, content)
      return file
    },
    [Symbol.dispose]: () => rmSync(path, { recursive: true }),
  }
}

/** Runs another implementation and gives all that it says; throws where it fails. */
export const run = (program: string, ...args: string[]): string => {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8', timeout: 30_000 })
  if (error) throw error
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stdout}${stderr}`)
  return stdout + stderr
}

export const isInstalled = (program: string): boolean =>
  spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined

export const NOW = new Date('2026-11-20T01:02:03.456Z')

export const secretBox: SecretBox = openSecretBox(Buffer.alloc(32, 7))

export type TestAuthority = {
  ca: CertificateAuthority
  certificateDer: Buffer
  privateKey: KeyObject
  sealedKey: Buffer
}

export const newAuthority = async (id = 'users-1', years = 10): Promise<TestAuthority> => {
  const { certificateDer, privateKey } = await createCa({
    name: 'Sekisho 利用者認証局',
    organization: 'せきしょ銀行',
    years,
    clock: { now: () => NOW },
  })
  const sealedKey = sealCaKey(secretBox, id, privateKey)
  return {
    ca: embeddedCa({ id, certificateDer, sealedKey, secretBox }),
    certificateDer,
    privateKey,
    sealedKey,
  }
}

export const requestFor = (
  publicKey: KeyObject,
  changes: Partial<CertificateRequest> = {},
): CertificateRequest => ({
  subject: { commonName: 'sato01', organization: '1234567890' },
  publicKey,
  notBefore: NOW,
  notAfter: new Date('2027-11-20T14:59:59Z'),
  usage: 'client',
  crlUrl: 'http://localhost:8080/ca/users-1.crl',
  ocspUrl: 'http://localhost:8080/ocsp',
  issuerUrl: 'http://localhost:8080/ca/users-1.cer',
  ...changes,
})
