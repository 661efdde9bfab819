import { execFile } from 'node:child_process'
import { generateKeyPair } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

/**
 * Keys and PKCS#12 files a second, two at a time, with nothing else to do: the keys by node:crypto, the files with the
 * certificate given by OpenSSL's command, at the strength that the program's have. Prints how many.
 * `node issue.ts ALGORITHM COUNT CERTIFICATE`.
 */
const [algorithm = 'rsa-3072', count = '20', certificate = ''] = process.argv.slice(2)
const generate = promisify(generateKeyPair)
const execute = promisify(execFile)
const folder = await mkdtemp(join(tmpdir(), 'sekisho-bench-issue-'))

const newKey = async (): Promise<string> => {
  const { privateKey } =
    algorithm === 'p-256'
      ? await generate('ec', { namedCurve: 'P-256' })
      : await generate('rsa', { modulusLength: Number(algorithm.slice('rsa-'.length)) })
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}

const encryption = [
  '-keypbe',
  'AES-256-CBC',
  '-certpbe',
  'AES-256-CBC',
  '-macalg',
  'sha256',
  '-iter',
  '100000',
]
const makeFile = async (name: string, pem: string): Promise<void> => {
  const key = join(folder, `${name}.key`)
  await writeFile(key, pem, { mode: 0o600 })
  // With a certificate that isn't the key's own, for that would cost a signature: what is measured is the encryption.
  const contents = ['-inkey', key, '-nocerts', '-certfile', certificate]
  const given = ['pkcs12', '-export', ...contents, '-passout', 'pass:Keisoku2026', ...encryption]
  await execute('openssl', [...given, '-out', join(folder, `${name}.p12`)])
}

try {
  let left = Number(count)
  const startedAt = performance.now()
  const worker = async (name: string) => {
    while (left-- > 0) await makeFile(name, await newKey())
  }
  await Promise.all([worker('one'), worker('other')])
  process.stdout.write(String((Number(count) * 1000) / (performance.now() - startedAt)))
} finally {
  await rm(folder, { recursive: true, force: true })
}
