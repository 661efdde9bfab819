import { createSecureContext } from 'node:tls'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openCase } from '../../../support/cases.ts'
import { renewalOf } from '../../../support/certificates.ts'
import { sql } from '../../../support/database.ts'
import { giveAcquisitionPassword } from '../../../support/enrolment.ts'
import { demoOf, userOf } from '../../../support/factors.ts'
import { meanwhile } from '../../../support/meanwhile.ts'
import { officerAtWork } from '../../../support/officers.ts'
import { challengeAt, type Device, registeredDevice } from '../../../support/passkeys.ts'
import { openPortal, type Portal } from '../../../support/portal.ts'
import type { Page, Visitor } from '../../../support/visitor.ts'
import { atHome, startAfresh } from '../../../support/ways-in.ts'
import { execute } from '../users/changing.ts'

const { administrator, user } = demoOf('recommended')
const form = '/e/recommended/enrolment'
const options = `${form}/passkey`

let portal: Portal
let device: Device
let usersDevice: Device
beforeAll(async () => {
  portal = await openPortal({ presets: ['recommended', 'shoko'] })
  device = await registeredDevice(portal, 'administrator')
  usersDevice = await registeredDevice(portal, 'user')
})
afterAll(() => portal.close())
beforeEach(() => startAfresh(portal))

const atTheForm = async (): Promise<Visitor> => {
  const visitor = portal.visitor()
  await visitor.get(portal.settings.portalOrigin + form)
  return visitor
}
const send = (visitor: Visitor, passkey: string, changed: Record<string, string> = {}) =>
  visitor.post(form, {
    loginId: administrator.loginId,
    password: administrator.password,
    acquisitionPassword: '',
    passkey,
    ...changed,
  })
const issued = ({ html }: Page) => /\/enrolment\/[0-9a-f-]{36}/.test(html)
const lastFailure = async () =>
  (
    await portal.deps.db.history.findFirst({
      where: { operation: 'enrolment.failed' },
      orderBy: { id: 'desc' },
    })
  )?.reason

describe('a passkey in place of the acquisition password', () => {
  it('A-01/proof gives a certificate for login password and passkey, its file under a password made for it', async () => {
    const visitor = await atTheForm()
    expect(visitor.page.text).toContain('パスキーで確認して電子証明書取得')
    await send(visitor, device.authenticate(await challengeAt(visitor, options)))
    expect(issued(visitor.page)).toBe(true)
    // The password of its file waits behind a button: six presses at once show it once, and a reload not again.
    const { path } = visitor.page
    const file = await renewalOf(portal, visitor)
    await visitor.get(path)
    expect(visitor.page.html).toContain(`action="${path}/file-password"`)
    await visitor.get(`${path}/file-password`)
    expect(visitor.page.path).toBe(path)
    const _csrf = visitor.csrfToken() ?? ''
    const presses = await Promise.all(
      Array.from({ length: 6 }, () => visitor.post(`${path}/file-password`, { _csrf })),
    )
    const shown = presses.flatMap(({ html }) => /id="file-password"[^>]*>([^<]+)</.exec(html)?.[1] ?? [])
    expect(shown).toHaveLength(1)
    expect(() => createSecureContext({ pfx: file, passphrase: shown[0] })).not.toThrow()
    await visitor.get(path)
    expect(visitor.page.html).not.toContain(`action="${path}/file-password"`)
    expect(visitor.page.text).toContain('すでに表示されたか')
    expect(
      await portal.deps.db.history.count({ where: { operation: 'certificate.file-password-shown' } }),
    ).toBe(1)
    // Nobody else's certificate shows its password, nor that it has one.
    const other = await atTheForm()
    await send(other, usersDevice.authenticate(await challengeAt(other, options)), {
      loginId: user.loginId,
      password: user.password,
    })
    expect((await other.post(`${path}/file-password`)).status).toBe(404)
    const started = await portal.deps.db.history.findMany({
      where: { operation: 'enrolment.started', subjectLabel: administrator.loginId },
    })
    expect(started.map(({ details }) => details)).toEqual([expect.stringContaining('passkey')])
    const { id } = await userOf(portal, 'recommended', 'administrator')
    const newest = await portal.deps.db.certificate.findFirstOrThrow({
      where: { userId: id },
      orderBy: { requestedAt: 'desc' },
    })
    expect(newest).toMatchObject({ purpose: 'reissue', state: 'delivered' })
  })

  it('B-05 says the same whatever is wrong, and the history says what', async () => {
    const tries: [string, string, (visitor: Visitor) => Promise<Page>][] = [
      [
        'the password',
        'enrolment.wrongPassword',
        async visitor =>
          send(visitor, device.authenticate(await challengeAt(visitor, options)), {
            password: 'machigai-desu-26',
          }),
      ],
      [
        'nobody of that name',
        'enrolment.unknownUser',
        async visitor =>
          send(visitor, device.authenticate(await challengeAt(visitor, options)), {
            loginId: 'dare@mo.inai.example',
          }),
      ],
      [
        'somebody else’s passkey',
        'enrolment.wrongPasskey',
        async visitor => send(visitor, usersDevice.authenticate(await challengeAt(visitor, options))),
      ],
      [
        'a device that verified nobody',
        'enrolment.wrongPasskey',
        async visitor =>
          send(visitor, device.authenticate(await challengeAt(visitor, options), { verified: false })),
      ],
      [
        'a challenge of another browser’s attempt',
        'enrolment.wrongPasskey',
        async visitor => {
          await challengeAt(visitor, options)
          return send(visitor, device.authenticate(await challengeAt(await atTheForm(), options)))
        },
      ],
      [
        'a challenge that nobody made',
        'enrolment.wrongPasskey',
        async visitor => send(visitor, device.authenticate('bm90LW9mLW91cnM')),
      ],
      [
        'a challenge of five minutes ago',
        'enrolment.wrongPasskey',
        async visitor => {
          const challenge = await challengeAt(visitor, options)
          portal.clock.move(5 * 60 + 1)
          return send(visitor, device.authenticate(challenge))
        },
      ],
      ['no answer at all', 'enrolment.wrongPasskey', async visitor => send(visitor, '{"id":1}')],
      [
        'a company whose manual knows no passkey',
        'enrolment.unknownUser',
        async visitor =>
          send(visitor, device.authenticate(await challengeAt(visitor, options)), {
            loginId: demoOf('shoko').administrator.loginId,
            password: demoOf('shoko').administrator.password,
          }),
      ],
    ]
    const said = new Set<string>()
    for (const [what, why, attempt] of tries) {
      await startAfresh(portal)
      const page = await attempt(await atTheForm())
      expect(page.status, what).toBe(422)
      expect(issued(page), what).toBe(false)
      expect(await lastFailure(), what).toBe(why)
      said.add(page.text.replace(/お問い合わせ番号.*/, ''))
    }
    expect(said.size).toBe(1)
  })

  it('A-01/proof takes one answer once: of twenty at the same time one gets a certificate', async () => {
    const visitor = await atTheForm()
    const answer = device.authenticate(await challengeAt(visitor, options))
    const _csrf = visitor.csrfToken() ?? ''
    const before = await portal.deps.db.certificate.count()
    const pages = await Promise.all(Array.from({ length: 20 }, () => send(visitor, answer, { _csrf })))
    expect(pages.filter(issued)).toHaveLength(1)
    expect(pages.filter(({ status }) => status >= 500)).toEqual([])
    expect(await portal.deps.db.certificate.count()).toBe(before + 1)
  })

  it('B-07 counts wrong passkeys with the password’s tries: they wait, and never lock the login', async () => {
    const tooMany = () =>
      portal.deps.db.history.count({
        where: { operation: 'enrolment.failed', reason: 'enrolment.tooManyTries' },
      })
    const before = await tooMany()
    // Within the wait of some seconds, however long the machine takes.
    await portal.clock.standAt(portal.clock.now(), async () => {
      for (let times = 0; times < 5; times++) {
        const visitor = await atTheForm()
        await send(visitor, usersDevice.authenticate(await challengeAt(visitor, options)))
      }
      const visitor = await atTheForm()
      await send(visitor, device.authenticate(await challengeAt(visitor, options)))
      expect(issued(visitor.page)).toBe(false)
      expect(await tooMany()).toBe(before + 1)
    })
    const [credential] = await sql<{ locked_at: Date | null; failures: number }>(
      portal.database.ownerUrl,
      `SELECT locked_at, failures FROM credential JOIN "user" ON "user".id = user_id
        WHERE login_id = '${administrator.loginId}'`,
    )
    expect(credential).toEqual({ locked_at: null, failures: 0 })
    portal.clock.move(15 * 60)
    const later = await atTheForm()
    await send(later, device.authenticate(await challengeAt(later, options)))
    expect(issued(later.page)).toBe(true)
  })

  it('B-06, C-19 overtakes nothing that happens while it is compared, by passkey or acquisition password', async () => {
    const owner = portal.database.ownerUrl
    const { id } = await userOf(portal, 'recommended', 'administrator')
    const inService = (state: string) => `UPDATE "user" SET service_state = '${state}' WHERE id = '${id}'`
    const password = (set: string) =>
      `UPDATE credential SET ${set} WHERE user_id = '${id}' AND kind = 'login_password'`
    const happenings = [
      [inService('suspended'), inService('available'), 'enrolment.changed'],
      [inService('deleted'), inService('available'), 'enrolment.changed'],
      [password('locked_at = now()'), password('locked_at = NULL'), 'enrolment.changed'],
      [
        password(`set_at = set_at + interval '10 years'`),
        password(`set_at = set_at - interval '10 years'`),
        'enrolment.changed',
      ],
      [
        `UPDATE acquisition_password SET voided_at = now() WHERE user_id = '${id}' AND used_at IS NULL`,
        'SELECT 1',
        'enrolment.noAcquisitionPassword',
      ],
      [
        `UPDATE passkey SET user_id = (SELECT id FROM "user" WHERE login_id = '${user.loginId}') WHERE user_id = '${id}'`,
        `UPDATE passkey SET user_id = '${id}' WHERE id = (SELECT id FROM passkey ORDER BY created_at LIMIT 1)`,
        'enrolment.wrongPasskey',
      ],
    ] as const
    const before = await portal.deps.db.certificate.count()
    for (const [happens, undo, why] of happenings)
      for (const by of ['passkey', 'acquisition-password'] as const) {
        if (why === 'enrolment.noAcquisitionPassword' && by === 'passkey') continue
        if (why === 'enrolment.wrongPasskey' && by !== 'passkey') continue
        await startAfresh(portal)
        await sql(owner, 'DELETE FROM acquisition_password')
        const visitor = await atTheForm()
        const proof =
          by === 'passkey'
            ? { passkey: device.authenticate(await challengeAt(visitor, options)) }
            : {
                passkey: '',
                acquisitionPassword: await giveAcquisitionPassword(portal, administrator.loginId),
              }
        await meanwhile(portal, id, () => send(visitor, proof.passkey, proof), happens)
        await sql(owner, undo)
        expect([visitor.page.status, issued(visitor.page)], `${by}: ${happens}`).toEqual([422, false])
        expect(await lastFailure(), `${by}: ${happens}`).toBe(why)
      }
    expect(await portal.deps.db.certificate.count()).toBe(before)
    expect(await portal.deps.db.session.count({ where: { userId: id, endedAt: null } })).toBe(0)
  })

  it('B-07 gives back what a success took of its address: an office of hundreds enrols behind one', async () => {
    const visitor = await atTheForm()
    const answer = device.authenticate(await challengeAt(visitor, options))
    expect(await portal.deps.db.rateWindow.findMany({ select: { count: true } })).toEqual([{ count: 1 }])
    await send(visitor, answer)
    expect(issued(visitor.page)).toBe(true)
    const windows = await portal.deps.db.rateWindow.findMany({ select: { count: true } })
    expect(windows.map(({ count }) => count)).toEqual([0, 0])
    const failing = await atTheForm()
    await send(failing, usersDevice.authenticate(await challengeAt(failing, options)))
    const left = await portal.deps.db.rateWindow.findMany({
      orderBy: { key: 'desc' },
      select: { count: true },
    })
    expect(left.map(({ count }) => count)).toEqual([2, 1])
  })

  it('A-01/proof is offered nowhere else, and the acquisition password stays for everybody (I-02)', async () => {
    const shoko = portal.visitor()
    await shoko.get(`${portal.settings.portalOrigin}/e/shoko/enrolment`)
    expect(shoko.page.html).not.toContain('data-passkey')
    await expect(challengeAt(shoko, '/e/shoko/enrolment/passkey')).rejects.toThrow('404')
    await shoko.post('/e/shoko/enrolment', {
      loginId: demoOf('shoko').user.loginId,
      password: demoOf('shoko').user.password,
      passkey: device.authenticate('bm90LW9mLW91cnM'),
    })
    expect(shoko.page.text).toContain('証明書パスワードが入力されていません')
    const visitor = await atTheForm()
    await visitor.post(form, { loginId: user.loginId, password: user.password })
    expect(visitor.page.text).toContain('証明書パスワードが入力されていません')
  })
})

describe('a lost computer', () => {
  const passkeysOf = (userId: string) => portal.deps.db.passkey.count({ where: { userId } })
  const told = (userId: string) =>
    portal.deps.db.outboxMail.count({ where: { userId, kind: 'passkey.changed' } })
  const removals = async (subjectId: string) =>
    (
      await portal.deps.db.history.findMany({
        where: { subjectId, operation: 'passkey.removed' },
        orderBy: { seq: 'asc' },
      })
    ).map(({ actorLoginId }) => actorLoginId)

  it('C-07, C-19 keeps no passkey when an administrator revokes its certificate', async () => {
    const { id } = await userOf(portal, 'recommended', 'user')
    const admin = await atHome(portal, 'recommended', 'administrator')
    const list = await admin.get('/users/certificates')
    const { id: certificateId } = await portal.deps.db.certificate.findFirstOrThrow({
      where: { userId: id, state: { in: ['delivered', 'active'] } },
    })
    expect(list.html).toContain(certificateId)
    const before = await told(id)
    await admin.post(`/users/certificates/${certificateId}/revocation`)
    expect(admin.page.text).toContain('パスキーがあるときは、あわせて削除します')
    expect(await passkeysOf(id)).toBe(1)
    await execute(admin, { loginPassword: administrator.password })
    expect(admin.page.text).toContain('電子証明書を失効しました')
    expect(await passkeysOf(id)).toBe(0)
    expect(await removals(id)).toEqual([administrator.loginId])
    expect(await told(id)).toBe(before + 1)
  })

  it('C-19, C-02 gets no certificate for password and passkey after its loss was reported', async () => {
    const { id } = await userOf(portal, 'recommended', 'administrator')
    const owner = await atHome(portal, 'recommended', 'administrator')
    await owner.post('/reauthentication', {
      proof: 'password',
      loginPassword: administrator.password,
      next: '/security',
    })
    // Whoever has the computer has begun to register another one.
    await owner.post('/security/passkeys', {}, { follow: false })
    const list = await owner.get('/certificates')
    const report = /\/certificates\/[0-9a-f-]+\/loss-report/.exec(list.html)?.[0] ?? ''
    expect((await owner.get(report)).text).toContain('パスキーがあるときは、あわせて削除します')
    await owner.post(report)
    expect(owner.page.text).toContain('電子証明書を失効しました')
    expect(await passkeysOf(id)).toBe(0)
    expect(await portal.deps.db.passkeyTicket.count({ where: { userId: id, usedAt: null } })).toBe(0)
    expect(await removals(id)).toEqual([administrator.loginId])
    const thief = await atTheForm()
    await send(thief, device.authenticate(await challengeAt(thief, options)))
    expect([thief.page.status, issued(thief.page)]).toEqual([422, false])
    expect(await lastFailure()).toBe('enrolment.wrongPasskey')
  })

  it('H-03 the helpdesk ends passkeys too, also where no certificate is left', async () => {
    const { id, companyId } = await userOf(portal, 'recommended', 'user')
    await sql(portal.database.ownerUrl, `DELETE FROM acquisition_password WHERE user_id = '${id}'`)
    await portal.deps.db.passkey.create({
      data: {
        id: portal.deps.ids.next(),
        companyId,
        userId: id,
        credentialId: 'bm90LW9mLW91cnM',
        publicKey: new Uint8Array(32),
        name: '携帯電話',
        backedUp: true,
        createdAt: portal.clock.now(),
      },
    })
    const operator = await officerAtWork(portal, 'operator', 'passkey.operator')
    const caseId = await openCase(portal, operator, id, 'certificate-revocation', {
      reasonChoice: 'computerLost',
      reasonText: '',
    })
    expect(operator.page.path).toBe(`/helpdesk/cases/${caseId}`)
    expect(await passkeysOf(id)).toBe(0)
    expect(await removals(id)).toEqual([administrator.loginId, 'passkey.operator'])
    expect((await operator.get(`/helpdesk/users/${id}/certificate-revocation`)).status).toBe(409)
  })
})
