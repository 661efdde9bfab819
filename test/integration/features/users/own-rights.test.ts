import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { sql } from '../../../support/database.ts'
import { hasPdftotext, wordsOfPdf } from '../../../support/pdf.ts'
import type { Visitor } from '../../../support/visitor.ts'
import { asAtFirst, deleting, everything, suspending } from './administrators.ts'
import { beginOn, execute, fillInChange, send } from './changing.ts'
import { accountsOn } from './registering.ts'
import { confirmationPassword, type SevenbankAtWork, sevenbankAtWork } from './sevenbank-at-work.ts'

let company: SevenbankAtWork
let { portal, admin, adminId, person, logIn, stored, historyOf } = {} as SevenbankAtWork

beforeAll(async () => {
  company = await sevenbankAtWork()
  ;({ portal, admin, adminId, person, logIn, stored, historyOf } = company)
})
afterAll(() => portal?.close())
beforeEach(() => asAtFirst(company))

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
