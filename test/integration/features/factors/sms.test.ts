import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createHttpSmsGateway, SmsGatewayError } from '../../../../src/platform/sms/gateway.ts'
import { sql } from '../../../support/database.ts'
import {
  codeBySms,
  deliverMessages,
  demoOf,
  overridePolicy,
  passwordLogin,
  userOf,
} from '../../../support/factors.ts'
import { versionOn } from '../../../support/forms.ts'
import { openPortal, type Portal } from '../../../support/portal.ts'
import { submit } from '../users/registering.ts'

let portal: Portal
beforeAll(async () => {
  portal = await openPortal({ presets: ['omakase'], generalUsers: true })
  await overridePolicy(portal, 'omakase', { login: { secondFactor: 'sms' } })
})
afterAll(() => portal.close())

beforeEach(() =>
  sql(
    portal.database.ownerUrl,
    `UPDATE session SET ended_at = now(), end_reason = 'logout' WHERE ended_at IS NULL`,
    'DELETE FROM authentication_code',
    'DELETE FROM code_failures',
    'DELETE FROM outbox_sms',
    'DELETE FROM rate_window',
    `UPDATE "user" SET mobile = '+819012345678'`,
  ),
)

const address = '/login/second-factor'

const atTheCode = async () => {
  const someone = await passwordLogin(portal, 'omakase', 'user')
  expect(someone.page.path).toBe(address)
  await someone.post(`${address}/message`)
  return someone
}

describe('a code by SMS', () => {
  it('B-18 goes to the registered number, six digits, good for ten minutes, and TOTP is offered beside it', async () => {
    const someone = await passwordLogin(portal, 'omakase', 'user')
    expect(someone.page.text).toContain('*******5678')
    expect(someone.page.text).not.toContain('9012345678')
    await someone.post(`${address}/message`)
    const [sms] = await deliverMessages(portal.deps)
    expect(sms?.to).toBe('+819012345678')
    expect(sms?.text).toMatch(/認証コード：\d{6}\n有効期間は10分/)
    expect(sms?.text).not.toContain(demoOf('omakase').user.loginId)
    const row = await portal.deps.db.outboxSms.findFirstOrThrow()
    expect(row.sealedParams).toBeNull()
    expect(await portal.deps.db.history.count({ where: { operation: 'sms.sent' } })).toBe(1)
  })

  it('B-18 opens the portal under a new session id; used once, it is used', async () => {
    const someone = await atTheCode()
    const code = await codeBySms(portal.deps)
    const before = someone.cookieHeader()
    await someone.post(address, { proof: 'sms', code: `${code.slice(0, 3)} ${code.slice(3)}` })
    expect(someone.page.path).toBe('/home')
    expect(someone.cookieHeader()).not.toBe(before)
    const other = await passwordLogin(portal, 'omakase', 'user')
    await other.post(address, { proof: 'sms', code })
    expect(other.page.path).toBe(address)
    expect(other.page.status).toBe(422)
  })

  it('B-18 ends after ten minutes and after five wrong tries', async () => {
    const someone = await atTheCode()
    const late = await codeBySms(portal.deps)
    portal.clock.move(601)
    await someone.post(address, { proof: 'sms', code: late })
    expect(someone.page.status).toBe(422)
    await someone.post(`${address}/message`)
    const right = await codeBySms(portal.deps)
    const wrong = right === '000000' ? '000001' : '000000'
    for (let times = 0; times < 5; times++) await someone.post(address, { proof: 'sms', code: wrong })
    await someone.post(address, { proof: 'sms', code: right })
    expect(someone.page.path).toBe(address)
    expect(someone.page.status).toBe(422)
  })

  it('B-18 twenty uses of one code at once: one success', async () => {
    const visitors = []
    for (let made = 0; made < 20; made++) {
      visitors.push(await passwordLogin(portal, 'omakase', 'user'))
      await sql(portal.database.ownerUrl, 'DELETE FROM rate_window')
    }
    await visitors[0]?.post(`${address}/message`)
    const code = await codeBySms(portal.deps)
    await Promise.all(visitors.map(each => each.post(address, { proof: 'sms', code })))
    expect(visitors.filter(each => each.page.path !== address)).toHaveLength(1)
  })

  it('B-18 counts for nobody else, and not once the number has changed', async () => {
    const someone = await atTheCode()
    const code = await codeBySms(portal.deps)
    await sql(
      portal.database.ownerUrl,
      `UPDATE "user" SET mobile = '+819000000001' WHERE login_id = '${demoOf('omakase').user.loginId}'`,
    )
    const other = await passwordLogin(portal, 'omakase', 'administrator')
    await other.post(address, { proof: 'sms', code })
    expect(other.page.status).toBe(422)
    await someone.post(address, { proof: 'sms', code })
    expect(someone.page.text).toContain('携帯電話番号が変更されています')
  })

  it('B-18 a message nobody waits for any more is not sent, and its code is erased', async () => {
    await atTheCode()
    portal.clock.move(601)
    expect(await deliverMessages(portal.deps)).toEqual([])
    expect((await portal.deps.db.outboxSms.findFirstOrThrow()).sealedParams).toBeNull()
  })

  it('B-18 twenty wrong ones in a row suspend them; another administrator releases that with the lock', async () => {
    for (let code = 0; code < 4; code++) {
      portal.clock.move(3600)
      const someone = await atTheCode()
      const right = await codeBySms(portal.deps)
      const wrong = right === '000000' ? '000001' : '000000'
      for (let times = 0; times < 5; times++) await someone.post(address, { proof: 'sms', code: wrong })
      expect(someone.page.text.includes('利用停止'), String(code)).toBe(code === 3)
    }
    portal.clock.move(3600)
    await sql(portal.database.ownerUrl, 'DELETE FROM outbox_sms')
    const someone = await atTheCode()
    expect(someone.page.text).toContain('利用停止')
    expect(await portal.deps.db.outboxSms.count()).toBe(0)
    const { id } = await userOf(portal, 'omakase', 'user')
    const admin = await passwordLogin(portal, 'omakase', 'administrator')
    await admin.post(`${address}/message`)
    await admin.post(address, { proof: 'sms', code: await codeBySms(portal.deps) })
    await admin.get(`/users/${id}`)
    expect(admin.page.text).toContain('認証コードは、誤入力が続いたため利用停止')
    await admin.post(`/users/${id}/lock-release`)
    await submit(admin, { reason: '本人から電話で依頼を受けた' })
    await submit(admin)
    expect(admin.page.text).toContain('ロックを解除しました')
    const lifted = await portal.deps.db.history.findFirstOrThrow({
      where: { operation: 'code.suspension-lifted' },
    })
    expect(lifted.details).toContain('本人から電話で依頼を受けた')
    const again = await atTheCode()
    await again.post(address, { proof: 'sms', code: await codeBySms(portal.deps) })
    expect(again.page.path).toBe('/home')
  })

  it('B-18 at most five codes an hour', async () => {
    const someone = await atTheCode()
    for (let times = 0; times < 5; times++) await someone.post(`${address}/message`)
    expect(someone.page.status).toBe(422)
    expect(await portal.deps.db.outboxSms.count()).toBe(5)
  })
})

describe('without a mobile number', () => {
  beforeEach(() => sql(portal.database.ownerUrl, 'UPDATE "user" SET mobile = NULL'))

  it('B-18 the first login asks for one that takes SMS, and its code proves it', async () => {
    const someone = await passwordLogin(portal, 'omakase', 'user')
    expect(someone.page.text).toContain('携帯電話番号の登録')
    expect(someone.page.text).toContain('ワンタイムパスワードの登録')
    for (const mobile of ['', '03-1234-5678', '090-12', '+15005550', 'abc', '9'.repeat(500)]) {
      await someone.post(`${address}/message`, { mobile })
      expect(someone.page.status, mobile).toBe(422)
    }
    await someone.post(`${address}/message`, { mobile: '０９０ー８７６５ー４３２１' })
    expect((await deliverMessages(portal.deps)).at(-1)?.to).toBe('+819087654321')
    await someone.post(`${address}/message`, { mobile: '090-8765-4321' })
    await someone.post(address, { proof: 'mobile', code: await codeBySms(portal.deps) })
    expect(someone.page.path).toBe('/home')
    expect((await userOf(portal, 'omakase', 'user')).mobile).toBe('+819087654321')
    expect(await portal.deps.db.history.count({ where: { operation: 'contact.changed' } })).toBe(1)
  })
})

describe('the gateway', () => {
  it('B-18 gets the message with its token and id; says what it refuses; follows nobody elsewhere', async () => {
    const seen: { headers: Record<string, unknown>; body: string }[] = []
    let status = 202
    const server = createServer((request, response) => {
      let body = ''
      request.on('data', chunk => {
        body += chunk
      })
      request.on('end', () => {
        seen.push({ headers: request.headers, body })
        response.writeHead(status, { location: 'https://elsewhere.example/' }).end('answer')
      })
    }).listen(0, '127.0.0.1')
    await new Promise(resolve => server.once('listening', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/messages`
    const gateway = createHttpSmsGateway({ url, token: 'geheim' })
    const sms = { id: 'id-1', to: '+819012345678', text: '認証コード：123456', at: new Date() }
    expect(await gateway.send(sms)).toMatchObject({ ok: true })
    expect(seen[0]?.headers).toMatchObject({ authorization: 'Bearer geheim', 'idempotency-key': 'id-1' })
    expect(JSON.parse(seen[0]?.body ?? '')).toEqual({ id: sms.id, to: sms.to, text: sms.text })
    status = 422
    expect(await gateway.send(sms)).toMatchObject({ ok: false, reason: 'undeliverable' })
    for (status of [302, 401, 500, 503]) await expect(gateway.send(sms)).rejects.toThrow(SmsGatewayError)
    await new Promise(resolve => server.close(resolve))
    const failure = await gateway.send(sms).catch(error => error)
    expect(failure).toBeInstanceOf(SmsGatewayError)
    expect(String(failure)).not.toMatch(/123456|9012345678/)
  })
})

describe('a new user of a company that uses SMS', () => {
  it('B-18 is registered with a mobile number that takes SMS, and not without one', async () => {
    const admin = await passwordLogin(portal, 'omakase', 'administrator')
    await admin.post(`${address}/message`)
    await admin.post(address, { proof: 'sms', code: await codeBySms(portal.deps) })
    await admin.post('/users/new')
    const fields = {
      loginId: 'shinki01',
      loginIdAgain: 'shinki01',
      loginPassword: 'Karimoto2026',
      loginPasswordAgain: 'Karimoto2026',
      forceChange: 'on',
      name: '新規　次郎',
      email: 'shinki@example.jp',
      emailAgain: 'shinki@example.jp',
      role: 'user',
    }
    const form = () => versionOn(admin.page)
    const basic = admin.page.path
    await admin.post(basic, { ...fields, version: form() })
    expect(admin.page.text).toContain('携帯電話番号が入力されていません')
    await admin.post(basic, { ...fields, mobile: '03-1234-5678', version: form() })
    expect(admin.page.text).toContain('携帯電話番号が正しくありません')
    await admin.post(basic, { ...fields, mobile: '080-3333-4444', version: form() })
    await admin.post(admin.page.path, { version: form() })
    await admin.post(admin.page.path, { version: form() })
    expect(admin.page.text).toContain('+818033334444')
    await admin.post(admin.page.path, { version: form() })
    const made = await portal.deps.db.user.findFirstOrThrow({ where: { loginId: 'shinki01' } })
    expect(made.mobile).toBe('+818033334444')
  })
})
