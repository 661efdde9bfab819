import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { sql } from '../../../support/database.ts'
import { hasPdftotext, wordsOfPdf } from '../../../support/pdf.ts'
import { openPortal, type Portal } from '../../../support/portal.ts'
import type { Visitor } from '../../../support/visitor.ts'
import { atHome, typeAtPortal } from '../../../support/ways-in.ts'
import { beginOn, execute, fillInChange, newPerson, send } from './changing.ts'
import { accountsOn } from './registering.ts'

let portal: Portal
let admin: Visitor
let companyId: string
let adminId: string
const confirmationPassword = 'Kakunin26'
const everything = ['transfer.request_new', 'transfer.approve', 'balance.view']

beforeAll(async () => {
  portal = await openPortal({ presets: ['sevenbank'], generalUsers: false })
  admin = await atHome(portal, 'sevenbank', 'administrator')
  const master = await portal.deps.db.user.findFirstOrThrow({ where: { role: 'administrator' } })
  companyId = master.companyId
  adminId = master.id
})
afterAll(() => portal.close())

// Each test has its own people: whoever came before is out of service, and the master has what they began with.
beforeEach(async () => {
  await sql(
    portal.database.ownerUrl,
    `UPDATE "user" SET service_state = 'deleted' WHERE id <> '${adminId}'`,
    `UPDATE "user" SET service_state = 'available', role = 'administrator' WHERE id = '${adminId}'`,
    `DELETE FROM user_permission WHERE user_id = '${adminId}'`,
    ...everything.map(
      key =>
        `INSERT INTO user_permission VALUES ('${companyId}', '${adminId}', '${key.replace('.', "', '")}')`,
    ),
    `DELETE FROM user_limit WHERE user_id = '${adminId}'`,
    `INSERT INTO user_limit VALUES ('${companyId}', '${adminId}', 'transfer', 1)`,
    `DELETE FROM user_change_request`,
  )
})

const stored = (id: string) =>
  portal.deps.db.user.findUniqueOrThrow({ where: { id }, include: { permissions: true, limits: true } })
const historyOf = (id: string, operation: string) =>
  portal.deps.db.history.findMany({ where: { subjectId: id, operation }, orderBy: { seq: 'asc' } })
const logIn = ({ loginId, password }: { loginId: string; password: string }) =>
  typeAtPortal(portal, 'sevenbank', { loginId, password })
const person = (role: 'user' | 'administrator' = 'user', permissions: string[] = []) =>
  newPerson(portal, companyId, role, { permissions })

const deleting = async (who: Visitor, id: string) => {
  await beginOn(who, id, 'deletion')
  return execute(who, { confirmationPassword })
}
const suspending = async (who: Visitor, id: string, path = 'suspension') => {
  await beginOn(who, id, path)
  await send(who, { reason: '休職のため' })
  return execute(who, { confirmationPassword })
}

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

describe('D-11 nobody raises their own rights alone', () => {
  const raise = async (who: Visitor, id: string, permissions = [...everything, 'statement.view']) => {
    await beginOn(who, id)
    await send(who)
    await send(who, { permissions })
    await send(who, { accounts: accountsOn(who.page), 'limit-transfer': '999999999999' })
    return execute(who, { confirmationPassword })
  }
  const requests = () => portal.deps.db.userChangeRequest.findMany({ orderBy: { requestedAt: 'asc' } })

  it('without another administrator it is done at once', async () => {
    await raise(admin, adminId)
    expect(admin.page.text).toContain('以下の内容に利用者情報を変更しました')
    expect((await stored(adminId)).permissions.some(({ serviceCode }) => serviceCode === 'statement')).toBe(
      true,
    )
  })

  it('nobody takes the only other administrator away to be alone: a successor comes first', async () => {
    const other = await person('administrator')
    await admin.get('/users')
    expect((await admin.post(`/users/${other.id}/deletion`)).text).toContain(
      '先に、後任の方に管理者権限を付与',
    )
    await fillInChange(admin, other.id, { basic: { role: 'user' } })
    await execute(admin, { confirmationPassword })
    expect(admin.page.status).toBe(422)
    expect(admin.page.text).toContain('先に、後任の方に管理者権限を付与')
    expect(await stored(other.id)).toMatchObject({ role: 'administrator', serviceState: 'available' })
    expect((await historyOf(other.id, 'user.change-refused')).at(-1)).toMatchObject({
      outcome: 'refused',
      reason: 'user.onlyOtherAdministrator',
    })
    await person('administrator')
    await deleting(admin, other.id)
    expect((await stored(other.id)).serviceState).toBe('deleted')
  })

  it('an administrator whom one has suspended oneself is a second pair of eyes still', async () => {
    const other = await person('administrator')
    await suspending(admin, other.id)
    expect((await stored(other.id)).serviceState).toBe('suspended')
    await beginOn(admin, adminId)
    await send(admin)
    await send(admin, { permissions: [...everything, 'statement.view'] })
    await send(admin, { 'limit-transfer': '999999999999' })
    expect(admin.page.text).toContain('承認できる管理者が現在いません')
    await execute(admin, { confirmationPassword })
    expect(admin.page.text).toContain('利用者変更の承認依頼')
    expect(await requests()).toMatchObject([{ state: 'pending' }])
    expect((await stored(adminId)).permissions.some(({ serviceCode }) => serviceCode === 'statement')).toBe(
      false,
    )
  })

  it('with one it waits; the other sees what is added, and approves; of two at once one decides', async () => {
    const other = await person('administrator')
    const before = await stored(adminId)
    await beginOn(admin, adminId)
    await send(admin)
    await send(admin, { permissions: [...everything, 'statement.view'] })
    await send(admin, { 'limit-transfer': '999999999999' })
    expect(admin.page.text).toContain('ほかの管理者の承認待ちとなり')
    await execute(admin, { confirmationPassword })
    for (const words of ['利用者変更の承認依頼', 'まだ変更は行われていません'])
      expect(admin.page.text).toContain(words)
    expect(admin.page.text).not.toContain('利用者変更結果')
    if (hasPdftotext) {
      const printed = wordsOfPdf((await admin.get(`${admin.page.path}?print=pdf`)).body)
      for (const words of ['利用者変更の承認依頼', 'まだ変更は行われていません', '現在の登録内容'])
        expect(printed).toContain(words)
      expect(printed).not.toContain('利用者変更結果')
    }
    expect((await stored(adminId)).version).toBe(before.version)
    expect(
      await portal.deps.db.outboxMail.count({ where: { userId: other.id, kind: 'change-request.made' } }),
    ).toBe(1)
    const [request] = await requests()
    const path = `/users/requests/${request?.id}`

    // Not by oneself, whatever is posted; and no second one beside it.
    for (const act of ['approval', 'refusal']) {
      await admin.get('/users')
      expect((await admin.post(`${path}/${act}`)).status).toBe(403)
    }
    await beginOn(admin, adminId)
    expect(admin.page.text).toContain('承認待ちの変更の依頼があります')
    await raise(admin, adminId)
    expect(admin.page.status).toBe(422)
    expect(admin.page.text).toContain('すでに承認待ちです')
    await beginOn(admin, other.id)
    expect(admin.page.text).not.toContain('承認待ちの変更の依頼があります')

    const second = await logIn(other)
    const third = await logIn(await person('administrator'))
    for (const who of [second, third]) {
      await who.get('/users/requests')
      expect(who.page.text).toContain('承認待ち')
      await who.post(`${path}/${who === second ? 'approval' : 'refusal'}`)
    }
    expect(second.page.text).toContain('入出金明細照会')
    expect(second.page.html).toMatch(/class="matrix__answer changed"/)
    expect(second.page.text).toContain('999,999,999,999円')
    await Promise.all([second, third].map(who => execute(who, { confirmationPassword })))
    expect([second, third].filter(who => who.page.path.endsWith('/result'))).toHaveLength(1)
    const [decided] = await requests()
    const approved = decided?.state === 'approved'
    expect((await stored(adminId)).version).toBe(before.version + (approved ? 1 : 0))
    expect(await historyOf(adminId, approved ? 'user.changed' : 'change-request.declined')).not.toHaveLength(
      0,
    )
    expect(
      await portal.deps.db.outboxMail.count({ where: { userId: adminId, kind: 'change-request.decided' } }),
    ).toBe(1)
  })

  it('an approval makes the change under the approver’s name, with who asked for it', async () => {
    const second = await logIn(await person('administrator'))
    await raise(admin, adminId)
    const [request] = await requests()
    expect((await second.get('/administration')).text).toContain('1件の変更が、お客様の承認を待っています')
    expect((await admin.get('/administration')).text).not.toContain('承認を待っています')
    expect((await second.get('/home')).text).toContain('1件の変更が、お客様の承認を待っています')
    expect((await admin.get('/home')).text).not.toContain('承認を待っています')
    await second.get('/users/requests')
    await second.post(`/users/requests/${request?.id}/approval`)
    await execute(second, { confirmationPassword })
    expect(second.page.text).toContain('変更を承認し、利用者情報を変更しました')
    const entry = (await historyOf(adminId, 'user.changed')).at(-1)
    expect(entry?.actorId).not.toBe(adminId)
    expect(JSON.parse(entry?.details ?? '{}')).toMatchObject({
      added: { permissions: ['statement.view'] },
      requestedBy: 'kanri01',
    })
    expect((await stored(adminId)).limits).toMatchObject([{ amount: 999_999_999_999n }])
  })

  it('whoever asked may withdraw it, nobody else', async () => {
    const second = await logIn(await person('administrator'))
    await raise(admin, adminId)
    const [request] = await requests()
    await second.get('/users/requests')
    expect((await second.post(`/users/requests/${request?.id}/withdrawal`)).status).toBe(403)
    await admin.get('/users/requests')
    await admin.post(`/users/requests/${request?.id}/withdrawal`)
    await execute(admin, { confirmationPassword })
    expect(admin.page.text).toContain('変更の依頼を取り下げました')
    await second.get('/users/requests')
    expect((await second.post(`/users/requests/${request?.id}/approval`)).status).toBe(409)
    expect((await requests())[0]?.state).toBe('withdrawn')
  })

  it('it lapses after seven days, and once the record has changed', async () => {
    const second = await logIn(await person('administrator'))
    await raise(admin, adminId)
    const [first] = await requests()
    await sql(portal.database.ownerUrl, `UPDATE "user" SET version = version + 1 WHERE id = '${adminId}'`)
    await second.get('/users/requests')
    expect(second.page.text).toContain('登録内容が変わったため')
    expect((await second.post(`/users/requests/${first?.id}/approval`)).status).toBe(409)
    // It makes room for the next one, which ends by itself.
    await raise(admin, adminId)
    const [, next] = await requests()
    expect((await requests()).map(({ state }) => state)).toEqual(['lapsed', 'pending'])
    await sql(
      portal.database.ownerUrl,
      `UPDATE user_change_request SET expires_at = requested_at + interval '1 second' WHERE id = '${next?.id}'`,
    )
    portal.clock.move(2)
    await second.get('/users/requests')
    expect(second.page.text).toContain('期限切れ')
    expect((await second.post(`/users/requests/${next?.id}/approval`)).text).toContain('期限を過ぎた')
  })

  it('what takes away, or is somebody else’s, waits for nobody', async () => {
    const other = await person('administrator')
    await fillInChange(admin, adminId, { permissions: everything.slice(0, 2) })
    await execute(admin, { confirmationPassword })
    expect(admin.page.text).toContain('以下の内容に利用者情報を変更しました')
    await fillInChange(admin, other.id, { permissions: everything, accounts: { 'limit-transfer': '5' } })
    await execute(admin, { confirmationPassword })
    expect(admin.page.text).toContain('以下の内容に利用者情報を変更しました')
    expect(await requests()).toEqual([])
  })

  it('I-05 another company’s request is not found', async () => {
    await admin.get('/users/requests')
    for (const id of ['nonsense', '00000000-0000-7000-8000-000000000001'])
      for (const act of ['approval', 'refusal', 'withdrawal']) {
        expect((await admin.post(`/users/requests/${id}/${act}`)).status).toBe(404)
        await admin.get('/users/requests')
      }
  })
})
