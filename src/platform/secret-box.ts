import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { link, open, stat, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { makeFolder } from './folder.ts'
import { StartError } from './start-error.ts'

const KEY_BYTES = 32
const VERSION = 1
const KEY_ID_BYTES = 4
const NONCE_BYTES = 12
const TAG_BYTES = 16
const HEADER_BYTES = 1 + KEY_ID_BYTES + NONCE_BYTES

export type SecretBox = {
  /**
   * Encrypts `plain` (text as UTF-8) for storage. `context` names the one place the secret belongs to
   * (`ca-key:<id>`, `otp-seed:<user>`): the same name must be given to open it, so that a sealed value
   * copied to another row is of no use. Gives version(1) ‖ key id(4) ‖ nonce(12) ‖ ciphertext ‖ tag(16).
   */
  seal(plain: Uint8Array | string, context: string): Buffer
  /** Gives back what `seal` took. Throws when the bytes were changed, the context differs or the key is unknown. */
  open(sealed: Uint8Array, context: string): Buffer
  /** `length` bytes that depend on the key and `purpose` only (session cookie key and such): HKDF-SHA-256, RFC 5869. */
  derive(purpose: string, length: number): Buffer
}

type SealingKey = { id: Buffer; key: Buffer }

const expand = (key: Buffer, info: string, length: number): Buffer =>
  Buffer.from(hkdfSync('sha256', key, Buffer.alloc(0), `sekisho/${info}`, length))

// The key of the file never encrypts anything itself: each use has a key of its own, independent of the others.
const sealingKey = (key: Buffer): SealingKey => ({
  id: expand(key, 'secret-box-key-id', KEY_ID_BYTES),
  key: expand(key, 'secret-box', KEY_BYTES),
})

const additionalData = (header: Uint8Array, context: string): Buffer =>
  Buffer.concat([header, Buffer.from(context, 'utf8')])

/**
 * Encryption at rest with AES-256-GCM (security.md: CA key, OTP seeds and drafts' secrets) by a key of 32 bytes. Throws on one of
 * another length.
 */
export const openSecretBox = (key: Buffer): SecretBox => {
  if (key.length !== KEY_BYTES) throw new Error(`A secret key has ${KEY_BYTES} bytes, not ${key.length}.`)
  const current = sealingKey(key)

  const requireContext = (context: string): void => {
    if (context === '') throw new Error('A sealed secret needs a context.')
  }

  return {
    seal: (plain, context) => {
      requireContext(context)
      const nonce = randomBytes(NONCE_BYTES)
      const header = Buffer.concat([Buffer.of(VERSION), current.id, nonce])
      const cipher = createCipheriv('aes-256-gcm', current.key, nonce, { authTagLength: TAG_BYTES })
      cipher.setAAD(additionalData(header, context))
      const bytes = typeof plain === 'string' ? Buffer.from(plain, 'utf8') : plain
      return Buffer.concat([header, cipher.update(bytes), cipher.final(), cipher.getAuthTag()])
    },

    open: (sealed, context) => {
      requireContext(context)
      const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength)
      if (bytes.length < HEADER_BYTES + TAG_BYTES || bytes[0] !== VERSION) {
        throw new Error(`The secret of ${context} isn't a sealed one of version ${VERSION}.`)
      }
      const header = bytes.subarray(0, HEADER_BYTES)
      const keyId = header.subarray(1, 1 + KEY_ID_BYTES)
      if (!keyId.equals(current.id)) {
        throw new Error(
          `The secret of ${context} was sealed with the key ${keyId.toString('hex')}, which isn't loaded: ` +
            'check that SECRET_KEY_FILE names the key that belongs to this database.',
        )
      }
      const nonce = header.subarray(1 + KEY_ID_BYTES)
      const decipher = createDecipheriv('aes-256-gcm', current.key, nonce, { authTagLength: TAG_BYTES })
      decipher.setAAD(additionalData(header, context))
      decipher.setAuthTag(bytes.subarray(-TAG_BYTES))
      try {
        return Buffer.concat([decipher.update(bytes.subarray(HEADER_BYTES, -TAG_BYTES)), decipher.final()])
      } catch (cause) {
        throw new Error(`The secret of ${context} doesn't open: it was changed or belongs elsewhere.`, {
          cause,
        })
      }
    },

    derive: (purpose, length) => expand(key, `derive/${purpose}`, length),
  }
}

const makeAKey = (file: string): string => `openssl rand -out '${file}' ${KEY_BYTES} && chmod 600 '${file}'`

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code

/** The key in `file`, or undefined where there is no file. Throws, with the remedy, where the file is unfit. */
const readSecretKey = async (file: string): Promise<Buffer | undefined> => {
  try {
    const { mode } = await stat(file)
    // A group may read it (that is how container platforms hand secrets over); nobody else, and only the owner writes.
    if (mode & 0o027) {
      const shown = (mode & 0o777).toString(8).padStart(3, '0')
      throw new StartError(
        `The secret key ${file} is open to others (mode ${shown}). Run: chmod 600 '${file}'`,
      )
    }
    await using handle = await open(file, 'r')
    const key = await handle.readFile()
    if (key.length !== KEY_BYTES) {
      throw new StartError(
        `The secret key ${file} has ${key.length} bytes; it needs exactly ${KEY_BYTES}. Put the right file back: ` +
          `with another key, nothing sealed before can be opened. For a new installation: ${makeAKey(file)}`,
      )
    }
    return key
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    if (hasCode(error, 'EACCES')) {
      throw new StartError(
        `The secret key ${file} can't be read: let it belong to the user who runs the program.`,
        {
          cause: error,
        },
      )
    }
    throw error
  }
}

/** Writes a new key so that `file` appears whole or not at all, and the first of several processes wins. */
const writeSecretKeyOnce = async (file: string): Promise<void> => {
  await makeFolder(dirname(file))
  const draft = `${file}.${randomBytes(6).toString('hex')}.new`
  {
    await using handle = await open(draft, 'wx', 0o600)
    await handle.writeFile(randomBytes(KEY_BYTES))
    await handle.sync()
  }
  try {
    // Unlike rename, link refuses to replace: a key that something was sealed with is never overwritten.
    await link(draft, file)
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error
  } finally {
    await unlink(draft)
  }
  await using folder = await open(dirname(file), 'r')
  await folder.sync()
}

/** Whether there is a secret key at all; its fitness `loadOrCreateSecretKey` tells. */
export const hasSecretKey = async (file: string): Promise<boolean> =>
  (await stat(file).catch(() => undefined)) !== undefined

/**
 * The 32-byte key in `file`. With `create`, a missing file is made once (mode 0600; of racing processes all get
 * the same key). Throws with a sentence that names the remedy when the file is missing, of a wrong length, or
 * open to other users.
 */
export const loadOrCreateSecretKey = async (
  file: string,
  { create }: { create: boolean },
): Promise<Buffer> => {
  const existing = await readSecretKey(file)
  if (existing) return existing
  if (!create)
    throw new StartError(
      `There is no secret key at ${file} (SECRET_KEY_FILE). Make one with: ${makeAKey(file)}`,
    )
  await writeSecretKeyOnce(file)
  const created = await readSecretKey(file)
  if (!created) throw new StartError(`The secret key ${file} vanished right after it was written.`)
  return created
}
