import { readFile } from 'node:fs/promises'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Doors, openDoors } from '../../../../src/doors.ts'
import {
  endAllOf,
  issueDirectly,
  requestCertificate,
  revoke,
} from '../../../../src/features/certificates/index.ts'
import { system } from '../../../../src/kernel/actor.ts'
import { inTx } from '../../../../src/platform/db/in-tx.ts'
import { openWorld } from '../../../../src/world.ts'
import { type Enrolled, enrolledUser, operationsOf } from '../../../support/certificates.ts'
import { sql } from '../../../support/database.ts'
import { giveAcquisitionPassword, newUser } from '../../../support/enrolment.ts'
import { openPortal, type Portal } from '../../../support/portal.ts'
import { freePorts } from '../../../support/ports.ts'
import { until } from '../../../support/until.ts'
import type { Identity } from '../../../support/visitor.ts'

let portal: Portal
beforeAll(async () => {
  portal = await openPortal()
})
afterAll(() => portal.close())

const revokeNow = (user: Enrolled) =>
  inTx(portal.deps, tx => revoke(portal.deps, tx, system('test'), user.certificateId, 'lost'))

const hostOf = 'abcdefabcdefabcdefab.cert.localhost'

/** A TLS connection with this certificate that stays open until somebody ends it. */
const connected = (identity: Identity, port: number, more: ConnectionOptions = {}): Promise<TLSSocket> =>
  new Promise((resolve, reject) => {
    const socket = connect({
      host: '127.0.0.1',
      port,
      servername: hostOf,
      ...identity,
      ...more,
      rejectUnauthorized: false,
    })
    socket.once('error', reject)
    socket.once('secureConnect', () => {
      socket.off('error', reject)
      socket.on('error', () => undefined)
      resolve(socket)
    })
  })

/** Asks over an open connection; gives the status, or 0 where the connection is ended instead. */
const asked = (socket: TLSSocket, path: string, cookie = ''): Promise<number> =>
  new Promise(resolve => {
    let answer = ''
    const done = () => {
      socket.off('data', read)
      socket.off('close', done)
      resolve(Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0))
    }
    const read = (chunk: Buffer) => {
      answer += chunk.toString('latin1')
      const [head = '', body] = answer.split('\r\n\r\n', 2)
      const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? Number.NaN)
      if (body !== undefined && body.length >= length) done()
    }
    socket.on('data', read)
    socket.once('close', done)
    if (socket.destroyed) return done()
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: ${hostOf}:${portal.settings.certPort}\r\nAccept-Encoding: identity\r\n${cookie && `Cookie: ${cookie}\r\n`}\r\n`,
    )
  })

const versions = ['TLSv1.2', 'TLSv1.3'] as const
const only = (version: (typeof versions)[number]) => ({ minVersion: version, maxVersion: version })

/** What a client keeps of a connection in order to resume it: of TLS 1.3, what comes with or after the first answer. */
const sessionOf = async (identity: Identity, version: (typeof versions)[number]): Promise<Buffer> => {
  const socket = await connected(identity, portal.settings.certPort, only(version))
  let kept = socket.getSession()
  socket.on('session', session => {
    kept = session
  })
  expect(await asked(socket, '/login')).toBe(200)
  socket.destroy()
  if (!kept) throw new Error(`nothing is kept of ${version}`)
  return kept
}

describe('revocation', () => {
  it.each(versions)('C-14 nothing is resumed, revoked or not (%s)', async version => {
    const user = await enrolledUser(portal)
    const session = await sessionOf(user.identity, version)
    const again = async (identity: Identity | object) => {
      const more = { ...only(version), ...identity, session }
      const socket = await connected(user.identity, portal.settings.certPort, more)
      const status = await asked(socket, '/login')
      const resumed = socket.isSessionReused()
      socket.destroy()
      return { status, resumed }
    }
    expect(await again({})).toEqual({ status: 200, resumed: false })
    // The session of a certificate, offered without it: the page asks for one.
    expect(await again({ pfx: undefined })).toEqual({ status: 403, resumed: false })
    expect((await revokeNow(user)).ok).toBe(true)
    expect(await again({})).toEqual({ status: 403, resumed: false })
  })

  it('C-14 nothing is renegotiated: the handshake that was checked is the only one', async () => {
    const user = await enrolledUser(portal)
    const socket = await connected(user.identity, portal.settings.certPort, only('TLSv1.2'))
    expect(await asked(socket, '/login')).toBe(200)
    const outcome = await new Promise<string>(resolve => {
      socket.once('error', () => resolve('refused'))
      socket.once('close', () => resolve('refused'))
      socket.renegotiate({ rejectUnauthorized: false }, error => resolve(error ? 'refused' : 'renegotiated'))
    })
    socket.destroy()
    expect(outcome).toBe('refused')
  })

  it('C-14 refuses a revoked certificate 1,000 times of 1,000, over connections kept alive, new and resumed', async () => {
    const user = await enrolledUser(portal)
    const port = portal.settings.certPort
    const open = await Promise.all(Array.from({ length: 40 }, () => connected(user.identity, port)))
    // Before: every one of them reaches the login page, which names the user.
    const before = await Promise.all(open.map(socket => asked(socket, '/login')))
    expect(new Set(before)).toEqual(new Set([200]))
    const kept = await Promise.all(versions.map(version => sessionOf(user.identity, version)))

    const done = await revokeNow(user)
    expect(done.ok).toBe(true)
    const keptAlive = await Promise.all(open.map(socket => asked(socket, '/login')))
    const anew: number[] = []
    for (let batch = 0; batch < 8; batch++)
      await Promise.all(
        Array.from({ length: 10 }, async (_each, index) => {
          // One in two offers what it kept of a connection from before, by either version.
          const at = (index >> 1) % 2
          const resuming = { ...only(versions[at] ?? 'TLSv1.3'), session: kept[at] }
          const socket = await connected(user.identity, port, index % 2 === 0 ? {} : resuming)
          expect(socket.isSessionReused()).toBe(false)
          for (let time = 0; time < 12; time++) anew.push(await asked(socket, '/login'))
          socket.destroy()
        }),
      )
    expect(keptAlive.length + anew.length).toBe(1_000)
    // 0: ended without an answer; 403: the page that says it is revoked.
    expect(keptAlive.filter(status => status !== 403 && status !== 0)).toEqual([])
    expect(anew.filter(status => status !== 403)).toEqual([])
    await until(async () => !portal.deps.connections.fingerprints().includes(user.fingerprint))
    for (const socket of open) expect(socket.destroyed).toBe(true)
  })

  it('C-14 ends the sessions of the certificate, and says what to do next; C-15 a stolen cookie opens nothing', async () => {
    const [user, thief] = [await enrolledUser(portal), await enrolledUser(portal)]
    const holder = portal.visitor(user.identity)
    await holder.logIn(user.password)
    expect(holder.page.path).toBe('/home')
    const cookie = holder.cookieHeader()
    const address = new URL(holder.page.url)
    // The same cookie over another certificate, and over none.
    for (const other of [portal.visitor(thief.identity), portal.visitor()]) {
      await other.get(address.href, { headers: { cookie }, follow: false })
      expect(other.page.status).toBe(403)
    }
    expect(
      (
        await sql<{ reason: string }>(
          portal.database.ownerUrl,
          `select reason from history
            where subject_id = '${user.id}' and actor_kind = 'stranger' and operation = 'access.refused'`,
        )
      ).map(each => each.reason),
    ).toEqual(['session.otherCertificate', 'session.otherCertificate'])

    await revokeNow(user)
    await holder.get('/home')
    expect(holder.page.status).toBe(401)
    expect(holder.page.text).toContain('電子証明書が失効した')
    await holder.get(`${portal.settings.portalOrigin}/login/certificate`)
    expect(holder.page.status).toBe(403)
    expect(holder.page.text).toContain('失効した電子証明書です')
    const [session] = await sql<{ end_reason: string }>(
      portal.database.ownerUrl,
      `select end_reason from session where user_id = '${user.id}'`,
    )
    expect(session?.end_reason).toBe('certificate')
    const mails = await sql<{ params: { revokedBy: string; reason: string } }>(
      portal.database.ownerUrl,
      `select params from outbox_mail where user_id = '${user.id}' and kind = 'certificate.revoked'`,
    )
    expect(mails.map(({ params }) => params.revokedBy)).toEqual(['itself'])
  })

  it('C-14 another copy of the program ends its connections too', async () => {
    const user = await enrolledUser(portal)
    const [portalPort, certPort] = await freePorts(2)
    const at = (name: string) => readFile(`${portal.settings.dataDir}/tls/${name}`, 'utf8')
    const [key, cert] = [await at('server.key'), await at('server.pem')]
    const second = await openWorld({ ...portal.settings, portalPort, certPort }, { worker: false })
    let doors: Doors | undefined
    try {
      doors = await openDoors(second.deps, { key, cert })
      const socket = await connected(user.identity, certPort)
      await until(async () => second.deps.connections.count() === 1)
      await revokeNow(user)
      await until(async () => socket.destroyed)
      expect(second.deps.connections.count()).toBe(0)
    } finally {
      await doors?.close()
      await second.close()
    }
  })

  it('C-10 revoking twice, or what has ended, changes nothing', async () => {
    const user = await enrolledUser(portal)
    const done = await Promise.all([revokeNow(user), revokeNow(user), revokeNow(user)])
    expect(done.filter(each => each.ok)).toHaveLength(1)
    expect(done.filter(each => !each.ok).map(each => (each.ok ? '' : each.reason))).toEqual([
      'certificate.state',
      'certificate.state',
    ])
    expect(
      (await operationsOf(portal, user.loginId)).filter(each => each.operation === 'certificate.revoked'),
    ).toHaveLength(1)
  })

  it('C-08 a certificate on its way ends too: its file is erased, and its session with it', async () => {
    const given = await newUser(portal)
    const someone = portal.visitor()
    await someone.get('/enrolment')
    await someone.post('/enrolment', {
      loginId: given.loginId,
      password: given.password,
      acquisitionPassword: await giveAcquisitionPassword(portal, given.loginId),
    })
    const address = someone.page.path
    const holder = { companyId: given.companyId, userId: given.id }
    await inTx(portal.deps, tx => endAllOf(portal.deps, tx, system('test'), holder, 'newComputer'))
    await someone.get(address)
    expect(someone.page.status).toBe(401)
    const left = await sql(
      portal.database.ownerUrl,
      `select 1 from certificate_delivery d join certificate c on c.id = d.certificate_id
        where c.user_id = '${given.id}' and (pkcs12 is not null or sealed_key is not null or sealed_password is not null)`,
    )
    expect(left).toEqual([])
  })
})

describe('私の証明書', () => {
  it('C-19 shows state, days left and last use, and a report of loss revokes at once, the one in use too', async () => {
    const user = await enrolledUser(portal)
    const holder = portal.visitor(user.identity)
    await holder.logIn(user.password)
    const own = await holder.get('/certificates')
    for (const word of ['私の証明書', 'この画面で使用中', '発行済み', 'あと365日', '紛失・盗難の届出'])
      expect(own.text).toContain(word)
    const confirm = await holder.get(`/certificates/${user.certificateId}/loss-report`)
    expect(confirm.text).toContain('ただいまご利用中の電子証明書も失効し')
    const done = await holder.post(`/certificates/${user.certificateId}/loss-report`)
    expect(done.status).toBe(200)
    for (const word of ['電子証明書を失効しました', '失効済み', '電子証明書をパソコンから削除する'])
      expect(done.text).toContain(word)
    await holder.get('/home')
    expect(holder.page.path).not.toBe('/home')
    expect((await operationsOf(portal, user.loginId)).at(-1)).toMatchObject({
      operation: 'certificate.revoked',
    })
  })

  it('C-19 a report of loss ends everything of that user: the renewed one, and the one that is asked for', async () => {
    const user = await enrolledUser(portal)
    const holder = { companyId: user.companyId, userId: user.id }
    // The renewed certificate lies on the lost computer beside the old one; a third is on its way.
    const pfx = await issueDirectly(portal.deps, system('test'), holder, 'Torikomi2026')
    const asked = await inTx(portal.deps, tx =>
      requestCertificate(portal.deps, tx, system('test'), {
        holder,
        purpose: 'renewal',
        replacesId: user.certificateId,
        pkcs12Password: 'Torikomi2026',
      }),
    )
    const password = await giveAcquisitionPassword(portal, user.loginId)
    // Where the company also logs in without certificates, its browser is known to the account (B-07).
    const now = portal.clock.now()
    const expiresAt = new Date(now.getTime() + 86_400_000)
    await portal.deps.db.knownBrowser.create({
      data: {
        id: portal.deps.ids.next(),
        ...holder,
        tokenHash: new Uint8Array(32),
        knownSince: now,
        lastUsedAt: now,
        expiresAt,
      },
    })
    const owner = portal.visitor(user.identity)
    await owner.logIn(user.password)
    const confirm = await owner.get(`/certificates/${user.certificateId}/loss-report`)
    expect(confirm.text).toContain('あわせてすべて失効します')
    const done = await owner.post(`/certificates/${user.certificateId}/loss-report`)
    expect(done.status).toBe(200)
    const states = await sql<{ id: string; state: string }>(
      portal.database.ownerUrl,
      `select id, state::text from certificate where user_id = '${user.id}'`,
    )
    expect(states).toHaveLength(3)
    for (const { id, state } of states)
      expect(id === asked ? ['revoked', 'void'] : ['revoked']).toContain(state)
    expect(await portal.deps.db.knownBrowser.count({ where: { userId: user.id } })).toBe(0)
    const thief = portal.visitor({ pfx, passphrase: 'Torikomi2026' })
    await thief.get(`${portal.settings.portalOrigin}/login/certificate`)
    expect(thief.page.status).toBe(403)
    const stranger = portal.visitor()
    await stranger.get('/enrolment')
    await stranger.post('/enrolment', {
      loginId: user.loginId,
      password: user.password,
      acquisitionPassword: password,
    })
    expect(stranger.page.status).toBe(422)
    expect((await operationsOf(portal, user.loginId)).map(each => each.operation)).toContain(
      'acquisition-password.voided',
    )
  })

  it("C-19 knows nothing of another user's certificate", async () => {
    const [user, other] = [await enrolledUser(portal), await enrolledUser(portal)]
    const holder = portal.visitor(user.identity)
    await holder.logIn(user.password)
    for (const id of [other.certificateId, 'not-an-id']) {
      expect((await holder.get(`/certificates/${id}/loss-report`)).status).toBe(404)
      await holder.get('/certificates')
      expect((await holder.post(`/certificates/${id}/loss-report`)).status).toBe(404)
    }
    const still = portal.visitor(other.identity)
    await still.logIn(other.password)
    expect(still.page.path).toBe('/home')
  })
})
