import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { sql } from '../../../support/database.ts'
import { atHome } from '../../../support/ways-in.ts'
import { asAtFirst, deleting, suspending } from './administrators.ts'
import { beginOn, execute, fillInChange, send } from './changing.ts'
import { confirmationPassword, type SevenbankAtWork, sevenbankAtWork } from './sevenbank-at-work.ts'

let company: SevenbankAtWork
let { portal, admin, adminId, person, logIn, stored, historyOf } = {} as SevenbankAtWork

beforeAll(async () => {
  company = await sevenbankAtWork()
  ;({ portal, admin, adminId, person, logIn, stored, historyOf } = company)
})
afterAll(() => portal?.close())
beforeEach(() => asAtFirst(company))

describe('利用者削除', () => {
  it('D-09 shows the manual’s facts, and takes the user away for good', async () => {
    const user = await person('user')
    const visitor = await logIn(user)
    await beginOn(admin, user.id, 'deletion')
    for (const words of [
      '利用者削除確認',
      user.loginId,
      '＊＊＊＊＊＊＊＊',
      '確認用パスワード',
      '利用可能',
      '未確認',
      '付与しない',
    ])
      expect(admin.page.text).toContain(words)
    expect((await stored(user.id)).serviceState).toBe('available')
    await execute(admin, { confirmationPassword: 'Machigai1' })
    expect(admin.page.status).toBe(422)
    await execute(admin, { confirmationPassword })
    expect(admin.page.text).toContain('以下の利用者を削除しました')
    for (const words of [user.loginId, 'ホームへ', '利用者一覧へ', '利用者登録メニューへ', '印刷'])
      expect(admin.page.text).toContain(words)
    expect(await stored(user.id)).toMatchObject({ serviceState: 'deleted', deletedAt: expect.any(Date) })
    expect((await visitor.get('/home')).status).toBe(401)
    expect((await logIn(user)).page.path).not.toBe('/home')
    expect((await admin.get('/users')).text).not.toContain(user.loginId)
    expect((await admin.get(`/users/${user.id}`)).status).toBe(404)
    const [entry] = await historyOf(user.id, 'user.deleted')
    expect(JSON.parse(entry?.details ?? '{}')).toMatchObject({
      before: { loginId: user.loginId },
      sessionsEnded: 1,
    })
    expect(
      await portal.deps.db.outboxMail.count({ where: { userId: user.id, kind: 'user.service-state' } }),
    ).toBe(1)
    // The login ID is not given again.
    await admin.get('/users')
    await admin.post('/users/new')
    await send(admin, {
      loginId: user.loginId,
      loginIdAgain: user.loginId,
      loginPassword: 'Hajime2026',
      loginPasswordAgain: 'Hajime2026',
      name: '別　人',
      email: 'betsu@example.jp',
      emailAgain: 'betsu@example.jp',
    })
    expect(admin.page.status).toBe(422)
    expect(admin.page.text).toContain('既に使用されています')
  })

  it('D-09 one user is deleted once by twenty clicks and two administrators', async () => {
    const user = await person('user')
    const second = await logIn(await person('administrator'))
    await beginOn(admin, user.id, 'deletion')
    await beginOn(second, user.id, 'deletion')
    const pages = await Promise.all(
      Array.from({ length: 10 }, () =>
        [admin, second].map(who =>
          who.post(
            who.page.path,
            { version: '0', confirmationPassword, _csrf: who.csrfToken() ?? '' },
            { follow: false },
          ),
        ),
      ).flat(),
    )
    expect(pages.filter(({ status }) => status >= 500)).toEqual([])
    expect(await historyOf(user.id, 'user.deleted')).toHaveLength(1)
  })
})

describe('利用停止', () => {
  it('D-15 ends the sessions, keeps the record, and is undone by 利用再開', async () => {
    const user = await person('user', ['balance.view'])
    const visitor = await logIn(user)
    await beginOn(admin, user.id, 'suspension')
    await send(admin, { reason: '退職\u0007のため' })
    expect(admin.page.status).toBe(422)
    expect(admin.page.text).toContain('使用できない文字が含まれています')
    await send(admin, { reason: '一行目\r\n二行目\u202e' })
    expect(admin.page.status).toBe(422)
    for (const reason of ['', '長'.repeat(201)]) {
      await send(admin, { reason })
      expect(admin.page.status).toBe(422)
    }
    await send(admin, { reason: '髙'.repeat(200) })
    await execute(admin, { confirmationPassword })
    expect(admin.page.text).toContain('利用者の利用を停止しました')
    expect(await stored(user.id)).toMatchObject({ serviceState: 'suspended', version: 1 })
    expect((await visitor.get('/home')).status).toBe(401)
    expect((await logIn(user)).page.path).not.toBe('/home')
    const enquiry = await admin.get(`/users/${user.id}`)
    expect(enquiry.text).toContain('利用停止')
    expect(enquiry.html).toContain('/resumption')
    expect(enquiry.html).not.toContain('/suspension')
    // What has happened already is not done again.
    expect((await admin.post(`/users/${user.id}/suspension`)).status).toBe(409)
    await suspending(admin, user.id, 'resumption')
    expect(admin.page.text).toContain('利用者の利用を再開しました')
    expect((await logIn(user)).page.path).toBe('/home')
    expect((await historyOf(user.id, 'user.suspended'))[0]?.details).toContain('髙')
    expect(await historyOf(user.id, 'user.resumed')).toHaveLength(1)
  })

  it('D-15 whoever is blocked is released first, and suspends nobody meanwhile', async () => {
    const user = await person('user')
    await portal.deps.db.user.update({ where: { id: user.id }, data: { serviceState: 'blocked' } })
    await admin.get('/users')
    expect((await admin.post(`/users/${user.id}/suspension`)).text).toContain(
      '先に「ロック解除」を行ってください',
    )
  })
})

describe('D-11 never without an administrator', () => {
  it('nobody deletes, suspends or demotes themselves, and the pages offer none of it', async () => {
    await person('administrator')
    const page = await admin.get(`/users/${adminId}`)
    expect(page.html).not.toMatch(/\/(deletion|suspension)"/)
    for (const path of ['deletion', 'suspension', 'resumption']) {
      await admin.get('/users')
      expect((await admin.post(`/users/${adminId}/${path}`)).status).toBe(403)
    }
    await beginOn(admin, adminId)
    expect(admin.page.html).not.toMatch(/name="(role|email|loginPassword|changeLoginPassword)"/)
    await send(admin, { role: 'user', email: 'x@example.jp', emailAgain: 'x@example.jp', name: '店舗　三郎' })
    await send(admin)
    await send(admin)
    await execute(admin, { confirmationPassword })
    expect(admin.page.path).toMatch(/\/result$/)
    expect(await stored(adminId)).toMatchObject({
      role: 'administrator',
      email: 'kanri@sevenbank.sekisho.example',
      name: '店舗　三郎',
    })
  })

  it.each([
    ['delete', 'deletion'],
    ['suspend', 'suspension'],
  ])('two administrators of three who %s each other at once: one of them stays', async (_act, path) => {
    await person('administrator')
    const other = await person('administrator')
    const second = await logIn(other)
    await beginOn(admin, other.id, path)
    await beginOn(second, adminId, path)
    if (path === 'suspension') for (const who of [admin, second]) await send(who, { reason: '退職' })
    await Promise.all([admin, second].map(who => execute(who, { confirmationPassword })))
    const left = [await stored(adminId), await stored(other.id)].filter(
      ({ serviceState }) => serviceState === 'available',
    )
    expect(left).toHaveLength(1)
    expect([admin, second].map(({ page }) => page.status).filter(status => status >= 500)).toEqual([])
    // Whoever lost is out: the other one’s page would tell.
    if (left[0]?.id !== adminId) {
      await sql(
        portal.database.ownerUrl,
        `UPDATE "user" SET service_state = 'available' WHERE id = '${adminId}'`,
      )
      admin = await atHome(portal, 'sevenbank', 'administrator')
    }
  })

  it('two administrators of three who demote each other at once: one of them stays', async () => {
    await person('administrator')
    const other = await person('administrator')
    const second = await logIn(other)
    await fillInChange(admin, other.id, { basic: { role: 'user' } })
    await fillInChange(second, adminId, { basic: { role: 'user' }, permissions: [] })
    await Promise.all([admin, second].map(who => execute(who, { confirmationPassword })))
    const left = [await stored(adminId), await stored(other.id)].filter(
      ({ role }) => role === 'administrator',
    )
    expect(left).toHaveLength(1)
  })
})

describe('D-11 approvers', () => {
  it('the last approver beside a requester is neither deleted, nor suspended, nor loses 承認', async () => {
    const approver = await person('user', ['transfer.approve'])
    await person('user', ['transfer.request_new'])
    await sql(
      portal.database.ownerUrl,
      `DELETE FROM user_permission WHERE user_id = '${adminId}' AND permission_code = 'approve' AND service_code = 'transfer'`,
    )
    for (const refused of [
      () => deleting(admin, approver.id),
      () => suspending(admin, approver.id),
      async () => {
        await fillInChange(admin, approver.id, { permissions: ['balance.view'] })
        return execute(admin, { confirmationPassword })
      },
    ]) {
      await refused()
      expect(admin.page.status).toBe(422)
      expect(admin.page.text).toContain('承認')
    }
    expect(await stored(approver.id)).toMatchObject({ serviceState: 'available', version: 0 })
    expect((await historyOf(approver.id, 'user.deletion-refused'))[0]).toMatchObject({ outcome: 'refused' })
  })
})
