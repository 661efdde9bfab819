import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeInParts } from '../../../src/platform/whole-file.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sekisho-whole-file-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const module = join(import.meta.dirname, '../../../src/platform/whole-file.ts')

async function* parts(...given: string[]) {
  yield* given
}

describe('a file that is written in parts', () => {
  it('F-04 is removed where the disk takes only some of it, and nobody is told that it was written', () => {
    const path = join(folder, 'short')
    const program = `
      import { writeInParts } from ${JSON.stringify(module)}
      process.on('SIGXFSZ', () => {})
      async function* parts() { yield 'a'.repeat(100_000); yield 'b'.repeat(100_000) }
      await writeInParts(${JSON.stringify(path)}, parts(), 0o600).then(
        () => console.log('written'),
        ({ code, syscall }) => console.log(code, syscall),
      )`
    // Blocks of 512 or, in some shells, 1,024 bytes: half of it at the most.
    const { stdout } = spawnSync(
      'sh',
      ['-c', 'ulimit -f 100; exec "$0" --input-type=module --eval "$1"', process.execPath, program],
      { encoding: 'utf8' },
    )
    expect(stdout.trim()).toBe('EFBIG write')
    expect(existsSync(path)).toBe(false)
  })

  it('F-04 gives the digest of what lies on the disk, for its owner alone', async () => {
    const path = join(folder, 'whole')
    const digest = await writeInParts(path, parts('髙﨑', '𠮷\n'), 0o600)
    expect(await readFile(path, 'utf8')).toBe('髙﨑𠮷\n')
    expect(digest).toBe(createHash('sha256').update('髙﨑𠮷\n').digest('hex'))
    expect((await stat(path)).mode & 0o777).toBe(0o600)
  })

  it('F-04 never touches a file that is there', async () => {
    const path = join(folder, 'there')
    await writeFile(path, 'kept')
    await expect(writeInParts(path, parts('new'), 0o600)).rejects.toThrow(/EEXIST/)
    expect(await readFile(path, 'utf8')).toBe('kept')
  })
})
