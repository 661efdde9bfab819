import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { issueDirectly } from '../../../../src/features/certificates/index.ts'
import { system } from '../../../../src/kernel/actor.ts'
import { type Enrolled, enrolledUser, operationsOf } from '../../../support/certificates.ts'
import { sql } from '../../../support/database.ts'
import { openPortal, type Portal } from '../../../support/portal.ts'
import type { Visitor } from '../../../support/visitor.ts'

/** The contract number of the demo's company under sevenbank's rules. */
const sevenbank = '7001000000'

let portal: Portal
let admin: Visitor
let user: Enrolled
beforeAll(async () => {
  portal = await openPortal({ presets: ['shoko', 'sevenbank'], generalUsers: false })
  user = await enrolledUser(portal, sevenbank)
  admin = portal.visitor()
  await admin.get('/e/sevenbank/login/password')
  await admin.post('/e/sevenbank/login/password', { loginId: 'kanri01', password: 'Tenpo2026' })
  if (admin.page.path !== '/home') throw new Error(`${admin.page.path}: ${admin.page.text}`)
})
afterAll(() => portal.close())

const confirmationPassword = 'Kakunin26'

describe('証明書失効 by an administrator', () => {
  it('C-07 picks, confirms with state and expiry to the second, and revokes with the confirmation password', async () => {
    const menu = await admin.get('/administration')
    expect(menu.text).toContain('証明書失効')
    const list = await admin.get(`/users/certificates?q=${user.loginId}`)
    for (const word of [user.loginId, '発行済み', '失効']) expect(list.text).toContain(word)
    const confirm = await admin.post(`/users/certificates/${user.certificateId}/revocation`)
    expect(confirm.path).toMatch(/\/confirm$/)
    for (const word of [
      user.loginId,
      '証明書状態',
      '発行済み',
      '有効期限',
      '23時59分59秒',
      '確認用パスワード',
    ])
      expect(confirm.text).toContain(word)
    const address = confirm.path
    const draft = Object.fromEntries(
      [...confirm.html.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)].map(
        ([, name, value]) => [name ?? '', value ?? ''],
      ),
    )
    const wrong = await admin.post(address, { ...draft, confirmationPassword: 'Falsch26' })
    expect(wrong.status).toBe(422)
    const state = () =>
      sql<{ state: string }>(
        portal.database.ownerUrl,
        `select state::text from certificate where id = '${user.certificateId}'`,
      )
    expect(await state()).toEqual([{ state: 'delivered' }])

    await admin.get(address)
    const done = await admin.post(address, { ...draft, confirmationPassword })
    expect(done.path).toMatch(/\/result$/)
    for (const word of ['失効しました', '失効済み', '電子証明書をパソコンから削除する', user.loginId])
      expect(done.text).toContain(word)
    // C-02: who gets the next one, and from whom.
    expect(done.text).toContain('新しい電子証明書取得用パスワードが必要です。ヘルプデスクへ')
    expect(await state()).toEqual([{ state: 'revoked' }])
    expect((await operationsOf(portal, user.loginId)).at(-1)?.operation).toBe('certificate.revoked')
    const holder = portal.visitor(user.identity)
    await holder.get(`${portal.settings.portalOrigin}/e/sevenbank/login/certificate`)
    expect(holder.page.text).toContain('失効した電子証明書です')
    // Pressed again: the one result, and no second revocation.
    expect((await admin.get(address)).path).toMatch(/\/result$/)
  })

  it('C-05 C-07 revokes the renewed certificate with the old one, and says so before', async () => {
    const renewing = await enrolledUser(portal, sevenbank)
    const holder = { companyId: renewing.companyId, userId: renewing.id }
    await issueDirectly(portal.deps, system('test'), holder, 'Torikomi2026')
    await admin.get('/users/certificates')
    const confirm = await admin.post(`/users/certificates/${renewing.certificateId}/revocation`)
    expect(confirm.text).toContain('あわせてすべて失効します')
    const draft = Object.fromEntries(
      [...confirm.html.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)].map(
        ([, name, value]) => [name ?? '', value ?? ''],
      ),
    )
    const done = await admin.post(confirm.path, { ...draft, confirmationPassword })
    expect(done.path).toMatch(/\/result$/)
    expect(
      await sql(
        portal.database.ownerUrl,
        `select distinct state::text from certificate where user_id = '${renewing.id}'`,
      ),
    ).toEqual([{ state: 'revoked' }])
  })

  it('I-05 knows no certificate of another company, and none that has ended', async () => {
    const other = await enrolledUser(portal)
    for (const id of [other.certificateId, 'not-an-id']) {
      await admin.get('/users/certificates')
      expect((await admin.post(`/users/certificates/${id}/revocation`)).status).toBe(404)
    }
    await admin.get('/users/certificates')
    expect((await admin.post(`/users/certificates/${user.certificateId}/revocation`)).status).toBe(409)
    const holder = portal.visitor(other.identity)
    await holder.logIn(other.password)
    expect(holder.page.path).toBe('/home')
  })

  it('C-07 leaves it to the bank where the policy says so, and to no general user', async () => {
    const shoko = await portal.administrator()
    expect((await shoko.get('/administration')).text).not.toContain('証明書失効')
    expect((await shoko.get('/users/certificates')).status).toBe(403)
    expect(shoko.page.text).toContain('当行が行います')
    const general = await enrolledUser(portal)
    const holder = portal.visitor(general.identity)
    await holder.logIn(general.password)
    expect((await holder.get('/users/certificates')).status).toBe(403)
  })
})
