import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sql } from '../../../support/database.ts'
import { demoOf } from '../../../support/factors.ts'
import { logInAsStaff, officerAtWork, proofOf } from '../../../support/officers.ts'
import { openPortal, type Portal } from '../../../support/portal.ts'
import type { Visitor } from '../../../support/visitor.ts'
import { atHome } from '../../../support/ways-in.ts'

/** What an approval asks the officer for once more (H-01). */

let portal: Portal
let operator: Visitor
let approver: Visitor
beforeAll(async () => {
  portal = await openPortal({ presets: ['shoko', 'sevenbank', 'prosrv'], generalUsers: true })
  operator = await logInAsStaff(portal, portal.visitor(await portal.identity('operator')))
  approver = await logInAsStaff(portal, portal.visitor(await portal.identity('approver')))
})
afterAll(() => portal.close())

const companyOf = (contractNumber: string) =>
  portal.deps.db.company.findUniqueOrThrow({ where: { contractNumber } })

const policyInForce = async (contractNumber: string) => {
  const { id, policyVersion } = await companyOf(contractNumber)
  return portal.deps.db.companyPolicy.findUniqueOrThrow({
    where: { companyId_version: { companyId: id, version: policyVersion } },
  })
}

const hidden = (html: string): Record<string, string> =>
  Object.fromEntries(
    // The language switch of every page has a hidden `back` of its own.
    [...html.matchAll(/<input type="hidden" name="(?!back"|lang")(\w+)" value="([^"]*)">/g)].map(
      ([, name, value]) => [name ?? '', value ?? ''],
    ),
  )

/** The administrator of a preset at home, with a password that need not be changed. */
const loggedIn = async (preset: 'sevenbank') => {
  await portal.deps.db.credential.updateMany({
    where: { user: { loginId: demoOf(preset).administrator.loginId } },
    data: { forceChange: false },
  })
  return atHome(portal, preset, 'administrator')
}

/** From the company's page through the form to the dry run, which changes nothing. */
const dryRun = async (officer: Visitor, contractNumber: string, fields: Record<string, string>) => {
  const { id } = await companyOf(contractNumber)
  await officer.get(`/helpdesk/companies/${id}/policy`)
  const entrance = /<option value="([\w-]+)" selected>/.exec(officer.page.html)?.[1] ?? ''
  const { caseId = '', baseVersion = '' } = hidden(officer.page.html)
  return officer.post(`/helpdesk/companies/${id}/policy/confirmation`, {
    caseId,
    baseVersion,
    entrance,
    ...fields,
  })
}

/** Sends the dry run's form with a reason. */
const carryOut = async (officer: Visitor, reason = 'お客様からのお申し出のため') => {
  const { _csrf, ...fields } = hidden(officer.page.html)
  const path = officer.page.path.replace('/confirmation', '')
  return officer.post(path, { ...fields, reason })
}

describe('a company’s policy', () => {
  it('A-00 shows each rule with its source, and beside it what falls short of ASVS 5.0 level 2', async () => {
    const { id } = await companyOf('7001000000')
    const page = await operator.get(`/helpdesk/companies/${id}`)
    expect(page.status).toBe(200)
    expect(page.text).toContain('連続6回の誤りでロック')
    expect(page.text).toContain('6文字以上12文字以内')
    expect(page.text).toContain('6.2.1')
    expect(page.text).toContain('8文字に満たないパスワードを登録できる')
  })

  it('A-03 a stricter override is made by one officer, as a case and in the company’s history', async () => {
    const page = await dryRun(operator, '7001000000', { lockFailures: '4', idleMinutes: '10' })
    expect(page.text).toContain('連続4回の誤りでロック')
    expect((await policyInForce('7001000000')).version).toBe(1)
    await carryOut(operator)
    expect(operator.page.text).toContain('セキュリティポリシーを変更しました')
    const policy = await policyInForce('7001000000')
    expect(policy.overrides).toEqual({ lock: { failures: 4 }, session: { idleSeconds: 600 } })
    const { id } = await companyOf('7001000000')
    const entry = await portal.deps.db.history.findFirstOrThrow({
      where: { chainId: id, operation: 'policy.changed' },
    })
    expect(JSON.parse(entry.details)).toMatchObject({
      caseReason: 'お客様からのお申し出のため',
      before: { preset: 'sevenbank', overrides: [] },
      after: { preset: 'sevenbank', overrides: ['lock.failures=4', 'session.idleSeconds=600'] },
    })
  })

  it('A-02 a longer password shows how many must change theirs, and then makes them', async () => {
    const page = await dryRun(operator, '7001000000', { passwordMinimum: '10', idleMinutes: '10' })
    expect(page.text).toMatch(/次回ログイン時に、パスワードの変更が必要になる 2名/)
    await carryOut(operator)
    const { id } = await companyOf('7001000000')
    const forced = await portal.deps.db.credential.count({
      where: { companyId: id, kind: 'login_password', forceChange: true },
    })
    expect(forced).toBe(2)
  })

  it('A-03 below the floor: only another approver can approve, and until then nothing changes', async () => {
    const before = await policyInForce('2004000000')
    const page = await dryRun(operator, '2004000000', { lockFailures: '5', passwordMinimum: '6' })
    expect(page.text).toContain('プリセットの下限を下回るか、今より弱くなります')
    expect(page.text).toContain('ロックまでの誤りの回数が、プリセットより多くなります')
    expect(page.text).toContain('パスワードの最小文字数が、プリセットより短くなります')
    await carryOut(operator)
    expect(operator.page.text).toContain('役席者の承認を待っています')
    expect(await policyInForce('2004000000')).toEqual(before)
    const { path } = operator.page
    expect((await operator.post(`${path}/approval`, proofOf(operator))).status).toBe(403)

    await approver.get(`/helpdesk/home`)
    expect(approver.page.text).toContain('承認待ちの手続き')
    await approver.get(path)
    await approver.post(`${path}/approval`, proofOf(approver))
    expect(approver.page.text).toContain('セキュリティポリシーを変更しました')
    expect(await policyInForce('2004000000')).toMatchObject({
      version: before.version + 1,
      overrides: { lock: { failures: 5 }, loginPassword: { minimum: 6 } },
    })
    await approver.post(`${path}/approval`, proofOf(approver))
    expect(approver.page.status).toBe(409)
    expect(approver.page.text).toContain('すでに決裁されているか')
  })

  it('A-03 an approver can’t approve what they proposed themselves', async () => {
    await dryRun(approver, '2004000000', { lockFailures: '6' })
    await carryOut(approver)
    const { path } = approver.page
    expect(approver.page.text).toContain('依頼した担当者は承認できません')
    expect(approver.page.text).not.toContain('承認して変更する')
    await approver.post(`${path}/approval`, proofOf(approver))
    expect(approver.page.status).toBe(409)
    expect(approver.page.text).toContain('ご自身が準備した手続きは承認できません')
    const second = await officerAtWork(portal, 'approver', 'approver2')
    await second.get(path)
    await second.post(`${path}/rejection`, { decisionNote: '理由が足りません' })
    expect(second.page.text).toContain('この変更は差し戻されました')
  })

  it('A-03 the same form sent twice has one effect; a corrected one is refused and leads to the case', async () => {
    const sendTwice = async (contractNumber: string, wanted: string, corrected: string) => {
      const reason = '二重に送信'
      await dryRun(operator, contractNumber, { lockFailures: wanted, idleMinutes: '10' })
      const form = operator.page
      const address = form.path.replace('/confirmation', '')
      const { _csrf, ...fields } = hidden(form.html)
      for (const _click of ['first', 'second']) {
        await operator.post(address, { ...fields, reason })
        expect(operator.page.path).toContain(`/policy-cases/${fields.caseId}`)
      }
      const { path } = operator.page
      for (const changed of [{ lockFailures: corrected }, { reason: '訂正した理由' }]) {
        await operator.post(address, { ...fields, reason, ...changed })
        expect([changed, operator.page.status]).toEqual([changed, 409])
        expect(operator.page.text).toContain('変更する前のものがすでに登録されています')
        expect(operator.page.html).toContain(`href="${path}"`)
      }
      return path
    }
    const waiting = await sendTwice('2004000000', '9', '8')
    await operator.post(`${waiting}/withdrawal`)
    // Carried out at once by one officer: the first form holds, and nobody believes the second.
    await sendTwice('7001000000', '3', '2')
    expect((await policyInForce('7001000000')).overrides).toMatchObject({ lock: { failures: 3 } })
  })

  it('A-03 twenty approvals at once make one version', async () => {
    const before = await policyInForce('2004000000')
    await dryRun(operator, '2004000000', { lockFailures: '9' })
    await carryOut(operator)
    const { path } = operator.page
    await approver.get(path)
    const _csrf = approver.csrfToken() ?? ''
    const proof = proofOf(approver)
    const answers = await Promise.all(
      Array.from({ length: 20 }, () =>
        approver.post(`${path}/approval`, { _csrf, ...proof }, { follow: false }),
      ),
    )
    expect(answers.filter(({ status }) => status === 303)).toHaveLength(1)
    expect((await policyInForce('2004000000')).version).toBe(before.version + 1)
  })

  it('B-12 a shorter idle time holds for sessions that are open already, and they stay open', async () => {
    const someone = await loggedIn('sevenbank')
    const page = await dryRun(operator, '7001000000', { idleMinutes: '5', passwordMinimum: '10' })
    expect(page.text).toMatch(/変更と同時にログアウトされる 0名/)
    await carryOut(operator)
    expect((await someone.get('/home')).status).toBe(200)
    portal.clock.move(5 * 60)
    expect((await someone.get('/home')).status).toBe(401)
  })

  it('A-02, B-17 sessions that the new policy would not have opened end with the change, and are counted', async () => {
    const someone = await loggedIn('sevenbank')
    const page = await dryRun(operator, '7001000000', {
      secondFactor: 'totp',
      passwordMinimum: '10',
      idleMinutes: '5',
    })
    expect(page.text).toMatch(/変更と同時にログアウトされる 1名/)
    expect((await someone.get('/home')).status).toBe(200)
    await carryOut(operator)
    expect(operator.page.text).toContain('接続1件を終了し')
    const ended = await someone.get('/home')
    expect(ended.status).toBe(401)
    expect(ended.text).toContain('セキュリティポリシーが変更されたため')
    const { id } = await companyOf('7001000000')
    const entry = await portal.deps.db.history.findFirstOrThrow({
      where: { chainId: id, operation: 'policy.changed' },
      orderBy: { id: 'desc' },
    })
    expect(JSON.parse(entry.details)).toMatchObject({ sessionsEnded: 1 })
  })

  it('A-03, H-04 a company is left without its second factor, or with longer idle times, by two officers alone', async () => {
    const before = await policyInForce('7001000000')
    expect(before.overrides).toMatchObject({ login: { secondFactor: 'totp' }, session: { idleSeconds: 300 } })
    const page = await dryRun(operator, '7001000000', { passwordMinimum: '10', confirmation: 'none' })
    for (const weaker of [
      'ログイン時の第2の認証手段が、今より弱くなります',
      '変更時の確認が、今より弱くなります',
      '無操作によるタイムアウトまでの時間が、今より長くなります',
      'ほかの役席者の承認が必要です',
    ])
      expect(page.text).toContain(weaker)
    await carryOut(operator)
    expect(operator.page.text).toContain('役席者の承認を待っています')
    expect(await policyInForce('7001000000')).toEqual(before)
    const { path } = operator.page
    await approver.get(path)
    await approver.post(`${path}/approval`, proofOf(approver))
    expect((await policyInForce('7001000000')).overrides).toEqual({
      loginPassword: { minimum: 10 },
      confirmation: 'none',
    })
  })

  it('A-02 another preset tells who loses a way to log in and who needs a certificate, and needs two', async () => {
    const page = await dryRun(operator, '7001000000', { entrance: 'shoko', passwordMinimum: '' })
    expect(page.text).toMatch(/今のログインの方法が使えなくなる 2名/)
    expect(page.text).toMatch(/ログインに必要な電子証明書を持っていない 2名/)
    expect(page.text).toContain('ほかの役席者の承認が必要です')
    await carryOut(operator)
    expect(operator.page.text).toContain('役席者の承認を待っています')
    const { path } = operator.page
    await approver.get(path)
    await approver.post(`${path}/approval`, proofOf(approver))
    expect((await policyInForce('7001000000')).preset).toBe('shoko')
    const { entranceId } = await companyOf('7001000000')
    expect(await portal.deps.db.entrance.findUniqueOrThrow({ where: { id: entranceId } })).toMatchObject({
      slug: 'shoko',
    })
  })

  it('A-00 a preset that wants login IDs unique over the bank is refused where they are not', async () => {
    const page = await dryRun(operator, '5001000000', { entrance: 'sevenbank' })
    expect(page.text).toContain('ほかの企業の利用者と重なるログインIDが2件')
    await carryOut(operator)
    await approver.get(operator.page.path)
    await approver.post(`${operator.page.path}/approval`, proofOf(approver))
    expect(approver.page.status).toBe(409)
    expect(approver.page.text).toContain('先にログインIDを変更してください')
    expect((await policyInForce('5001000000')).preset).toBe('prosrv')
    await operator.post(`${operator.page.path}/withdrawal`)
  })

  it('A-02, A-03 a company of twenty thousand users is looked through, and changes its passwords and its preset', async () => {
    const { id } = await companyOf('5001000000')
    await sql(
      portal.database.ownerUrl,
      `WITH added AS (
         INSERT INTO "user" (id, company_id, login_id, login_id_key, login_id_scope, name, email, role, created_at)
         SELECT gen_random_uuid(), '${id}', 'many' || n, 'many' || n, '5001000000', '大口　太郎', 'n@example.co.jp', 'user', now()
           FROM generate_series(1, 20000) AS n RETURNING id)
       INSERT INTO credential (id, company_id, user_id, kind, hash, set_at, set_on)
       SELECT gen_random_uuid(), '${id}', id, 'login_password', '-', now(), current_date FROM added`,
      `UPDATE "user" SET login_id = login_id || 'x', login_id_key = login_id_key || 'x' WHERE company_id = '${id}' AND login_id_key NOT LIKE 'many%'`,
    )
    const approve = async () => {
      await carryOut(operator)
      if (operator.page.text.includes('セキュリティポリシーを変更しました')) return
      await approver.get(operator.page.path)
      await approver.post(`${operator.page.path}/approval`, proofOf(approver))
      expect(approver.page.text).toContain('セキュリティポリシーを変更しました')
    }
    const users = await portal.deps.db.user.count({ where: { companyId: id } })
    const toChange = await portal.deps.db.credential.count({
      where: { companyId: id, kind: 'login_password', forceChange: false },
    })
    expect(toChange).toBeGreaterThanOrEqual(20_000)
    const longer = await dryRun(operator, '5001000000', { passwordMinimum: '12' })
    expect(longer.text).toContain(`パスワードの変更が必要になる ${toChange}名`)
    await approve()
    expect(await portal.deps.db.credential.count({ where: { companyId: id, forceChange: false } })).toBe(0)
    await dryRun(operator, '5001000000', { entrance: 'sevenbank', passwordMinimum: '' })
    await approve()
    expect((await policyInForce('5001000000')).preset).toBe('sevenbank')
    expect(await portal.deps.db.user.count({ where: { companyId: id, loginIdScope: 'bank' } })).toBe(users)
  })
})

describe('forms that go wrong', () => {
  it('I-03 say every mistake at its field and keep what was typed', async () => {
    const page = await dryRun(operator, '2004000000', {
      lockFailures: 'x',
      passwordMinimum: '65',
      secondFactor: 'sms',
      certificates: 'required',
    })
    expect(page.status).toBe(422)
    expect(page.text).toContain('1から100までの数字を入力してください')
    expect(page.text).toContain('4から64までの数字を入力してください')
    expect(page.text).toContain('この認証手段は、選択した入口のプリセットでは利用できません')
    expect(page.text).toContain('電子証明書の利用を個別に選べません')
    expect(page.html).toContain('value="65"')
  })

  it('a change without a reason, without a difference, or overtaken meanwhile is refused', async () => {
    await dryRun(operator, '2004000000', { lockFailures: '２' })
    await carryOut(operator, ' ')
    expect(operator.page.status).toBe(422)
    expect(operator.page.text).toContain('変更の理由が入力されていません')
    const stale = hidden(operator.page.html)
    const path = operator.page.path
    await carryOut(operator)
    expect(operator.page.text).toContain('セキュリティポリシーを変更しました')
    await dryRun(operator, '2004000000', {})
    const { _csrf, ...same } = hidden(operator.page.html)
    await operator.post(path, { ...same, lockFailures: '2', reason: '同じ' })
    expect(operator.page.text).toContain('変更された項目がありません')
    await operator.post(path, {
      ...stale,
      _csrf: operator.csrfToken() ?? _csrf ?? '',
      caseId: portal.deps.ids.next(),
      lockFailures: '1',
      reason: '古い画面',
    })
    expect(operator.page.status).toBe(409)
  })

  it('H-01 auditors look and change nothing; editors don’t look', async () => {
    const { id } = await companyOf('2004000000')
    const page = `/helpdesk/companies/${id}`
    const auditor = await officerAtWork(portal, 'auditor', 'auditor9')
    expect((await auditor.get(page)).status).toBe(200)
    expect(auditor.page.text).not.toContain('セキュリティポリシーを変更する')
    expect((await auditor.get(`${page}/policy`)).status).toBe(403)
    const editor = await officerAtWork(portal, 'editor', 'editor9')
    expect((await editor.get(page)).status).toBe(403)
    expect((await operator.get(`/helpdesk/companies/nothing`)).status).toBe(404)
  })
})
