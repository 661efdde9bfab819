import { execFile, execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { Agent } from 'node:https'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { revoke } from '../../../src/features/certificates/index.ts'
import { system } from '../../../src/kernel/actor.ts'
import { inTx } from '../../../src/platform/db/in-tx.ts'
import { sql } from '../../support/database.ts'
import { loginPassword } from '../../support/front.ts'
import type { Identity } from '../../support/visitor.ts'
import { at, type Behind, certificateHost, statusOver } from './asking.ts'

/** C-14: certificates that have ended, behind nginx. Declares the tests of a front that is shared. */
export const revocations = (behind: Behind): void => {
  it.each(['-tls1_2', '-tls1_3'])('C-14 nothing is resumed on a certificate host (%s)', async version => {
    const session = join(behind.front.frontFolder, '..', 'session.pem')
    const given = [
      's_client',
      '-connect',
      `127.0.0.1:${behind.front.httpsPort}`,
      '-servername',
      certificateHost(),
      version,
    ]
    const speak = async (...more: string[]) => {
      const asked = promisify(execFile)('openssl', [...given, ...more])
      asked.child.stdin?.end(`GET /login HTTP/1.1\r\nHost: ${certificateHost()}\r\nConnection: close\r\n\r\n`)
      return (await asked).stdout
    }
    const first = await speak('-sess_out', session, '-ign_eof')
    expect(first).toContain('New, TLSv1')
    // OpenSSL writes down whatever it might resume: of TLS 1.2 nothing, of 1.3 a ticket that opens nothing.
    const offered = existsSync(session)
    expect(offered).toBe(version === '-tls1_3')
    if (offered) expect(await speak('-sess_in', session, '-ign_eof')).toContain('New, TLSv1')
    const again = await speak('-reconnect')
    expect(again).not.toContain('Reused')
  })

  it('C-14 a revoked certificate is refused 1,000 of 1,000, over connections kept alive, new and resumed', async () => {
    const identity = await behind.front.identity()
    const agents = Array.from(
      { length: 10 },
      () => new Agent({ ca: behind.front.ca, keepAlive: true, maxSockets: 1, ...identity }),
    )
    const visitor = behind.front.visitor(identity)
    await visitor.logIn(loginPassword)
    if (visitor.page.path === '/login/takeover') await visitor.post('/login/takeover')
    expect(visitor.page.path).toBe('/home')
    const { hostname } = new URL(visitor.page.url)
    const cookie = visitor.cookieHeader()
    // These keep what they would resume a connection with, from before the revocation on, by either version.
    const resuming = (['TLSv1.2', 'TLSv1.3'] as const).map(
      version => new Agent({ ca: behind.front.ca, keepAlive: false, maxVersion: version, ...identity }),
    )
    for (const agent of [...agents, ...resuming])
      expect(await statusOver(behind.front, agent, hostname, '/home', { cookie })).toBe(200)

    const [row] = await sql<{ id: string }>(
      behind.front.database.ownerUrl,
      `SELECT certificate_id AS id FROM session WHERE host = '${hostname}'`,
    )
    const revoked = await inTx(behind.front.deps, tx =>
      revoke(behind.front.deps, tx, system('test'), row?.id ?? '', 'lost'),
    )
    expect(revoked.ok).toBe(true)

    const statuses: number[] = []
    const keptAlive = agents.map(async agent => {
      for (let turn = 0; turn < 90; turn++)
        statuses.push(await statusOver(behind.front, agent, hostname, '/home', { cookie }))
    })
    const anew = Array.from({ length: 4 }, async (_each, lane) => {
      for (let turn = 0; turn < 25; turn++) {
        const once = new Agent({ ca: behind.front.ca, keepAlive: false, maxCachedSessions: 0, ...identity })
        statuses.push(await statusOver(behind.front, resuming[lane] ?? once, hostname, '/home', { cookie }))
      }
    })
    await Promise.all([...keptAlive, ...anew])
    expect(statuses).toHaveLength(1_000)
    expect(statuses.filter(status => status !== 401)).toEqual([])
    for (const agent of agents) agent.destroy()

    const page = await visitor.get(`${behind.front.origin}/login/certificate`)
    expect(page.status).toBe(403)
    expect(page.text).toContain('失効した電子証明書です')
  })

  it('C-14 nginx knows the list of the revoked as a second line, and the program still says what is wrong', async () => {
    const identity = await behind.front.identity()
    const endWatch = await behind.front.nginx.watch()
    const crl = join(behind.front.frontFolder, 'crl.pem')
    const before = await readFile(crl, 'utf8')
    const [row] = await sql<{ id: string }>(
      behind.front.database.ownerUrl,
      `SELECT id FROM certificate WHERE user_id = '${behind.front.userId}' AND state = 'delivered' ORDER BY requested_at DESC LIMIT 1`,
    )
    await inTx(behind.front.deps, tx => revoke(behind.front.deps, tx, system('test'), row?.id ?? '', 'lost'))
    await expect.poll(() => readFile(crl, 'utf8'), { interval: 100 }).not.toBe(before)
    // As if the program had forgotten: now nginx's list alone refuses.
    await sql(
      behind.front.database.ownerUrl,
      `UPDATE certificate SET state = 'active' WHERE id = '${row?.id}'`,
    )
    const texts = async () =>
      (await behind.front.visitor(identity).get(at(behind.front, certificateHost(), '/login'))).text
    try {
      await expect.poll(texts, { interval: 100 }).toContain('失効した電子証明書です')
    } finally {
      endWatch()
    }
  })

  it('C-14 F-02 behind a loaded list each row says how its certificate ended, in the history of its company', async () => {
    const newest = async () => {
      const identity = await behind.front.identity()
      const { id, serial } = await behind.front.deps.db.certificate.findFirstOrThrow({
        where: { userId: behind.front.userId },
        orderBy: { requestedAt: 'desc' },
      })
      return { identity, id, serial }
    }
    const [superseded, voided, loaded] = [await newest(), await newest(), await newest()]
    const endWatch = await behind.front.nginx.watch()
    try {
      await inTx(behind.front.deps, async tx => {
        for (const { id } of [superseded, voided, loaded])
          await revoke(behind.front.deps, tx, system('test'), id, 'other')
        await tx.certificate.update({ where: { id: superseded.id }, data: { state: 'superseded' } })
        await tx.certificate.update({ where: { id: voided.id }, data: { state: 'void' } })
      })
      const crl = join(behind.front.frontFolder, 'crl.pem')
      // The file holds a list of each authority, in any order: openssl reads but the first of a file.
      const lists = async () => {
        const pems = (await readFile(crl, 'utf8')).split(/(?=-----BEGIN )/)
        return pems
          .map(pem => execFileSync('openssl', ['crl', '-noout', '-text'], { input: pem, encoding: 'utf8' }))
          .join('')
      }
      await expect.poll(lists, { interval: 100 }).toContain(loaded.serial?.toUpperCase())
      // As if the program had forgotten this one: from now on nginx's list alone refuses it.
      await sql(
        behind.front.database.ownerUrl,
        `UPDATE certificate SET state = 'active' WHERE id = '${loaded.id}'`,
      )
      const told = async ({ identity }: { identity: Identity }) =>
        (await behind.front.visitor(identity).get(at(behind.front, certificateHost(), '/login'))).text
      await expect.poll(() => told(loaded), { interval: 100 }).toContain('失効した電子証明書です')
      expect(await told(superseded)).toContain('更新前の電子証明書です')
      expect(await told(voided)).toContain('一定の期間ご利用がなかったため')
      for (const [{ serial }, reason] of [
        [superseded, 'certificate.superseded'],
        [voided, 'certificate.void'],
        [loaded, 'certificate.revoked'],
      ] as const)
        expect(
          await behind.front.deps.db.history.findFirst({
            where: {
              chainId: behind.front.companyId,
              operation: 'login.failed',
              reason,
              certificateSerial: serial,
            },
          }),
          reason,
        ).toMatchObject({ actorKind: 'stranger', subjectId: behind.front.userId, outcome: 'refused' })
    } finally {
      endWatch()
    }
  })
}
