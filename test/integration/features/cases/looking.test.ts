import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { customerActs } from '../../../../src/features/cases/case.ts'
import { openCustomerCase } from '../../../../src/features/cases/index.ts'
import type { StaffActor } from '../../../../src/kernel/actor.ts'
import { casePaper } from '../../../support/cases.ts'
import { sql } from '../../../support/database.ts'
import { newOfficer, officerAtWork } from '../../../support/officers.ts'
import { demo, openPortal, type Portal } from '../../../support/portal.ts'
import type { Visitor } from '../../../support/visitor.ts'

let portal: Portal
let customer: { id: string; companyId: string }
let operator: Visitor
beforeAll(async () => {
  portal = await openPortal({ presets: ['shoko', 'prosrv'] })
  customer = await portal.deps.db.user.findFirstOrThrow({ where: { loginId: demo.administrator.loginId } })
  operator = await officerAtWork(portal, 'operator', 'case.operator')
})
afterAll(() => portal.close())

const rows = <Row extends Record<string, unknown>>(statement: string) =>
  sql<Row>(portal.database.ownerUrl, statement)

const path = (rest = '') => `/helpdesk/users/${customer.id}${rest}`

const companyHistory = () =>
  rows<{ operation: string; outcome: string; reason: string | null; actor: string; details: string }>(
    `SELECT operation, outcome, reason, actor_login_id AS actor, details FROM history
      WHERE chain_id = '${customer.companyId}' ORDER BY seq DESC LIMIT 100`,
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
      'kanri@',
      '理太',
      '郎',
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

  it('H-02 reaches everybody: an ID that many companies have with its company, and page after page', async () => {
    const { companyId } = customer
    const other = await portal.deps.db.company.findFirstOrThrow({ where: { id: { not: companyId } } })
    const namesake = (company: string, n: number) => ({
      id: portal.deps.ids.next(),
      companyId: company,
      loginId: `Ooi${String(n).padStart(3, '0')}`,
      loginIdKey: `ooi${String(n).padStart(3, '0')}`,
      loginIdScope: company === companyId ? 'bank' : other.contractNumber,
      name: '多い　人',
      email: `ooi${n}@demo.sekisho.example`,
      role: 'user' as const,
      createdAt: portal.clock.now(),
    })
    const there = Array.from({ length: 110 }, (_, n) => namesake(other.id, n))
    const meant = namesake(companyId, 7)
    await portal.deps.db.user.createMany({ data: [...there, meant] })
    const both = await find({ q: 'ooi007', field: 'loginId' })
    expect(both.html).toContain(`/helpdesk/users/${there[7]?.id}`)
    expect(both.html).toContain(`/helpdesk/users/${meant.id}`)
    for (const company of ['2004000000', '関所商事']) {
      const one = await find({ q: 'ooi007', field: 'loginId', company })
      expect(one.html).toContain(`/helpdesk/users/${meant.id}`)
      expect(one.html).not.toContain(`/helpdesk/users/${there[7]?.id}`)
    }
    const seen = new Set<string>()
    for (const page of ['1', '2', '3']) {
      const { html } = await find({ q: 'ooi', field: 'loginId', page })
      for (const [, id = ''] of html.matchAll(/href="\/helpdesk\/users\/([0-9a-f-]{36})"/g)) seen.add(id)
    }
    for (const { id } of [...there, meant]) expect(seen.has(id)).toBe(true)
    // Its link leads on; a page past the end is the first one, what is no number too.
    expect((await find({ q: 'ooi', field: 'loginId' })).html).toContain('q=ooi&amp;page=2')
    for (const page of ['999', '-1', 'x'])
      expect((await find({ q: 'ooi', field: 'loginId', page })).html).toContain('Ooi000')
    // All of one company, without a word to look for.
    const all = await find({ q: '', company: other.contractNumber })
    expect(all.status).toBe(200)
    expect(all.text).toContain('Ooi000')
    expect((await find({ q: '', company: '\x07' })).status).toBe(422)
    await portal.deps.db.user.deleteMany({ where: { name: '多い　人' } })
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

  it('H-02 G-06 shows the numbers that the customer has registered, to be called back at', async () => {
    const id = path().split('/').at(-1)
    await sql(
      portal.database.ownerUrl,
      `UPDATE "user" SET phone = '+81312345678', mobile = '+819012345678', department = '経理部' WHERE id = '${id}'`,
    )
    await operator.get(path())
    for (const words of ['電話番号 03-1234-5678', '携帯電話番号 090-1234-5678', '部署名 経理部'])
      expect(operator.page.text).toContain(words)
    expect(operator.page.text).not.toContain('組織名')
  })

  it('H-02 F-01 says about whom each entry is: who registers another has not registered themselves', async () => {
    await portal.deps.db.history.findFirstOrThrow({ where: { actorId: customer.id } })
    await operator.get(path())
    const head = /最近の操作履歴[\s\S]*?<\/thead>/.exec(operator.page.html)?.[0] ?? ''
    expect(head).toContain('対象')
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
      await operator.post(
        `/helpdesk/users/${id}/acquisition-password`,
        casePaper(portal, operator.page, { reasonChoice: 'first' }),
      )
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
      const filled = casePaper(portal, officer.page, { reasonChoice: 'first' })
      await officer.get('/helpdesk/home')
      for (const act of ['/lock-release', '/acquisition-password'])
        for (const step of ['/confirmation', '']) {
          if (expected.issue === 200) continue
          await officer.post(path(act + step), filled)
          expect([act, step, officer.page.status]).toEqual([act, step, 403])
          await officer.get('/helpdesk/home')
        }
    })

  it('H-02 shows codes and links under way, until when and how often they were tried, and none that have ended', async () => {
    const holder = { companyId: customer.companyId, userId: customer.id }
    const now = portal.clock.now()
    const inTenMinutes = new Date(now.getTime() + 600_000)
    const code = (purpose: string, channel: 'mail' | 'sms', fields = {}) =>
      portal.deps.db.authenticationCode.create({
        data: {
          id: portal.deps.ids.next(),
          ...holder,
          ...{ purpose, channel, recipient: 'x', hash: new Uint8Array(32), issuedAt: now },
          ...{ expiresAt: inTenMinutes, ...fields },
        },
      })
    await code('certificate-issue', 'mail', { tries: 2 })
    await code('login-sms', 'sms', { usedAt: now })
    await code('mobile-change', 'sms', { tries: 5 })
    await code('mail-change', 'mail', { expiresAt: now })
    await portal.deps.db.passwordReset.create({
      data: {
        id: portal.deps.ids.next(),
        ...holder,
        ...{ tokenHash: new Uint8Array(32).fill(7), issuedAt: now, expiresAt: inTenMinutes },
      },
    })
    const { text } = await operator.get(path())
    expect(text).toContain('メールの認証コード（電子証明書の発行）')
    expect(text).toContain('2回（5回で無効）')
    expect(text).toContain('ログインパスワードを再設定するメールのリンク')
    for (const ended of ['（ログイン）', '（携帯電話番号の変更）', '（メールアドレスの変更）'])
      expect(text).not.toContain(ended)
  })

  it('H-01 the command asks again, whatever route it is called from', async () => {
    const { staffId } = await newOfficer(portal, 'auditor', 'auditor.direct')
    const actor: StaffActor = {
      kind: 'staff',
      id: staffId,
      loginId: 'auditor.direct',
      name: '監査',
      role: 'auditor',
      origin: {},
    }
    const paper = { reason: '権限なし', formNumber: '1', formReceivedOn: null, sealChecked: true }
    for (const act of customerActs)
      expect([
        act,
        await openCustomerCase(portal.deps, actor, {
          caseId: portal.deps.ids.next(),
          userId: customer.id,
          act,
          paper,
          delivery: 'post',
          email: null,
          revocationReason: 'other',
          seen: null,
          sent: '',
        }),
      ]).toEqual([act, { ok: false, reason: 'access.forbidden' }])
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
