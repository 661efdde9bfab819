import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadOrCreateSecretKey, openSecretBox } from '../../../src/platform/secret-box.ts'

describe('the secret box', () => {
  const key = Buffer.alloc(32, 1)
  const box = openSecretBox(key)

  it('C-16 gives back what was sealed, bytes and text alike', () => {
    const plain = randomBytes(1800)
    expect(box.open(box.seal(plain, 'ca-key:1'), 'ca-key:1')).toEqual(plain)
    expect(box.open(box.seal('合言葉', 'draft:1'), 'draft:1').toString()).toBe('合言葉')
    expect(box.open(box.seal('', 'draft:1'), 'draft:1')).toHaveLength(0)
  })

  it('opens bytes that a database driver gives back as a view into a larger buffer', () => {
    const sealed = box.seal('secret', 'draft:1')
    const larger = new Uint8Array(sealed.length + 20)
    larger.set(sealed, 10)
    expect(box.open(larger.subarray(10, 10 + sealed.length), 'draft:1').toString()).toBe('secret')
  })

  it('never seals the same text to the same bytes', () => {
    expect(box.seal('secret', 'draft:1')).not.toEqual(box.seal('secret', 'draft:1'))
  })

  it('doesn’t hold the plain text or the context', () => {
    const sealed = box.seal('very secret', 'draft:1').toString('latin1')
    expect(sealed).not.toContain('secret')
    expect(sealed).not.toContain('draft')
  })

  it('refuses a change of any byte', () => {
    const sealed = box.seal('secret', 'ca-key:1')
    for (let place = 0; place < sealed.length; place += 1) {
      const changed = Buffer.from(sealed)
      changed[place] = (changed[place] ?? 0) ^ 1
      expect(() => box.open(changed, 'ca-key:1'), `byte ${place}`).toThrow(/ca-key:1/)
    }
  })

  it('refuses what was cut short, lengthened or never sealed', () => {
    const sealed = box.seal('secret', 'ca-key:1')
    expect(() => box.open(sealed.subarray(0, -1), 'ca-key:1')).toThrow()
    expect(() => box.open(Buffer.concat([sealed, Buffer.of(0)]), 'ca-key:1')).toThrow()
    expect(() => box.open(Buffer.alloc(0), 'ca-key:1')).toThrow(/isn't a sealed one/)
    expect(() => box.open(Buffer.from('-----BEGIN PRIVATE KEY-----'), 'ca-key:1')).toThrow(
      /isn't a sealed one/,
    )
  })

  it('refuses another context, so that a sealed value can’t be moved to another row', () => {
    const sealed = box.seal('secret', 'ca-key:1')
    expect(() => box.open(sealed, 'ca-key:2')).toThrow(/ca-key:2 doesn't open/)
    expect(() => box.open(sealed, '')).toThrow(/context/)
    expect(() => box.seal('secret', '')).toThrow(/context/)
  })

  it('refuses another key and says what to check', () => {
    const sealed = box.seal('secret', 'ca-key:1')
    expect(() => openSecretBox(Buffer.alloc(32, 2)).open(sealed, 'ca-key:1')).toThrow(/SECRET_KEY_FILE/)
  })

  it('derives the same bytes for one purpose, others for another purpose or key', () => {
    const cookie = box.derive('session-cookie', 32)
    expect(cookie).toHaveLength(32)
    expect(openSecretBox(key).derive('session-cookie', 32)).toEqual(cookie)
    expect(box.derive('csrf', 32)).not.toEqual(cookie)
    expect(openSecretBox(Buffer.alloc(32, 2)).derive('session-cookie', 32)).not.toEqual(cookie)
    expect(cookie).not.toEqual(key)
  })

  it('refuses a key of another length', () => {
    expect(() => openSecretBox(Buffer.alloc(31))).toThrow(/32 bytes, not 31/)
  })
})

describe('the file of the secret key', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'sekisho-key-'))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  it('is made once, readable by its owner only, and read again afterwards', async () => {
    const file = join(folder, 'new', 'secret.key')
    const made = await loadOrCreateSecretKey(file, { create: true })
    expect(made).toHaveLength(32)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(await loadOrCreateSecretKey(file, { create: true })).toEqual(made)
    expect(await loadOrCreateSecretKey(file, { create: false })).toEqual(made)
    expect(readdirSync(join(folder, 'new'))).toEqual(['secret.key'])
  })

  it('is the same for all that race to make it, and never replaced', async () => {
    for (let round = 0; round < 10; round += 1) {
      const file = join(folder, `raced-${round}.key`)
      // Each starts a little after the one before, so that the late ones write while the early ones read.
      const late = async (steps: number): Promise<Buffer> => {
        for (let step = 0; step < steps; step += 1) await stat(folder)
        return loadOrCreateSecretKey(file, { create: true })
      }
      const keys = await Promise.all(Array.from({ length: 20 }, (_, place) => late(place)))
      expect(new Set(keys.map(key => key.toString('hex'))).size).toBe(1)
    }
    expect(readdirSync(folder).filter(name => name.startsWith('raced'))).toHaveLength(10)
  })

  it('is the one that openssl makes as the message tells', async () => {
    const file = join(folder, 'missing.key')
    const refusal = await loadOrCreateSecretKey(file, { create: false }).catch(
      (error: Error) => error.message,
    )
    expect(refusal).toMatch(/There is no secret key at .*missing\.key/)
    execFileSync('sh', ['-c', String(refusal).split('Make one with: ')[1] ?? 'false'])
    expect(await loadOrCreateSecretKey(file, { create: false })).toHaveLength(32)
  })

  it.each([0, 31, 33, 64])('of %i bytes is refused, also where one may be created', async length => {
    const file = join(folder, `length-${length}.key`)
    writeFileSync(file, Buffer.alloc(length), { mode: 0o600 })
    await expect(loadOrCreateSecretKey(file, { create: true })).rejects.toThrow(`has ${length} bytes`)
    expect(statSync(file).size).toBe(length)
  })

  it.each([0o604, 0o644, 0o666, 0o620])('of mode %o is refused with the remedy', async mode => {
    const file = join(folder, `mode-${mode.toString(8)}.key`)
    writeFileSync(file, Buffer.alloc(32))
    chmodSync(file, mode)
    await expect(loadOrCreateSecretKey(file, { create: true })).rejects.toThrow(`chmod 600 '${file}'`)
  })

  it.each([0o400, 0o600, 0o640])('of mode %o is taken', async mode => {
    const file = join(folder, `mode-${mode.toString(8)}.key`)
    writeFileSync(file, Buffer.alloc(32, 9))
    chmodSync(file, mode)
    expect(await loadOrCreateSecretKey(file, { create: false })).toEqual(Buffer.alloc(32, 9))
  })
})
