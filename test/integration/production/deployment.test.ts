import { execFile, execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, matchesGlob } from 'node:path'
import { promisify } from 'node:util'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findPrerequisites } from '../../../scripts/prerequisites.ts'
import { queues } from '../../../src/jobs/queues.ts'
import { migrate, servingRoleOwnsTables } from '../../../src/platform/db/migrate.ts'
import { sql } from '../../support/database.ts'
import { hasDebianPostgres, type OwnPostgres, ownPostgres } from '../../support/own-postgres.ts'

const root = join(import.meta.dirname, '..', '..', '..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const { psql } = findPrerequisites(process.env)

describe.runIf(psql !== undefined)('the roles of deploy/postgres', () => {
  let server: OwnPostgres
  const urls = { ownerUrl: '', appUrl: '' }

  beforeAll(async () => {
    server = await ownPostgres('npm')
    const passwords = ['-v', "owner_password=Own'er2026", '-v', 'app_password=Serving2026']
    const given = ['--no-psqlrc', '-d', server.superuserUrl, ...passwords]
    await promisify(execFile)(psql ?? '', [...given, '-f', join(root, 'deploy/postgres/roles.sql')])
    const at = `127.0.0.1:${server.port}/sekisho`
    urls.ownerUrl = `postgresql://sekisho_owner:Own'er2026@${at}`
    urls.appUrl = `postgresql://sekisho_app:Serving2026@${at}`
    await migrate(urls, { log: pino({ level: 'silent' }), queues })
  })
  afterAll(() => server?.remove())

  it('F-03 let the one migrate, and the other serve without owning anything', async () => {
    expect(await servingRoleOwnsTables(urls.appUrl)).toBe(false)
    expect(await sql(urls.appUrl, 'SELECT count(*)::int AS n FROM service')).toEqual([{ n: 9 }])
    for (const statement of [
      'UPDATE history SET reason = null',
      'DELETE FROM history',
      'CREATE TABLE mine (a int)',
    ])
      await expect(sql(urls.appUrl, statement)).rejects.toThrow(/permission denied/)
  })
})

// Debian's own server is older than ours: nothing of it is touched.
it.runIf(hasDebianPostgres)(
  'a server that is too old is refused in one sentence',
  async () => {
    const server = await ownPostgres('debian')
    try {
      const urls = { ownerUrl: server.superuserUrl, appUrl: server.superuserUrl }
      const [{ server_version: version = '' } = {}] = await sql(server.superuserUrl, 'SHOW server_version')
      const migrating = migrate(urls, { log: pino({ level: 'silent' }), queues })
      if (Number.parseInt(version, 10) < 18)
        await expect(migrating).rejects.toThrow(
          /^The database server is PostgreSQL .+: Sekisho needs 18 or newer\.$/,
        )
      else await migrating
    } finally {
      await server.remove()
    }
  },
  60_000,
)

describe('the image', () => {
  /** As Docker reads the list: the last line that matches a path, or a folder it lies in, decides. */
  const isTaken = (path: string) => {
    let taken = true
    // To Docker a dot is a letter like any other.
    const plain = (text: string) => text.replaceAll(/(^|\/)\./g, '$1dot-')
    const folders = (at: string): string[] => (at === '.' ? [] : [at, ...folders(dirname(at))])
    for (const line of read('.dockerignore').split('\n')) {
      if (line === '' || line.startsWith('#')) continue
      const pattern = line.replace(/^!/, '')
      if (folders(path).some(at => matchesGlob(plain(at), plain(pattern)))) taken = line.startsWith('!')
    }
    return taken
  }

  it.each([
    '.env',
    '.env.production',
    'secrets/secret.key',
    'secrets/tls/server.key',
    'people/hanako.p12',
    '.data/secret.key',
    '.data/postgres/PG_VERSION',
    'dump.sql',
    'src/left-here.pem',
    'scripts/people/ichiro.p12',
    '.git/config',
    'node_modules/fastify/package.json',
  ])('takes no %s along, which lies beside the program where the README has it made', path => {
    expect(isTaken(path)).toBe(false)
  })

  it('takes along what the program is made of', () => {
    const made = ['bin', 'locales', 'prisma', 'public', 'scripts', 'src', 'styles', 'views']
    const files = execFileSync('git', ['ls-files', 'package.json', 'package-lock.json', ...made], {
      cwd: root,
      encoding: 'utf8',
    })
    for (const path of files.trim().split('\n')) expect(isTaken(path), path).toBe(true)
  })
})

describe('docker-compose.yml', () => {
  const compose = read('docker-compose.yml')

  it('mounts what is there, and gives nginx every name its template asks for', () => {
    const mounted = [...compose.matchAll(/- \.\/(deploy\/[^:]+):/g)].map(([, path]) => path ?? '')
    expect(mounted.length).toBeGreaterThan(3)
    for (const path of mounted) expect(existsSync(join(root, path)), path).toBe(true)
    const asked = new Set(
      [...read('deploy/nginx/sekisho.conf.template').matchAll(/\$\{([A-Z_]+)\}/g)].map(([, name]) => name),
    )
    const [, environment = ''] =
      /\n {2}nginx:\n[\s\S]*?environment:\n([\s\S]*?)\n {4}ports:/.exec(compose) ?? []
    for (const name of asked) expect(environment).toContain(`\n      ${name}:`.slice(1))
  })

  const [, shared = ''] = /\nx-program: &program\n([\s\S]*?)\n\nservices:/.exec(compose) ?? []
  const [, listed = ''] = /\nservices:\n([\s\S]*?)\nnetworks:/.exec(compose) ?? []
  const services = new Map(
    [...listed.matchAll(/^ {2}(\w+):\n((?: {4}.*\n| {0,2}#.*\n|\n)*)/gm)].map(([, name = '', own = '']) => [
      name,
      own.includes('<<: *program') ? `${shared}\n${own}` : own,
    ]),
  )
  /** The last word counts: what a service says itself comes after what it shares. */
  const saidOf = (name: string, key: string) =>
    [...(services.get(name) ?? '').matchAll(new RegExp(`^ +${key}: (.*)$`, 'gm'))].at(-1)?.[1]

  it('lets nobody in it become more than it is, and the program and nginx write nowhere but where they must', () => {
    expect([...services.keys()]).toEqual(['migrate', 'a', 'b', 'work', 'nginx', 'postgres', 'mail'])
    for (const name of services.keys()) {
      expect(saidOf(name, 'cap_drop'), name).toBe('[ALL]')
      expect(saidOf(name, 'security_opt'), name).toBe('["no-new-privileges:true"]')
      if (name !== 'postgres') expect(saidOf(name, 'read_only'), name).toBe('true')
    }
  })

  it('leads nobody from outside to the database, and from nginx to the program by the sockets alone', () => {
    const networks = (name: string) => saidOf(name, 'networks')
    expect(networks('postgres')).toBe('[database]')
    expect(networks('migrate')).toBe('[database]')
    expect(networks('nginx')).toBe('[front]')
    for (const name of ['a', 'b', 'work']) expect(networks(name), name).toBe('[database, outside]')
    expect(compose).toMatch(/^ {2}database: \{ internal: true \}$/m)
    const published = [...services.keys()].filter(name => saidOf(name, 'ports'))
    expect(published).toEqual(['nginx', 'mail'])
    expect(saidOf('mail', 'ports')).toBe('["127.0.0.1:8025:8025"]')
  })

  it('runs what can be run', () => {
    for (const script of ['deploy/nginx/reload-on-change.sh', 'deploy/postgres/init.sh', 'bin/sekisho']) {
      expect(statSync(join(root, script)).mode & 0o111, script).toBe(0o111)
      expect(spawnSync('sh', ['-n', join(root, script)]).status, script).toBe(0)
    }
  })
})
