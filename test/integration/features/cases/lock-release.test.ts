import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { businessDayOf } from '../../../../src/kernel/business-day.ts'
import { casePaper, hiddenOf } from '../../../support/cases.ts'
import { sql } from '../../../support/database.ts'
import { officerAtWork } from '../../../support/officers.ts'
import { demo, openPortal, type Portal } from '../../../support/portal.ts'
import type { Page, Visitor } from '../../../support/visitor.ts'

let portal: Portal
let customer: { id: string; companyId: string }
let operator: Visitor
let second: Visitor
beforeAll(async () => {
  portal = await openPortal()
  customer = await portal.deps.db.user.findFirstOrThrow({ where: { loginId: demo.administrator.loginId } })
  operator = await officerAtWork(portal, 'operator', 'case.operator')
  second = await officerAtWork(portal, 'approver', 'case.approver')
})
afterAll(() => portal.close())

const rows = <Row extends Record<string, unknown>>(statement: string) =>
  sql<Row>(portal.database.ownerUrl, statement)

const path = (rest = '') => `/helpdesk/users/${customer.id}${rest}`

/** The demo's administrator mistypes until the shoko preset locks. */
const lockCustomer = async () => {
  const user = portal.visitor(await portal.identity('admin'))
  await user.logIn('wrong 1')
  await user.post('/login', { password: 'wrong 2' })
  await user.post('/login', { password: 'wrong 3' })
  expect(user.page.text).toContain('ロックされています')
}

const lockState = async () =>
  (
    await rows<{ failures: number; locked: boolean }>(
      `SELECT failures, locked_at IS NOT NULL AS locked FROM credential
        WHERE user_id = '${customer.id}' AND kind = 'login_password'`,
    )
  )[0]

const companyHistory = () =>
  rows<{ operation: string; outcome: string; reason: string | null; actor: string; details: string }>(
    `SELECT operation, outcome, reason, actor_login_id AS actor, details FROM history
      WHERE chain_id = '${customer.companyId}' ORDER BY seq DESC LIMIT 100`,
  )

const today = () => businessDayOf(portal.clock.now())

const paper = (page: Page, fields: Record<string, string> = {}) =>
  casePaper(portal, page, { reasonChoice: 'mistyped', reasonText: '', ...fields })

describe('lock release', () => {
  it('B-06 H-04 releases with reason, form and seal; the customer logs in again', async () => {
    await lockCustomer()
    await operator.get(path())
    expect(operator.page.text).toContain('ロック中')
    expect(operator.page.text).toContain('連続3回の誤入力')
    expect(operator.page.text).toContain('127.0.0.1')
    await operator.get(path('/lock-release'))
    const filled = paper(operator.page, { reasonText: 'お電話で確認' })
    await operator.post(path('/lock-release/confirmation'), filled)
    expect(operator.page.text).toContain('ロック解除の確認')
    expect(operator.page.text).toContain('お電話で確認')
    expect((await lockState())?.locked).toBe(true)
    await operator.post(path('/lock-release'), filled)
    expect(operator.page.path).toBe(`/helpdesk/cases/${filled.caseId}`)
    expect(operator.page.text).toContain('ロックを解除しました')
    expect(await lockState()).toEqual({ failures: 0, locked: false })

    const [entry] = (await companyHistory()).filter(each => each.operation === 'lock.released')
    expect(entry).toMatchObject({ outcome: 'done', actor: 'case.operator' })
    expect(JSON.parse(entry?.details ?? '')).toMatchObject({
      which: 'login',
      caseId: filled.caseId,
      caseReason: 'パスワードの入力誤り\nお電話で確認',
      formReceivedOn: today(),
    })
    const mails = await rows<{ recipient: string }>(
      `SELECT recipient FROM outbox_mail WHERE kind = 'lock.released'`,
    )
    expect(mails).toEqual([{ recipient: 'kanri@demo.sekisho.example' }])
    await portal.administrator()
  })

  it('B-07 shows that the pages without a certificate are closed to a customer, and a release opens them', async () => {
    const strangers = () =>
      rows<{ failures: number; retry: Date | null }>(
        `SELECT stranger_failures AS failures, stranger_retry_after AS retry FROM credential
          WHERE user_id = '${customer.id}' AND kind = 'login_password'`,
      )
    await operator.get(path())
    expect(operator.page.text).not.toContain('電子証明書のない画面での誤入力')
    await sql(
      portal.database.ownerUrl,
      `UPDATE credential SET stranger_failures = 100, stranger_retry_after = now() + interval '10 minutes'
        WHERE user_id = '${customer.id}' AND kind = 'login_password'`,
    )
    await operator.get(path())
    expect(operator.page.text).toContain('電子証明書のない画面での誤入力が100回続いた')
    await operator.get(path('/lock-release'))
    expect(operator.page.status).toBe(200)
    const filled = paper(operator.page)
    await operator.post(path('/lock-release/confirmation'), filled)
    await operator.post(path('/lock-release'), filled)
    expect(operator.page.text).toContain('ロックを解除しました')
    expect(await strangers()).toEqual([{ failures: 0, retry: null }])
    expect((await operator.get(path('/lock-release'))).status).toBe(409)
  })

  it('B-18 C-03 shows that a customer’s codes are suspended, and a release lifts it', async () => {
    const suspended = () => rows(`SELECT purpose FROM code_failures WHERE user_id = '${customer.id}'`)
    await sql(
      portal.database.ownerUrl,
      `INSERT INTO code_failures (company_id, user_id, purpose, failures, suspended_at)
       SELECT company_id, id, 'login-sms', 20, now() FROM "user" WHERE id = '${customer.id}'`,
    )
    await operator.get(path())
    expect(operator.page.text).toMatch(/認証コード\s*利用停止/)
    await operator.get(path('/lock-release'))
    const filled = paper(operator.page)
    await operator.post(path('/lock-release/confirmation'), filled)
    await operator.post(path('/lock-release'), filled)
    expect(operator.page.text).toContain('ロックを解除しました')
    expect(await suspended()).toEqual([])
    const [entry] = (await companyHistory()).filter(each => each.operation === 'lock.released')
    expect(JSON.parse(entry?.details ?? '')).toMatchObject({ which: 'codes', caseId: filled.caseId })
    expect((await operator.get(path('/lock-release'))).status).toBe(409)
  })

  it('F-04 records every page that shows a customer: form, mistakes, confirmation, case', async () => {
    const looks = async () =>
      (await companyHistory()).filter(each => each.operation === 'staff.customer-viewed').length
    await lockCustomer()
    const before = await looks()
    await operator.get(path('/lock-release'))
    expect(await looks()).toBe(before + 1)
    const filled = paper(operator.page)
    await operator.post(path('/lock-release/confirmation'), { ...filled, sealChecked: '' })
    expect(await looks()).toBe(before + 2)
    await operator.post(path('/lock-release/confirmation'), filled)
    expect(await looks()).toBe(before + 3)
    await operator.post(path('/lock-release/confirmation'), { ...filled, back: '1' })
    expect(await looks()).toBe(before + 4)
    // The act leads to its case.
    await operator.post(path('/lock-release'), filled)
    expect(operator.page.path).toContain('/helpdesk/cases/')
    expect(await looks()).toBe(before + 5)
  })

  it('H-04 sends the form back with every mistake and what was typed', async () => {
    await lockCustomer()
    await operator.get(path('/lock-release'))
    const { caseId } = hiddenOf(operator.page)
    await operator.post(path('/lock-release/confirmation'), {
      caseId,
      seen: '',
      reasonChoice: 'other',
      reasonText: '',
      formReceivedOn: '2126-01-01',
    })
    expect(operator.page.status).toBe(422)
    expect(operator.page.text).toContain('エラー：')
    for (const words of [
      '理由の補足が入力されていません',
      '本日より後の日付',
      '届出印の照合が確認されていません',
    ])
      expect(operator.page.text).toContain(words)
    expect(operator.page.html).toContain('value="2126-01-01"')
    expect(hiddenOf(operator.page).caseId).toBe(caseId)
    // The last step checks again, whatever page it is sent from.
    await operator.post(path('/lock-release'), { ...paper(operator.page), sealChecked: '' })
    expect(operator.page.status).toBe(422)
    expect((await lockState())?.locked).toBe(true)
  })

  it('「戻る」 keeps what was typed', async () => {
    await operator.get(path('/lock-release'))
    const filled = paper(operator.page, { reasonText: '戻っても残る文' })
    await operator.post(path('/lock-release/confirmation'), filled)
    await operator.post(path('/lock-release'), { ...filled, back: '1' })
    expect(operator.page.status).toBe(200)
    expect(operator.page.text).toContain('戻っても残る文')
    expect(hiddenOf(operator.page).caseId).toBe(filled.caseId)
    await operator.get(path('/lock-release/confirmation'))
    expect(operator.page.path).toBe(path('/lock-release'))
  })

  it('B-06 one of two officers at once releases, the other is told; a double click has one effect', async () => {
    await operator.get(path('/lock-release'))
    await second.get(path('/lock-release'))
    const mine = paper(operator.page)
    const theirs = paper(second.page)
    const before = (await rows<{ id: string }>(`SELECT id FROM helpdesk_case`)).length
    const answers = await Promise.all([
      operator.post(path('/lock-release'), mine, { follow: false }),
      operator.post(path('/lock-release'), mine, { follow: false }),
      second.post(path('/lock-release'), theirs, { follow: false }),
    ])
    const released = answers.filter(each => each.status === 303)
    const told = answers.filter(each => each.status === 409)
    expect(released.length + told.length).toBe(3)
    expect([1, 2]).toContain(told.length)
    expect(told[0]?.text).toContain('何も変更されていません')
    expect((await rows<{ id: string }>(`SELECT id FROM helpdesk_case`)).length).toBe(before + 1)
  })

  it('B-06 refuses when it is not locked any more, and changes nothing', async () => {
    await operator.get(path('/lock-release'))
    expect(operator.page.status).toBe(409)
    expect(operator.page.text).toContain('ロックを解除できませんでした')
    const filled = paper(operator.page, { caseId: portal.deps.ids.next() })
    await operator.get(path())
    await operator.get('/helpdesk/home')
    await operator.post(path('/lock-release'), filled)
    expect(operator.page.status).toBe(409)
    expect(await rows(`SELECT id FROM helpdesk_case WHERE id = '${filled.caseId}'`)).toEqual([])
    const [entry] = await companyHistory()
    expect(entry).toMatchObject({ operation: 'case.refused', outcome: 'refused', reason: 'lock.notLocked' })
    expect(JSON.parse(entry?.details ?? '')).toEqual({ caseKind: 'lock_release' })
  })

  it('B-21 releases a locked confirmation password too', async () => {
    await rows(
      `UPDATE credential SET failures = 3, locked_at = now()
        WHERE user_id = '${customer.id}' AND kind = 'confirmation_password'`,
    )
    await operator.get(path('/lock-release'))
    await operator.post(path('/lock-release'), paper(operator.page))
    expect(operator.page.text).toContain('ロックを解除しました')
    const [credential] = await rows(
      `SELECT failures, locked_at FROM credential
        WHERE user_id = '${customer.id}' AND kind = 'confirmation_password'`,
    )
    expect(credential).toEqual({ failures: 0, locked_at: null })
  })
})
