import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sweepCertificates } from '../../../../src/features/certificates/index.ts'
import { sql } from '../../../support/database.ts'
import { giveAcquisitionPassword, newUser } from '../../../support/enrolment.ts'
import { openPortal, type Portal } from '../../../support/portal.ts'
import { until } from '../../../support/until.ts'
import type { Visitor } from '../../../support/visitor.ts'

let portal: Portal
beforeAll(async () => {
  portal = await openPortal()
})
afterAll(() => portal.close())

const operations = (loginId: string) =>
  sql<{ operation: string; outcome: string; reason: string | null }>(
    portal.database.ownerUrl,
    `select operation, outcome::text, reason from history where subject_label = '${loginId}' order by seq`,
  )

const enrolAs = async (loginId: string, password: string, acquisitionPassword: string): Promise<Visitor> => {
  const someone = portal.visitor()
  await someone.get('/enrolment')
  await someone.post('/enrolment', { loginId, password, acquisitionPassword })
  return someone
}

/** From the waiting page to the page with the download, as a browser without JavaScript goes on. */
const waited = async (someone: Visitor): Promise<void> =>
  until(async () => {
    const state = JSON.parse((await ask(someone, `${new URL(someone.page.url).pathname}/state`)).html)
    return state.done === true
  })

/** Asks without leaving the page. */
const ask = async (someone: Visitor, address: string) => {
  const here = someone.page
  const answer = await someone.get(address, { follow: false })
  someone.page = here
  return answer
}

describe('enrolment', () => {
  it('C-02 leads from the form over the waiting page to a file that logs in, until that login erases it (C-11)', async () => {
    const { loginId, password } = await newUser(portal)
    const acquisitionPassword = await giveAcquisitionPassword(portal, loginId)
    const someone = portal.visitor()
    const form = await someone.get('/enrolment')
    expect(form.status).toBe(200)
    for (const word of ['ユーザID', 'パスワード', '証明書パスワード', '電子証明書取得', 'キャンセル'])
      expect(form.text).toContain(word)

    const waiting = await someone.post('/enrolment', { loginId, password, acquisitionPassword })
    const address = waiting.path
    expect(address).toMatch(/^\/enrolment\/[0-9a-f-]{36}$/)
    expect(waiting.text).toContain('電子証明書を発行中です。しばらくお待ちください。')
    expect(waiting.html).toContain('<noscript><meta http-equiv="refresh"')

    await waited(someone)
    const ready = await someone.get(address)
    expect(ready.text).toContain('証明書ダウンロード')
    expect(ready.text).toContain('電子証明書取得用パスワード')
    const file = await ask(someone, `${address}/file`)
    expect(file.headers['content-type']).toBe('application/x-pkcs12')
    expect(file.headers['content-disposition']).toMatch(
      new RegExp(`^attachment; filename="${loginId}\\d{14}\\.p12"`),
    )
    // C-11: again, and the same.
    expect((await ask(someone, `${address}/file`)).body.equals(file.body)).toBe(true)

    const owner = portal.visitor({ pfx: file.body, passphrase: acquisitionPassword })
    await owner.logIn(password)
    expect(owner.page.path).toBe('/password')
    const gone = await someone.get(`${address}/file`)
    expect(gone.path).toBe(address)
    expect(gone.text).toContain('すでにログインに使用されています')
    expect((await operations(loginId)).map(each => each.operation)).toEqual([
      'enrolment.started',
      'certificate.requested',
      'certificate.prepared',
      'certificate.signed',
      // F-02: whoever has fetched it twice finds both.
      'certificate.downloaded',
      'certificate.downloaded',
      'certificate.first-used',
      'login.succeeded',
    ])
    const mails = await sql<{ kind: string }>(
      portal.database.ownerUrl,
      `select kind from outbox_mail m join "user" u on u.id = m.user_id
        where u.login_id = '${loginId}' and kind = 'certificate.issued'`,
    )
    expect(mails).toHaveLength(1)
  })

  it('B-05 answers the unknown, the wrong, the locked and the suspended with the same page', async () => {
    const given = await newUser(portal)
    const acquisitionPassword = await giveAcquisitionPassword(portal, given.loginId)
    const locked = await newUser(portal)
    const lockedPassword = await giveAcquisitionPassword(portal, locked.loginId)
    await sql(
      portal.database.ownerUrl,
      `update credential set locked_at = now(), failures = 3
        where user_id = (select id from "user" where login_id = '${locked.loginId}')`,
    )
    const suspended = await newUser(portal)
    const suspendedPassword = await giveAcquisitionPassword(portal, suspended.loginId)
    await sql(
      portal.database.ownerUrl,
      `update "user" set service_state = 'suspended' where login_id = '${suspended.loginId}'`,
    )
    const tries: [string, string, string][] = [
      ['9999999999', given.password, acquisitionPassword],
      [given.loginId, 'Falsch2026', acquisitionPassword],
      [given.loginId, given.password, 'Falsch2026'],
      [given.loginId, 'Falsch2026', 'Falsch2026'],
      [locked.loginId, locked.password, lockedPassword],
      [suspended.loginId, suspended.password, suspendedPassword],
    ]
    const pages = new Set<string>()
    for (const [loginId, password, acquisition] of tries) {
      const { page } = await enrolAs(loginId, password, acquisition)
      expect(page.status).toBe(422)
      pages.add(
        page.html.replaceAll(loginId, 'ID').replaceAll(/(_csrf" value|csrf-token" content)="[^"]+"/g, '$1'),
      )
    }
    expect(pages.size).toBe(1)
    expect((await operations(given.loginId)).map(each => each.reason)).toEqual([
      'enrolment.wrongPassword',
      'enrolment.wrongAcquisitionPassword',
      'enrolment.wrongPassword',
    ])
    expect((await operations(locked.loginId)).map(each => each.reason)).toEqual(['enrolment.locked'])
    expect((await operations(suspended.loginId)).map(each => each.reason)).toEqual([
      'enrolment.userUnavailable',
    ])
    // What names nobody may be a password, and is kept nowhere.
    const bank = await sql<{ actor_login_id: string | null }>(
      portal.database.ownerUrl,
      `select actor_login_id from history
        where reason = 'enrolment.unknownUser' and chain_id = '00000000-0000-0000-0000-000000000000'`,
    )
    expect(bank.map(each => each.actor_login_id)).toEqual([null])
  })

  it('says at its field what is missing, and keeps the user ID', async () => {
    const someone = await enrolAs('2004000777', '', '')
    expect(someone.page.status).toBe(422)
    expect(someone.page.html).toContain('value="2004000777"')
    expect(someone.page.text).toContain('パスワードが入力されていません。')
    expect(someone.page.text).toContain('証明書パスワードが入力されていません。')
  })

  it('C-02 refuses a certificate of another user as if there were none, and records it', async () => {
    const [one, other] = [await newUser(portal), await newUser(portal)]
    const first = await enrolAs(one.loginId, one.password, await giveAcquisitionPassword(portal, one.loginId))
    const address = first.page.path
    const second = await enrolAs(
      other.loginId,
      other.password,
      await giveAcquisitionPassword(portal, other.loginId),
    )
    await waited(first)
    for (const path of [address, `${address}/state`, `${address}/file`, '/enrolment/not-an-id'])
      expect((await ask(second, path)).status).toBe(404)
    const refusals = await sql<{ actor_login_id: string; reason: string }>(
      portal.database.ownerUrl,
      `select actor_login_id, reason from history where operation = 'access.refused' order by seq`,
    )
    expect(refusals).toEqual(
      Array.from({ length: 4 }, () => ({ actor_login_id: other.loginId, reason: 'certificate.notFound' })),
    )
    // Without a session one is led to where it begins.
    expect((await portal.visitor().get(address)).path).toBe('/enrolment')
  })

  it('C-11 closes the download after 30 minutes and says what to do next', async () => {
    const { loginId, password } = await newUser(portal)
    const someone = await enrolAs(loginId, password, await giveAcquisitionPassword(portal, loginId))
    const address = someone.page.path
    await waited(someone)
    // The session would end as well if nobody touched it.
    portal.clock.move(20 * 60)
    await someone.get(address)
    portal.clock.move(11 * 60)
    const gone = await someone.get(`${address}/file`)
    expect(gone.text).toContain('ダウンロードの期限を過ぎたため')
    expect(gone.text).toContain('新しい電子証明書取得用パスワード')
    await sweepCertificates(portal.deps)
    const left = await sql(
      portal.database.ownerUrl,
      `select 1 from certificate_delivery d join certificate c on c.id = d.certificate_id join "user" u on u.id = c.user_id
        where u.login_id = '${loginId}' and (pkcs12 is not null or sealed_key is not null or sealed_password is not null)`,
    )
    expect(left).toEqual([])
  })
})
