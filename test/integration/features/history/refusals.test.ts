import { request } from 'node:https'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { recordCountedRefusals } from '../../../../src/features/history/index.ts'
import { bankChain } from '../../../../src/platform/audit/chain.ts'
import { refusalCeiling } from '../../../../src/platform/audit/refusal-ceiling.ts'
import { officerAtWork } from '../../../support/officers.ts'
import { demo, openPortal, type Portal } from '../../../support/portal.ts'

let portal: Portal
beforeAll(async () => {
  portal = await openPortal()
})
afterAll(() => portal.close())
// The minute in which one refusal of each reason is written down for a stranger's address is over.
beforeEach(() => portal.clock.move(61))

const entries = (reason: string) =>
  portal.deps.db.history.findMany({ where: { operation: 'access.refused', reason }, orderBy: { id: 'asc' } })

const unknownId = '01900000-0000-7000-8000-00000000dead'

describe('F-02 tries without a session', () => {
  it.each(['/users/new', '/password', '/logout', '/helpdesk/logout', '/history'])(
    'POST %s is answered 401 with the way to the login, and written down where there is such a route',
    async address => {
      const before = await entries('session.missing')
      const someone = portal.visitor()
      await someone.get('/enrolment')
      const page = await someone.post(address, {}, { follow: false })
      const written = (await entries('session.missing')).slice(before.length)
      if (address === '/history') {
        expect(page.status).toBe(404)
        expect(written).toEqual([])
      } else {
        expect(page.status).toBe(401)
        expect(page.text).toContain('ログインが必要です')
        expect(page.text).toContain('この操作は行われていません')
        expect(written).toMatchObject([{ actorKind: 'stranger' }])
      }
    },
  )

  it('C-11 a certificate’s file is refused, with the id that was tried', async () => {
    const page = await portal.visitor().get(`/enrolment/${unknownId}/file`, { follow: false })
    expect(page.status).toBe(401)
    const [entry] = (await entries('session.missing')).slice(-1)
    expect(JSON.parse(entry?.details ?? '{}')).toEqual({
      method: 'GET',
      address: '/enrolment/:certificateId/file',
      tried: [unknownId],
    })
  })

  it('a page still leads to the entrance, and nothing is written down', async () => {
    const before = (await entries('session.missing')).length
    expect((await portal.visitor().get('/users', { follow: false })).status).toBe(303)
    expect(await entries('session.missing')).toHaveLength(before)
  })

  it('a flood from one address leaves one entry a minute and reason', async () => {
    const before = (await entries('session.missing')).length
    await Promise.all(
      Array.from({ length: 20 }, () => portal.visitor().post('/logout', {}, { follow: false })),
    )
    expect(await entries('session.missing')).toHaveLength(before + 1)
    portal.clock.move(61)
    await portal.visitor().post('/logout', {}, { follow: false })
    expect(await entries('session.missing')).toHaveLength(before + 2)
  })
})

describe('F-02 what can’t be read', () => {
  it.each([
    ['request.tooLarge', 413, 'application/x-www-form-urlencoded', 'x'.repeat(300 * 1024)],
    ['request.mediaType', 415, 'text/csv', 'a,b'],
  ])('is refused and written down: %s', async (reason, status, type, body) => {
    const answered = await send('POST', '/login/password', { 'content-type': type }, body)
    expect(answered.status).toBe(status)
    expect(await entries(reason)).toHaveLength(1)
  })

  it('is refused and written down: request.malformed', async () => {
    const admin = await portal.administrator()
    await admin.get('/users/import')
    const csrf = admin.csrfToken() ?? ''
    const part = (name: string) => `--a\r\ncontent-disposition: form-data; name="${name}"`
    const cutOff = `${part('_csrf')}\r\n\r\n${csrf}\r\n${part('file')}; filename="a.csv"\r\n\r\nログイン`
    for (const [type, body] of [
      ['multipart/form-data', 'x'],
      ['multipart/form-data; boundary=a', 'x'],
      ['multipart/form-data; boundary=a', '--a\r\nno header'],
      ['multipart/form-data; boundary=a', cutOff],
    ] as const) {
      portal.clock.move(61)
      const before = await entries('request.malformed')
      expect((await admin.postBody('/users/import', type, body)).status, body).toBe(400)
      expect(await entries('request.malformed'), body).toHaveLength(before.length + 1)
    }
    await admin.get('/home')
    await admin.post('/logout')
  })

  it.each([
    ['application/json', '['.repeat(100_000)],
    ['application/json', '{"a":'.repeat(40_000)],
    ['text/plain', 'x'],
  ])('ASVS 2.2.1 %s, which no page sends, is answered 415 whatever it holds', async (type, body) => {
    for (const address of ['/language', '/e/shoko/login/password'])
      expect((await send('POST', address, { 'content-type': type }, body)).status, address).toBe(415)
  })

  it('a second slash at the front is written down, an unknown page is not', async () => {
    const all = () => portal.deps.db.history.count({ where: { operation: 'access.refused' } })
    const before = await all()
    expect((await send('GET', '/no-such-page')).status).toBe(404)
    expect(await all()).toBe(before)
    expect((await send('GET', '//evil.example/')).status).toBe(404)
    expect(await entries('request.doubleSlash')).toHaveLength(1)
  })

  it('an address in the absolute form is never led to another host', async () => {
    const host = `0123456789abcdef0123.${portal.settings.certDomain}`
    const answered = await send('GET', 'https://evil.example/enrolment?x=1', { host }, '', {
      port: portal.settings.certPort,
    })
    expect(answered.location).toBe(`${portal.settings.portalOrigin}/enrolment?x=1`)
  })
})

describe('F-02 whom a refused try was about', () => {
  it('names the ids of the address, and the user where it is one of the company', async () => {
    const admin = await portal.administrator()
    const self = await portal.deps.db.user.findFirstOrThrow({
      where: { loginIdKey: demo.administrator.loginId },
    })
    expect((await admin.get(`/helpdesk/users/${self.id}`)).status).toBe(403)
    expect((await admin.get(`/helpdesk/users/${unknownId}`)).status).toBe(403)
    const [own, unknown] = (await entries('access.otherAudience')).slice(-2)
    expect(own).toMatchObject({ subjectId: self.id, subjectLabel: demo.administrator.loginId })
    expect(JSON.parse(own?.details ?? '{}').tried).toEqual([self.id])
    expect(unknown).toMatchObject({ subjectId: null })
    expect(JSON.parse(unknown?.details ?? '{}').tried).toEqual([unknownId])
    const shown = await admin.get(`/history/${unknown?.id}`)
    expect(shown.text).toContain(unknownId)
    await admin.post('/logout')
  })
})

describe('F-02 what a session is refused', () => {
  const { atMost, seconds } = refusalCeiling
  const beyond = 30

  /** The next window's beginning: refused tries of a test are all in one. */
  const nextWindow = () => {
    const now = portal.clock.now().getTime()
    return new Date(now - (now % (seconds * 1000)) + seconds * 1000)
  }

  it('is written down so many times, however many ask at once; the rest is one entry with their number', async () => {
    const admin = await portal.administrator()
    const { id, companyId } = await portal.deps.db.user.findFirstOrThrow({
      where: { loginIdKey: demo.administrator.loginId },
    })
    const mine = () => portal.deps.db.history.count({ where: { actorId: id, outcome: 'refused' } })
    await portal.clock.standAt(nextWindow(), async () => {
      const before = await mine()
      const statuses: number[] = []
      for (let asked = 0; asked < atMost + beyond; asked += 10)
        statuses.push(
          ...(await Promise.all(
            Array.from({ length: 10 }, async () => (await admin.get('/helpdesk/home')).status),
          )),
        )
      expect(statuses.filter(status => status === 403)).toHaveLength(atMost)
      expect(statuses.filter(status => status === 429)).toHaveLength(beyond)
      expect((await mine()) - before).toBe(atMost)
      const page = await admin.get('/helpdesk/home')
      expect(page.headers['retry-after']).toBe(String(seconds))
      expect(page.text).toContain('あと10分ほどお待ちいただいてから')
      // What is allowed goes on: nobody is kept from their work.
      expect((await admin.get('/users')).status).toBe(200)
      expect((await admin.get('/history')).status).toBe(200)
      expect((await admin.post('/users/x/lock-release', { _csrf: 'no' })).status).toBe(429)
      // The window is not over: nobody knows yet how many there will be.
      expect(await recordCountedRefusals(portal.deps)).toBe(0)
    })
    const counted = () =>
      portal.deps.db.history.findMany({ where: { operation: 'access.refusals-counted', subjectId: id } })
    await portal.clock.standAt(nextWindow(), async () => {
      // Copies of the program that clean up at once write it once.
      const written = await Promise.all([1, 2, 3].map(() => recordCountedRefusals(portal.deps)))
      expect(written.reduce((sum, each) => sum + each)).toBe(1)
      const [entry, ...others] = await counted()
      expect(others).toEqual([])
      expect(entry).toMatchObject({ chainId: companyId, actorKind: 'system', reason: 'rate.refusals' })
      expect(JSON.parse(entry?.details ?? '')).toMatchObject({ refusals: beyond + 2 })
      const shown = await admin.get(`/history/${entry?.id}`)
      expect(shown.text).toContain(`記録を省いた操作の件数 ${beyond + 2}`)
      expect(shown.text).not.toMatch(/[{}]|undefined/)
      // And the next window has its own.
      expect((await admin.get('/helpdesk/home')).status).toBe(403)
    })
    await admin.get('/home')
    await admin.post('/logout')
  })

  it('H-01 an officer’s is in the bank’s own history, and so is its number', async () => {
    const editor = await officerAtWork(portal, 'editor', 'kyohi.editor')
    const { id } = await portal.deps.db.staff.findFirstOrThrow({ where: { loginId: 'kyohi.editor' } })
    await portal.clock.standAt(nextWindow(), async () => {
      for (let asked = 0; asked < atMost + 10; asked += 10)
        await Promise.all(Array.from({ length: 10 }, () => editor.get('/helpdesk/reviews')))
      expect(editor.page.status).toBe(429)
      expect(editor.page.text).toContain('システム管理者に連絡')
    })
    await portal.clock.standAt(nextWindow(), () => recordCountedRefusals(portal.deps))
    const written = await portal.deps.db.history.findMany({
      where: { OR: [{ actorId: id }, { subjectId: id }], outcome: 'refused' },
    })
    expect(written).toHaveLength(atMost + 1)
    expect(new Set(written.map(({ chainId }) => chainId))).toEqual(new Set([bankChain]))
    const counted = written.find(({ operation }) => operation === 'access.refusals-counted')
    expect(counted).toMatchObject({ subjectKind: 'staff', subjectLabel: 'kyohi.editor' })
    expect(JSON.parse(counted?.details ?? '')).toMatchObject({ refusals: 10 })
  })
})

type Answer = { status: number; location: string | undefined }

/** Exactly these bytes of an address, which a browser would never send. */
const send = (
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body = '',
  { port = portal.settings.portalPort } = {},
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const sent = request(
      { host: '127.0.0.1', port, method, path, headers, rejectUnauthorized: false, agent: false },
      answer => {
        answer.resume()
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, location: answer.headers.location }))
      },
    )
    sent.on('error', reject)
    sent.end(body)
  })
