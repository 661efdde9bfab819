import { execFile } from 'node:child_process'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { exportRoot, listAuthorities, rollOverAuthority, writeLists } from '../../../../src/cli/ca.ts'
import { authorityFor, listIssuers, renewStatus } from '../../../../src/features/authorities/index.ts'
import { issueDirectly } from '../../../../src/features/certificates/index.ts'
import { system } from '../../../../src/kernel/actor.ts'
import { sql } from '../../../support/database.ts'
import { newUser } from '../../../support/enrolment.ts'
import { type ServedProgram, serveProgram } from '../../../support/program.ts'
import { told } from '../../../support/tools.ts'
import { until } from '../../../support/until.ts'
import { type Identity, Visitor } from '../../../support/visitor.ts'
import { temporaryFolder } from '../../../unit/platform/ca/workbench.ts'

let program: ServedProgram
const folder = temporaryFolder()
const passphrase = 'Kagi wa Tana no Naka 2026'
const passphraseFile = folder.write('passphrase', `${passphrase}\n`)
beforeAll(async () => {
  program = await serveProgram()
})
afterAll(async () => {
  for (const someone of visitors) someone.close()
  folder[Symbol.dispose]()
  await program.close()
})

const execute = promisify(execFile)
const said: string[] = []
const given = () => ({ deps: program.deps, say: (line: string) => void said.push(line) })
const rollOver = (options: object) => rollOverAuthority(given(), 'users', { after: '0', ...options })

const visitors: Visitor[] = []
const visitorWith = async (identity: Identity) => {
  const ca = await readFile(join(program.settings.dataDir, 'tls', 'ca.pem'), 'utf8')
  const someone = new Visitor({ portal: program.settings.portalOrigin, ca, identity })
  visitors.push(someone)
  return someone
}

const filePassword = 'Shutoku-2026'
const issue = async () => {
  const user = await newUser(program)
  const pfx = await issueDirectly(
    program.deps,
    system('test'),
    { companyId: user.companyId, userId: user.id },
    filePassword,
  )
  const row = await program.deps.db.certificate.findFirstOrThrow({
    where: { userId: user.id },
    include: { issuer: true },
  })
  return { ...user, pfx, row, x509: new X509Certificate(row.der ?? new Uint8Array()) }
}

/** Somebody whose certificate is of the time before. */
let old: Awaited<ReturnType<typeof issue>>

/** As far as the first login goes: a password that must be changed. */
const logsIn = async (holder: { pfx: Buffer; password: string }): Promise<string> => {
  const someone = await visitorWith({ pfx: holder.pfx, passphrase: filePassword })
  await someone.logIn(holder.password)
  return someone.page.path
}

const operations = async () =>
  (
    await sql<{ operation: string }>(
      program.database.ownerUrl,
      `select operation from history where operation like 'issuer.%' order by seq`,
    )
  ).map(row => row.operation)

describe('a rollover', () => {
  it('C-16 waits until listeners and fronts have learnt of it, then the new one signs', async () => {
    const before = await authorityFor(program.deps, 'users')
    old = await issue()
    await rollOver({ after: '2' })
    expect((await authorityFor(program.deps, 'users')).issuer.id).toBe(before.issuer.id)
    const [waits] = (await listIssuers(program.deps)).filter(each => each.standing === 'waits')
    expect(waits?.name).toBe('Sekisho Users CA G2')
    program.clock.move(120)
    expect((await authorityFor(program.deps, 'users')).issuer.id).toBe(waits?.id)
    expect((await listIssuers(program.deps)).find(each => each.id === before.issuer.id)?.standing).toBe(
      'retired',
    )
  })

  it('C-16 lets the certificates of both log in to the running program, and their lists be asked for', async () => {
    const fresh = await issue()
    expect(fresh.row.issuer?.name).toBe('Sekisho Users CA G2')
    expect(await logsIn(fresh)).toBe('/password')
    expect(old.row.issuer?.name).toBe('Sekisho Users CA')
    expect(await logsIn(old)).toBe('/password')
    for (const issuer of await listIssuers(program.deps)) {
      const list = `http://localhost:${program.settings.httpPort}/pki/crl/${issuer.id}.crl`
      // The job that the rollover put makes the new one's.
      await until(async () => (await fetch(list)).status === 200)
    }
  })

  it('C-16 is on record: what was made, and what signs no more', async () => {
    expect(await operations()).toEqual(
      expect.arrayContaining(['issuer.created', 'issuer.retired', 'issuer.responder-certified']),
    )
    const [retired] = await sql<{ details: string; reason: null }>(
      program.database.ownerUrl,
      `select details from history where operation = 'issuer.retired'`,
    )
    expect(JSON.parse(retired?.details ?? '{}')).toMatchObject({
      name: 'Sekisho Users CA',
      issuesFor: 'users',
    })
  })
})

describe('an offline root', () => {
  it('C-16 signs the authority; files carry the chain, and OpenSSL checks every list in it', async () => {
    await rollOver({ root: true })
    const { pfx, x509, ...holder } = await issue()
    const file = folder.write('user.p12', pfx)
    const opened = await told('openssl', 'pkcs12', '-in', file, '-passin', `pass:${filePassword}`, '-nodes')
    const certificates = opened.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n/g) ?? []
    const [leaf = '', ...above] = certificates
    expect(certificates.map(pem => new X509Certificate(pem).subject.split('CN=')[1])).toEqual([
      holder.loginId,
      'Sekisho Users CA G3',
      'Sekisho Root CA',
    ])
    expect(new X509Certificate(leaf).fingerprint256).toBe(x509.fingerprint256)
    await renewStatus(program.deps)
    const [issuer = '', root = ''] = above
    await writeLists(given(), { out: folder.at('lists.pem') })
    const trusted = folder.write('trusted.pem', root + (await readFile(folder.at('lists.pem'), 'utf8')))
    const now = String(Math.floor(program.clock.now().getTime() / 1000))
    expect(
      await told(
        'openssl',
        'verify',
        '-x509_strict',
        '-attime',
        now,
        '-purpose',
        'sslclient',
        '-crl_check_all',
        '-CAfile',
        trusted,
        '-untrusted',
        folder.write('issuer.pem', issuer),
        folder.write('leaf.pem', leaf),
      ),
    ).toContain('leaf.pem: OK')
    expect(await told('openssl', 'x509', '-in', folder.at('issuer.pem'), '-noout', '-text')).toMatch(
      /URI:http:\/\/localhost:\d+\/pki\/crl\//,
    )
    expect(await logsIn({ ...holder, pfx })).toBe('/password')
  })

  it('C-16 leaves for a file that only its passphrase opens, and is then no longer here', async () => {
    const kept = folder.at('root.pem')
    const short = folder.write('short', 'kurz')
    await expect(exportRoot(given(), kept, { passphraseFile: short })).rejects.toThrow(/at least 16/)
    await exportRoot(given(), kept, { passphraseFile })
    expect((await stat(kept)).mode & 0o777).toBe(0o600)
    const text = await readFile(kept, 'utf8')
    expect(() => createPrivateKey({ key: text, passphrase: 'Kagi wa Tana no Ue 2026' })).toThrow()
    expect(
      await told('openssl', 'pkey', '-in', kept, '-passin', `pass:${passphrase}`, '-noout', '-check'),
    ).toContain('Key is valid')
    expect(
      await sql(program.database.ownerUrl, 'select 1 from issuer_root where sealed_key is not null'),
    ).toEqual([])
    expect((await operations()).at(-1)).toBe('issuer.root-exported')
    await expect(exportRoot(given(), folder.at('again.pem'), { passphraseFile })).rejects.toThrow(
      /no root with its key/,
    )
  })

  it('C-16 comes back for the next rollover; without it, or with another, nothing is signed under it', async () => {
    const before = (await listIssuers(program.deps)).length
    await expect(rollOver({})).rejects.toThrow(/--root-file/)
    const rootFile = folder.at('root.pem')
    await expect(
      rollOver({ rootFile, passphraseFile: folder.write('other', 'not the passphrase') }),
    ).rejects.toThrow(/doesn't open/)
    await told(
      'openssl',
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-keyout',
      folder.at('f.key'),
      '-passout',
      `pass:${passphrase}`,
      '-out',
      folder.at('f.pem'),
      '-subj',
      '/CN=Foreign',
    )
    const foreign = folder.write(
      'foreign.pem',
      (await readFile(folder.at('f.pem'), 'utf8')) + (await readFile(folder.at('f.key'), 'utf8')),
    )
    await expect(rollOver({ rootFile: foreign, passphraseFile })).rejects.toThrow(/none of this database/)
    expect((await listIssuers(program.deps)).length).toBe(before)

    await rollOver({ rootFile, passphraseFile })
    const newest = (await listIssuers(program.deps)).at(-1)
    expect(newest).toMatchObject({
      name: 'Sekisho Users CA G4',
      standing: 'signs',
      root: 'O=Sekisho, CN=Sekisho Root CA',
    })
    expect(
      await sql(program.database.ownerUrl, 'select 1 from issuer_root where sealed_key is not null'),
    ).toEqual([])
    expect(await logsIn(await issue())).toBe('/password')
  })
})

describe('the commands', () => {
  it('C-16 run beside the portal, and list what there is', async () => {
    const { settings, database } = program
    const environment = {
      PATH: process.env.PATH ?? '',
      DATABASE_URL: database.appUrl,
      DATABASE_OWNER_URL: database.ownerUrl,
      DATA_DIR: settings.dataDir,
    }
    // By the machine's own clock, which may still be behind this portal's: then the old one signs for a moment more.
    const { stdout } = await execute(process.execPath, ['src/main.ts', 'ca:list'], {
      env: environment,
      timeout: 120_000,
    })
    expect(stdout).toMatch(/users {2}Sekisho Users CA G4 .*\n +signs.*; good until/)
    expect(stdout).toMatch(/users {2}Sekisho Users CA {2}.*\n +signs (until|no more)/)
    expect(stdout).toMatch(/list \d+ of/)
  })

  it('C-16 warn two years before an authority would be outlived, and before it can sign no more', async () => {
    said.length = 0
    expect(await listAuthorities(given(), {})).toBe(0)
    program.clock.move(18.5 * 365 * 86_400)
    expect(await listAuthorities(given(), {})).toBe(1)
    expect(said.join('\n')).toContain('it comes to its end: sekisho ca:rollover users')
    const warnings: unknown[] = []
    const log = {
      ...program.deps.log,
      warn: (...words: unknown[]) => void warnings.push(words),
      error: () => undefined,
    }
    await renewStatus({ ...program.deps, log: log as never })
    expect(JSON.stringify(warnings)).toContain('sekisho ca:rollover')
  })
})
