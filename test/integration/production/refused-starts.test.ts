import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { runSekisho } from '../../support/copies.ts'
import { emptyDatabase, freshDatabase, sql } from '../../support/database.ts'
import { openPortal, type Portal } from '../../support/portal.ts'
import { freePorts } from '../../support/ports.ts'

let portal: Portal
let folder: string
let production: Record<string, string>

beforeAll(async () => {
  portal = await openPortal()
  folder = await mkdtemp(join(tmpdir(), 'sekisho-refused-'))
  await chmod(folder, 0o755)
  production = {
    NODE_ENV: 'production',
    DATABASE_URL: portal.database.appUrl,
    DATABASE_OWNER_URL: portal.database.ownerUrl,
    DATA_DIR: join(folder, 'data'),
    SECRET_KEY_FILE: join(folder, 'data-keys', 'secret.key'),
    SMTP_URL: 'smtp://127.0.0.1:1',
    PORTAL_ORIGIN: 'https://portal.sekisho.example',
    FRONT_SOCKET: join(folder, 'a.sock'),
  }
  await mkdir(join(folder, 'data-keys'))
  await copyFile(portal.settings.secretKeyFile, join(folder, 'data-keys', 'secret.key'))
})
afterAll(async () => {
  await portal.close()
  await rm(folder, { recursive: true })
})

/** The one sentence that a start is refused with; no trace of where in the program that was. */
const sentenceOf = ({ code, output }: { code: number | null; output: string }): string => {
  expect(code, output).toBe(1)
  expect(output).toMatch(/^✘ [^\n]+\n$/)
  return output
}

describe('a database', () => {
  it('that holds the demonstration is none for production', async () => {
    const told = sentenceOf(await runSekisho(['audit:verify'], production))
    expect(told).toContain('holds the demonstration')
    expect(told).toContain('DATABASE_URL')
    // A key outside the data folder, however alike their names, needs no data folder.
    expect(existsSync(join(folder, 'data'))).toBe(false)
  })

  it('that may not be set up by its role is told in a sentence', async () => {
    const empty = await emptyDatabase()
    const migrated = await freshDatabase()
    try {
      const powerless = {
        DATABASE_URL: empty.appUrl,
        DATABASE_OWNER_URL: empty.appUrl,
        DATA_DIR: join(folder, 'roles'),
      }
      expect(sentenceOf(await runSekisho(['audit:verify'], powerless))).toMatch(
        /The role sekisho_app may not set up the database test_\w+ \(permission denied/,
      )
      const swapped = {
        DATABASE_URL: migrated.ownerUrl,
        DATABASE_OWNER_URL: migrated.appUrl,
        DATA_DIR: join(folder, 'roles'),
      }
      expect(sentenceOf(await runSekisho(['audit:verify'], swapped))).toContain(
        'The role sekisho_app may not set up the database',
      )
    } finally {
      await empty.drop()
      await migrated.drop()
    }
  })
})

describe('production without the role that owns the tables', () => {
  it('F-03 refuses a database that is not at its version, and says what to run; then needs nothing of it', async () => {
    const empty = await emptyDatabase()
    try {
      const { DATABASE_OWNER_URL: _owner, ...serving } = production
      const own = { ...serving, DATABASE_URL: empty.appUrl }
      const told = sentenceOf(await runSekisho(['audit:verify'], own))
      expect(told).toMatch(/\d+ migrations are pending/)
      expect(told).toContain('run sekisho migrate with DATABASE_OWNER_URL')
      const migrated = await runSekisho(['migrate'], { ...own, DATABASE_OWNER_URL: empty.ownerUrl })
      expect(migrated.code, migrated.output).toBe(0)
      const verified = await runSekisho(['audit:verify'], own)
      expect(verified.code, verified.output).toBe(0)
      expect(
        sentenceOf(await runSekisho(['history:archive', join(folder, 'old.jsonl'), '--remove'], own)),
      ).toContain('DATABASE_OWNER_URL is missing')
      // A queue that this version has and the database has not.
      await sql(empty.ownerUrl, "comment on schema pgboss is 'another'")
      expect(sentenceOf(await runSekisho(['audit:verify'], own))).toContain('run sekisho migrate')
    } finally {
      await empty.drop()
    }
  })
})

describe('the secret key', () => {
  const development = () => ({
    DATABASE_URL: portal.database.appUrl,
    DATABASE_OWNER_URL: portal.database.ownerUrl,
    DATA_DIR: join(folder, 'development'),
    LOG_LEVEL: 'fatal',
  })

  it('C-16 that is gone is never replaced by a new one', async () => {
    const file = join(folder, 'lost.key')
    const told = sentenceOf(await runSekisho(['audit:verify'], { ...development(), SECRET_KEY_FILE: file }))
    expect(told).toContain(`${file} is gone`)
    expect(existsSync(file)).toBe(false)
  })

  it('C-16 of another database is noticed before anything answers', async () => {
    const file = join(folder, 'other.key')
    await writeFile(file, Buffer.alloc(32, 9), { mode: 0o600 })
    const told = sentenceOf(await runSekisho(['audit:verify'], { ...development(), SECRET_KEY_FILE: file }))
    expect(told).toContain(`${file} is not the one of this database`)
  })

  it('C-16 that is the right one opens', async () => {
    const { code, output } = await runSekisho(['audit:verify'], {
      ...development(),
      SECRET_KEY_FILE: portal.settings.secretKeyFile,
    })
    expect(code, output).toBe(0)
  })
})

describe('the data folder', () => {
  it.runIf(existsSync('/proc/self'))(
    'that can’t be made is told at once',
    async () => {
      const told = sentenceOf(await runSekisho(['serve'], { DATA_DIR: '/proc/sekisho', ...(await ports()) }))
      expect(told).toMatch(/\/proc\/sekisho can't be made .*: set DATA_DIR/)
    },
    15_000,
  )

  it('is left in order by a Ctrl-C while the database is being made', async () => {
    const dataDir = join(folder, 'interrupted')
    const child = spawn(process.execPath, [join('src', 'main.ts'), 'serve'], {
      env: { PATH: process.env.PATH ?? '', DATA_DIR: dataDir, ...(await ports()) },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own, as a terminal's foreground programs are: all of it gets the signal.
      detached: true,
    })
    let printed = ''
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', text => {
        printed += text
      })
    const ended = once(child, 'exit')
    await vi.waitFor(
      async () => expect((await readdir(dataDir)).some(name => name.startsWith('pg'))).toBe(true),
      { timeout: 60_000, interval: 10 },
    )
    process.kill(-(child.pid ?? 0), 'SIGINT')
    await ended
    expect(printed).not.toContain('✘')
    expect([0, 130]).toContain(child.exitCode)
    // Whole or not at all: the signal may come when the new database has just been put in its place.
    const left = (await readdir(dataDir)).filter(name => name.startsWith('pg'))
    expect(left.filter(name => name !== 'pg')).toEqual([])
    if (left.includes('pg')) {
      const files = await readdir(join(dataDir, 'pg'))
      expect(files).toContain('PG_VERSION')
      expect(files).not.toContain('postmaster.pid')
    }
  })
})

const ports = async () => {
  const [a, b, c, d, e] = await freePorts(5)
  return {
    ...{ PORTAL_PORT: `${a}`, CERT_PORT: `${b}`, HTTP_PORT: `${c}` },
    ...{ MAILBOX_PORT: `${d}`, SERVICE_PORT: `${e}` },
  }
}
