import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { issueAcquisitionPassword, releaseCustomerLock } from '../../../../src/features/cases/index.ts'
import type { StaffActor } from '../../../../src/kernel/actor.ts'
import { businessDayOf } from '../../../../src/kernel/business-day.ts'
import { sql } from '../../../support/database.ts'
import { newOfficer, officerAtWork } from '../../../support/officers.ts'
import { demo, openPortal, type Portal } from '../../../support/portal.ts'
import type { Page, Visitor } from '../../../support/visitor.ts'

let portal: Portal
let customer: { id: string; companyId: string }
let operator: Visitor
let second: Visitor

beforeAll(async () => {
  portal = await openPortal()
  const [row] = await rows<{ id: string; companyId: string }>(
    `SELECT id, company_id AS "companyId" FROM "user" WHERE login_id = '${demo.administrator.loginId}'`,
  )
  if (!row) throw new Error('the demo has no administrator')
  customer = row
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

const hiddenOf = (page: Page) => {
  const hidden = (name: string) => new RegExp(`name="${name}" value="([^"]*)"`).exec(page.html)?.[1] ?? ''
  return { caseId: hidden('caseId'), seen: hidden('seen') }
}

const paper = (page: Page, fields: Record<string, string> = {}) => ({
  ...hiddenOf(page),
  reasonChoice: 'mistyped',
  reasonText: '',
  formReceivedOn: today(),
  sealChecked: 'on',
  ...fields,
})

const issuePaper = (page: Page, fields: Record<string, string> = {}) =>
  paper(page, { reasonChoice: 'first', delivery: 'post', ...fields })

/** The operator as the guard would make them. */
const operatorActor = async (): Promise<StaffActor> => {
  const [row] = await rows<{ id: string }>(`SELECT id FROM staff WHERE login_id = 'case.operator'`)
  return {
    kind: 'staff',
    id: row?.id ?? '',
    loginId: 'case.operator',
    name: '窓口',
    role: 'operator',
    origin: {},
  }
}

const shownPassword = (page: Page) => /id="acquisition-password"[^>]*>([^<]+)</.exec(page.html)?.[1]

const usable = async () =>
  rows<{ id: string }>(
    `SELECT id FROM acquisition_password
      WHERE user_id = '${customer.id}' AND used_at IS NULL AND voided_at IS NULL`,
  )

describe('finding a customer', () => {
  const find = async (query: Record<string, string>) => {
    await operator.get(`/helpdesk/home?${new URLSearchParams(query)}`)
    return operator.page
  }

  it('H-02 finds by contract number, login ID, name, mail and certificate serial, in one box', async () => {
    const [certificate] = await rows<{ serial: string }>(
      `SELECT serial FROM certificate WHERE user_id = '${customer.id}'`,
    )
    const serial = certificate?.serial ?? ''
    const colons = serial.match(/../g)?.join(':').toLowerCase() ?? ''
    for (const q of [
      '2004000000',
      '２００４０００００１',
      '管理太郎',
      '管理 太',
      'KANRI@demo.sekisho.example',
      serial,
      colons,
    ]) {
      const page = await find({ q })
      expect([q, page.status, page.html.includes(path())]).toEqual([q, 200, true])
    }
    const page = await find({ q: '関所商事', field: 'name' })
    expect(page.text).toContain('株式会社関所商事')
    expect(page.html).toContain('field=contract&amp;q=2004000000')
  })

  it('H-02 keeps to the field that was chosen', async () => {
    expect((await find({ q: '2004000001', field: 'contract' })).html).not.toContain(path())
    expect((await find({ q: '2004000001', field: 'loginId' })).html).toContain(path())
    expect((await find({ q: '%', field: 'name' })).html).not.toContain(path())
  })

  it('H-02 says so when there is nobody, and what is wrong with the box', async () => {
    expect((await find({ q: 'そんな人はいない' })).text).toContain('該当する利用者はいません')
    const blank = await find({ q: '  ' })
    expect(blank.status).toBe(422)
    expect(blank.text).toContain('検索する文字が入力されていません')
    expect((await find({ q: 'x'.repeat(5000) })).status).toBe(422)
  })

  it('F-04 records what was asked, in the bank’s own chain', async () => {
    await find({ q: 'recorded search', field: 'email' })
    const [entry] = await rows<{ details: string; actor: string }>(
      `SELECT details, actor_login_id AS actor FROM history WHERE operation = 'staff.searched'
        AND chain_id = '00000000-0000-0000-0000-000000000000' ORDER BY seq DESC LIMIT 1`,
    )
    expect(JSON.parse(entry?.details ?? '')).toEqual({
      field: 'email',
      text: 'recorded search',
      companies: 0,
      users: 0,
    })
    expect(entry?.actor).toBe('case.operator')
  })
})

describe('a customer’s page', () => {
  it('H-02 F-04 shows state, certificates and history, and records the look', async () => {
    await operator.get(path())
    expect(operator.page.status).toBe(200)
    for (const words of ['管理　太郎', 'ロックなし', '利用可能', '電子証明書', '最近の操作履歴'])
      expect(operator.page.text).toContain(words)
    expect(operator.page.html).not.toContain('$argon2')
    expect(operator.page.html).toMatch(/aria-current="(page|true)"[^>]*>\s*お客様検索/)
    const [entry] = await companyHistory()
    expect(entry).toMatchObject({ operation: 'staff.customer-viewed', actor: 'case.operator' })
  })

  it('H-02 speaks English too', async () => {
    await operator.get(`${path()}?lang=en`)
    expect(operator.page.text).toContain('Not locked')
  })

  it('I-05 refuses unknown and malformed ids, and records the try', async () => {
    for (const id of ['0198a000-0000-7000-8000-000000000000', 'x', "1'%20OR%201=1", customer.companyId]) {
      for (const rest of ['', '/lock-release', '/acquisition-password']) {
        await operator.get(`/helpdesk/users/${id}${rest}`)
        expect([id, rest, operator.page.status]).toEqual([id, rest, 404])
      }
      await operator.get(path('/lock-release'))
      await operator.get('/helpdesk/home')
      await operator.post(`/helpdesk/users/${id}/acquisition-password`, issuePaper(operator.page))
      expect([id, operator.page.status]).toEqual([id, 404])
    }
    const [entry] = await rows<{ reason: string }>(
      `SELECT reason FROM history WHERE actor_login_id = 'case.operator' ORDER BY at DESC, id DESC LIMIT 1`,
    )
    expect(entry?.reason).toBe('customer.notFound')
    await operator.get('/helpdesk/cases/0198a000-0000-7000-8000-000000000000')
    expect(operator.page.status).toBe(404)
  })
})

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
    const { visitor: _visitor, staffId } = await newOfficer(portal, 'operator', 'too.late')
    const actor: StaffActor = {
      kind: 'staff',
      id: staffId,
      loginId: 'too.late',
      name: '遅れ',
      role: 'operator',
      origin: {},
    }
    const caseId = portal.deps.ids.next()
    const done = await releaseCustomerLock(portal.deps, actor, {
      caseId,
      userId: customer.id,
      paper: { reason: '遅かった', formReceivedOn: today(), sealChecked: true },
    })
    expect(done).toEqual({ ok: false, reason: 'lock.notLocked' })
    expect(await rows(`SELECT id FROM helpdesk_case WHERE id = '${caseId}'`)).toEqual([])
    const [entry] = await companyHistory()
    expect(entry).toMatchObject({ operation: 'lock.released', outcome: 'refused', reason: 'lock.notLocked' })
    // Nothing was locked, so no password is named.
    expect(JSON.parse(entry?.details ?? '')).toMatchObject({ which: null })
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

describe('acquisition password', () => {
  it('H-05 C-09 is shown once, and its value is nowhere in the database', async () => {
    await operator.get(path('/acquisition-password'))
    const filled = issuePaper(operator.page)
    await operator.post(path('/acquisition-password/confirmation'), filled)
    expect(operator.page.text).toContain('次の画面に一度だけ表示されます')
    await operator.post(path('/acquisition-password'), filled)
    expect(operator.page.status).toBe(200)
    expect(operator.page.headers['cache-control']).toBe('no-store')
    const password = shownPassword(operator.page) ?? ''
    expect(password).toMatch(/^[A-Za-z0-9]{12}$/)
    expect(operator.page.text).toContain('メールでは送らないでください')

    const tables = await rows<{ name: string }>(
      `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
        WHERE schemaname IN ('public', 'pgboss')`,
    )
    for (const { name } of tables) {
      const [found] = await rows<{ count: number }>(
        `SELECT count(*)::int AS count FROM ${name} AS t WHERE strpos(t::text, '${password}') > 0`,
      )
      expect([name, found?.count]).toEqual([name, 0])
    }

    // A second sending of the form, by a double click or a reload.
    await operator.post(path('/acquisition-password'), filled)
    expect(operator.page.path).toBe(`/helpdesk/cases/${filled.caseId}`)
    expect(operator.page.text).toContain('発行済み（未使用）')
    expect(operator.page.html).not.toContain(password)
    expect(await usable()).toEqual([{ id: filled.caseId }])
    await operator.get(path())
    expect(operator.page.html).not.toContain(password)

    const [entry] = (await companyHistory()).filter(each => each.operation === 'acquisition-password.issued')
    expect(entry).toMatchObject({ outcome: 'done', actor: 'case.operator' })
    const mails = await rows<{ recipient: string; params: { delivery: string } }>(
      `SELECT recipient, params FROM outbox_mail WHERE kind = 'acquisition-password.issued'`,
    )
    expect(mails).toMatchObject([{ recipient: 'kanri@demo.sekisho.example', params: { delivery: 'post' } }])
  })

  it('C-09 voids the unused one before it, after saying so', async () => {
    const [old] = await usable()
    await operator.get(path('/acquisition-password'))
    expect(operator.page.text).toContain('先に発行したパスワードは使えなくなります')
    const filled = issuePaper(operator.page, { reasonChoice: 'lost', delivery: 'phone' })
    await operator.post(path('/acquisition-password'), filled)
    expect(shownPassword(operator.page)).toBeDefined()
    expect(await usable()).toEqual([{ id: filled.caseId }])
    const [voided] = await rows<{ voided: boolean }>(
      `SELECT voided_at IS NOT NULL AS voided FROM acquisition_password WHERE id = '${old?.id}'`,
    )
    expect(voided).toEqual({ voided: true })
  })

  it('C-09 two officers at once: one value is shown, it is the usable one, and the other is told', async () => {
    await operator.get(path('/acquisition-password'))
    await second.get(path('/acquisition-password'))
    const forms = [issuePaper(operator.page), issuePaper(second.page)] as const
    const answers = await Promise.all([
      operator.post(path('/acquisition-password'), forms[0]),
      second.post(path('/acquisition-password'), forms[1]),
    ])
    expect(answers.map(each => each.status).sort()).toEqual([200, 409])
    const told = answers.find(each => each.status === 409)
    expect(told?.text).toContain('ほかの担当者')
    const [only, ...more] = await usable()
    expect(more).toEqual([])
    expect(only?.id).toBe(forms[answers.findIndex(each => each.status === 200)]?.caseId)
  })

  it('C-09 twenty sendings of one form show one value', async () => {
    await operator.get(path('/acquisition-password'))
    const filled = issuePaper(operator.page)
    const answers = await Promise.all(
      Array.from({ length: 20 }, () =>
        operator.post(path('/acquisition-password'), filled, { follow: false }),
      ),
    )
    expect(answers.filter(each => shownPassword(each) !== undefined)).toHaveLength(1)
    expect(answers.filter(each => each.status === 303)).toHaveLength(19)
    expect(await usable()).toEqual([{ id: filled.caseId }])
  })

  it('I-05 refuses a form that is none of ours, and another officer’s', async () => {
    await operator.get(path('/acquisition-password'))
    const filled = issuePaper(operator.page)
    await operator.post(path('/acquisition-password'), { ...filled, caseId: 'x' })
    expect(operator.page.status).toBe(403)
    await operator.get(path('/acquisition-password'))
    await operator.post(path('/acquisition-password'), filled)
    expect(shownPassword(operator.page)).toBeDefined()
    await second.get(path('/acquisition-password'))
    await second.post(path('/acquisition-password'), filled)
    expect(second.page.status).toBe(409)
    expect(shownPassword(second.page)).toBeUndefined()
  })

  it('I-05 refuses one case id for two customers at once', async () => {
    const other = portal.deps.ids.next()
    await rows(
      `INSERT INTO "user" (id, company_id, login_id, login_id_key, login_id_scope, name, email, role, created_at)
       SELECT '${other}', company_id, 'other', 'other', login_id_scope, name, email, 'user', created_at
         FROM "user" WHERE id = '${customer.id}'`,
    )
    const seen = (await usable())[0]?.id ?? null
    const actor = await operatorActor()
    const caseId = portal.deps.ids.next()
    const request = {
      caseId,
      act: 'acquisition_password' as const,
      delivery: 'post' as const,
      paper: { reason: '二重', formReceivedOn: today(), sealChecked: true },
    }
    const done = await Promise.all([
      issueAcquisitionPassword(portal.deps, actor, { ...request, userId: customer.id, seen }),
      issueAcquisitionPassword(portal.deps, actor, { ...request, userId: other, seen: null }),
    ])
    expect(done.filter(each => each.ok)).toHaveLength(1)
    expect(done.filter(each => !each.ok)).toEqual([{ ok: false, reason: 'case.notFound' }])
  })

  it('H-04 refuses without CSRF token and without paper', async () => {
    const [before] = await usable()
    await operator.get(path('/acquisition-password'))
    const filled = issuePaper(operator.page)
    await operator.post(path('/acquisition-password'), { ...filled, _csrf: '' })
    expect(operator.page.status).toBe(403)
    await operator.get(path('/acquisition-password'))
    for (const missing of ['reasonChoice', 'formReceivedOn', 'sealChecked', 'delivery']) {
      await operator.post(path('/acquisition-password'), { ...issuePaper(operator.page), [missing]: '' })
      expect([missing, operator.page.status]).toEqual([missing, 422])
    }
    expect(await usable()).toEqual([before])
  })

  it('H-03 refuses for a suspended user, and tells why', async () => {
    await rows(`UPDATE "user" SET service_state = 'suspended' WHERE id = '${customer.id}'`)
    await operator.get(path('/acquisition-password'))
    expect(operator.page.status).toBe(409)
    expect(operator.page.text).toContain('利用可能')
    await operator.get(path())
    expect(operator.page.html).not.toContain(path('/acquisition-password'))
    await rows(`UPDATE "user" SET service_state = 'available' WHERE id = '${customer.id}'`)
  })
})

describe('role × act', () => {
  const allowed = {
    operator: { view: 200, release: 409, issue: 200 },
    approver: { view: 200, release: 409, issue: 200 },
    auditor: { view: 200, release: 403, issue: 403 },
    editor: { view: 403, release: 403, issue: 403 },
  } as const

  for (const [role, expected] of Object.entries(allowed) as [
    keyof typeof allowed,
    (typeof allowed)['operator'],
  ][])
    it(`H-01 ${role}`, async () => {
      const officer = await officerAtWork(portal, role, `role.${role}`)
      await officer.get(path())
      expect(officer.page.status).toBe(expected.view)
      expect(officer.page.html.includes(path('/acquisition-password'))).toBe(expected.issue === 200)
      await officer.get(path('/lock-release'))
      expect(officer.page.status).toBe(expected.release)
      await officer.get(path('/acquisition-password'))
      expect(officer.page.status).toBe(expected.issue)
      const filled = issuePaper(officer.page)
      await officer.get('/helpdesk/home')
      for (const act of ['/lock-release', '/acquisition-password'])
        for (const step of ['/confirmation', '']) {
          if (expected.issue === 200) continue
          await officer.post(path(act + step), filled)
          expect([act, step, officer.page.status]).toEqual([act, step, 403])
          await officer.get('/helpdesk/home')
        }
    })

  it('H-01 the commands ask again, whatever route they are called from', async () => {
    const { staffId } = await newOfficer(portal, 'auditor', 'auditor.direct')
    const actor: StaffActor = {
      kind: 'staff',
      id: staffId,
      loginId: 'auditor.direct',
      name: '監査',
      role: 'auditor',
      origin: {},
    }
    const request = {
      caseId: portal.deps.ids.next(),
      userId: customer.id,
      paper: { reason: '権限なし', formReceivedOn: today(), sealChecked: true },
    }
    const refusedBoth = [
      await releaseCustomerLock(portal.deps, actor, request),
      await issueAcquisitionPassword(portal.deps, actor, {
        ...request,
        act: 'acquisition_password',
        delivery: 'post',
        seen: null,
      }),
    ]
    expect(refusedBoth).toEqual([
      { ok: false, reason: 'access.forbidden' },
      { ok: false, reason: 'access.forbidden' },
    ])
  })

  it('H-01 a stranger and a customer reach none of it', async () => {
    const stranger = portal.visitor()
    const user = await portal.administrator()
    for (const rest of ['', '/lock-release', '/acquisition-password']) {
      await stranger.get(portal.settings.portalOrigin + path(rest), { follow: false })
      expect(stranger.page.headers.location).toBe(`${portal.settings.portalOrigin}/helpdesk`)
      await user.get(path(rest))
      expect([rest, user.page.status]).toEqual([rest, 403])
    }
  })
})
