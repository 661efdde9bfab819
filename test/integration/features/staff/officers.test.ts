import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { issueDirectly } from '../../../../src/features/certificates/index.ts'
import { unlockStaff } from '../../../../src/features/staff/index.ts'
import { system } from '../../../../src/kernel/actor.ts'
import { plusSeconds } from '../../../../src/kernel/clock.ts'
import { formatsOf } from '../../../../src/platform/formats.ts'
import { sql } from '../../../support/database.ts'
import {
  freshCode,
  logInAsStaff,
  newOfficer,
  officerAtWork,
  proofOf,
  withNewCertificate,
} from '../../../support/officers.ts'
import { demo, openPortal, type Portal } from '../../../support/portal.ts'
import type { Visitor } from '../../../support/visitor.ts'

let portal: Portal
let operator: Visitor
let approver: Visitor
beforeAll(async () => {
  portal = await openPortal()
  operator = await officerAtWork(portal, 'operator', 'kanri.op')
  approver = await officerAtWork(portal, 'approver', 'kanri.ap')
})
afterAll(() => portal.close())

const bankHistory = (operation: string) =>
  sql<{ outcome: string; reason: string | null; details: string; subject_label: string | null }>(
    portal.database.ownerUrl,
    `SELECT outcome, reason, details, subject_label FROM history
      WHERE chain_id = '00000000-0000-0000-0000-000000000000' AND operation = '${operation}' ORDER BY seq DESC`,
  )

const hidden = ({ html }: { html: string }, name: string) =>
  new RegExp(`name="${name}" value="([^"]*)"`).exec(html)?.[1] ?? ''
const shownSecret = ({ html }: { html: string }) => /id="secret"[^>]*>([^<]+)</.exec(html)?.[1] ?? ''

/** Prepares an act about an officer; the visitor is on its page afterwards, or on the form with what is wrong. */
const prepare = async (
  officer: Visitor,
  staffId: string,
  act: string,
  fields: Record<string, string> = {},
) => {
  await officer.get(`/helpdesk/officers/${staffId}`)
  const caseId = hidden(officer.page, 'caseId')
  await officer.post(`/helpdesk/officers/${staffId}/cases`, { caseId, act, reason: '試験のため', ...fields })
  return `/helpdesk/officers/cases/${caseId}`
}

const approve = async (officer: Visitor, path: string) => {
  await officer.get(path)
  return officer.post(`${path}/approval`, proofOf(officer))
}

const register = async (officer: Visitor, fields: Record<string, string>) => {
  await officer.get('/helpdesk/officers/registration')
  const caseId = hidden(officer.page, 'caseId')
  await officer.post('/helpdesk/officers/registration', {
    caseId,
    name: '新任　試験',
    email: 'shinnin@bank.sekisho.example',
    role: 'operator',
    reason: '増員のため',
    ...fields,
  })
  return `/helpdesk/officers/cases/${caseId}`
}

describe('行員の管理', () => {
  it('H-08 two officers register a third, who changes the first password and registers a one-time password', async () => {
    const path = await register(operator, { loginId: 'shinnin1' })
    expect(operator.page.path).toBe(path)
    expect(operator.page.text).toContain('承認待ち')
    expect(await portal.deps.db.staff.count({ where: { loginIdKey: 'shinnin1' } })).toBe(0)
    // Its row in the one queue leads here.
    await approver.get(`/helpdesk/cases/${path.split('/').at(-1)}`)
    expect(approver.page.path).toBe(path)
    await approve(approver, path)
    expect(approver.page.text).toContain('staff:certificate shinnin1')
    const officer = await portal.deps.db.staff.findUniqueOrThrow({ where: { loginIdKey: 'shinnin1' } })
    expect(officer).toMatchObject({ role: 'operator', state: 'active' })

    // The password is shown to the two alone, once, and is in no history.
    const stranger = await officerAtWork(portal, 'operator', 'kanri.third')
    await stranger.get(path)
    expect((await stranger.post(`${path}/secret`, proofOf(stranger))).status).toBe(403)
    await operator.get(path)
    await operator.post(`${path}/secret`, proofOf(operator))
    const password = shownSecret(operator.page)
    expect(password).toMatch(/^\S{12,}$/)
    expect((await operator.get(path)).text).toContain('取得済みです')
    const chain = await sql<{ details: string }>(
      portal.database.ownerUrl,
      'SELECT details::text FROM history',
    )
    expect(chain.some(({ details }) => details.includes(password))).toBe(false)

    const pfx = await issueDirectly(portal.deps, system('test'), { staffId: officer.id }, 'OfficersFile2026')
    const newcomer = portal.visitor({ pfx, passphrase: 'OfficersFile2026' })
    await logInAsStaff(portal, newcomer, password)
    expect(newcomer.page.path).toBe('/helpdesk/password')
    expect((await newcomer.get('/helpdesk/officers')).path).toBe('/helpdesk/password')
    const change = (current: string, next: string, nextAgain = next) =>
      newcomer.post('/helpdesk/password', { current, next, nextAgain })
    expect((await change('chigau-password', 'Atarashii-2026-a')).status).toBe(422)
    expect((await change(password, 'mijikai')).status).toBe(422)
    expect((await change(password, 'Atarashii-2026-a', 'Atarashii-2026-b')).status).toBe(422)
    expect((await change(password, password)).status).toBe(422)
    expect((await change(password, 'Atarashii-2026-a')).path).toBe('/helpdesk/home')
    expect((await bankHistory('staff.password-changed'))[0]).toMatchObject({ outcome: 'done' })
  })

  it('H-08 nobody registers what is taken or malformed, and each mistake is said at its field', async () => {
    const before = await portal.deps.db.helpdeskCase.count()
    for (const [fields, words] of [
      [{ loginId: 'KANRI.OP' }, '既に使用されています'],
      [{ loginId: '行員１' }, '行員番号は、半角英数字'],
      [{ loginId: 'x1', name: ' ' }, '担当者名は、1文字以上'],
      [{ loginId: 'x1', email: 'a@b@c' }, 'メールアドレスの形式'],
      [{ loginId: 'x1', role: 'director' }, '役割が選択されていません'],
      [{ loginId: 'x1', reason: ' ' }, '理由が入力されていません'],
      [{ loginId: 'x1', reason: 'a\x07\x1b[31m b' }, '使用できない文字'],
      [{ loginId: 'x1', reason: 'gyaku\u202e' }, '使用できない文字'],
      [{ loginId: 'x1', reason: '長'.repeat(2001) }, '500文字以内'],
    ] as const) {
      await register(operator, fields)
      expect(operator.page.status).toBe(422)
      expect(operator.page.text).toContain(words)
    }
    // What was typed is there to be corrected, however long it is (I-03).
    await register(operator, { loginId: 'x1', reason: '長'.repeat(2001) })
    expect(operator.page.text).toContain('長'.repeat(2001))
    expect(await portal.deps.db.helpdeskCase.count()).toBe(before)
    const path = await register(operator, { loginId: 'futari' })
    await register(approver, { loginId: 'FUTARI' })
    expect(approver.page.text).toContain('承認を待っている手続きがすでにあります')
    await operator.get(path)
    await operator.post(`${path}/withdrawal`)
    expect(operator.page.text).toContain('取り下げ')
  })

  it('H-08 a suspension ends the session, a role holds from the next page on, each by two and never by oneself', async () => {
    const { staffId, visitor } = await newOfficer(portal, 'operator', 'idou')
    await logInAsStaff(portal, visitor)
    const own = await register(visitor, { loginId: 'tsugi' })
    const role = await prepare(operator, staffId, 'staff_role', { role: 'auditor' })
    expect((await operator.post(`${role}/approval`, proofOf(operator))).status).toBe(403)
    // The one whom it is about approves nothing of it either.
    await approve(approver, role)
    expect(await portal.deps.db.staff.findUnique({ where: { id: staffId } })).toMatchObject({
      role: 'auditor',
    })
    expect((await visitor.get('/helpdesk/officers/registration')).status).toBe(403)
    expect((await visitor.get('/helpdesk/officers')).status).toBe(200)
    // An auditor prepares nothing, and what they prepared before is not carried out any more.
    await approver.get(own)
    expect(approver.page.html).not.toContain(`${own}/approval`)
    await approver.post(`${own}/approval`, proofOf(approver))
    expect(approver.page.text).toContain('手続きを準備できない役割に変更されています')
    expect(await portal.deps.db.staff.count({ where: { loginId: 'tsugi' } })).toBe(0)
    expect(JSON.parse((await bankHistory('staff.role-changed'))[0]?.details ?? '')).toMatchObject({
      officerRole: { before: 'operator', after: 'auditor' },
    })

    const suspension = await prepare(operator, staffId, 'staff_suspension')
    await prepare(operator, staffId, 'staff_recovery')
    expect(operator.page.text).not.toContain('承認を依頼する')
    await approve(approver, suspension)
    expect((await visitor.get('/helpdesk/home')).status).toBe(401)
    // What the officer had prepared waits on, for another to say no to.
    await approver.get(own)
    expect(approver.page.text).toContain('その後に利用が停止されたか')
    expect(approver.page.html).not.toContain(`${own}/approval`)
    const proof = proofOf(approver)
    expect((await approver.post(`${own}/approval`, proof)).text).toContain('その後に利用が停止されたか')
    await approver.get(own)
    await approver.post(`${own}/rejection`, { decisionNote: '準備した行員の利用停止' })
    expect(approver.page.text).toContain('差し戻し')
    // Whoever holds the computer meanwhile is greeted by nobody's name.
    await visitor.get(`${portal.settings.portalOrigin}/helpdesk/login/certificate`)
    expect(visitor.page.text).toContain('失効した電子証明書です')
    const again = await withNewCertificate(portal, staffId)
    await logInAsStaff(portal, again)
    expect(again.page.text).toContain('利用が停止されています')
    await approve(approver, await prepare(operator, staffId, 'staff_resumption'))
    await logInAsStaff(portal, again)
    expect(again.page.path).toBe('/helpdesk/home')
  })

  it('H-08 refuses acts about oneself, without effect, about nobody, and of ten approvals carries out one', async () => {
    const own = await portal.deps.db.staff.findUniqueOrThrow({ where: { loginIdKey: 'kanri.op' } })
    await operator.get('/helpdesk/officers')
    const caseId = portal.deps.ids.next()
    const form = { caseId, act: 'staff_recovery', reason: '試験' }
    await operator.post(`/helpdesk/officers/${own.id}/cases`, form)
    expect(operator.page.text).toContain('ご自身についての手続き')
    const { staffId } = await newOfficer(portal, 'editor', 'henkou')
    await prepare(operator, staffId, 'staff_role', { role: 'editor' })
    expect(operator.page.text).toContain('何も変わりません')
    await prepare(operator, staffId, 'nothing')
    expect(operator.page.text).toContain('手続きが選択されていません')
    await operator.get('/helpdesk/officers')
    expect((await operator.post(`/helpdesk/officers/${portal.deps.ids.next()}/cases`, form)).status).toBe(404)
    expect((await operator.get('/helpdesk/officers/x')).status).toBe(404)

    const path = await prepare(operator, staffId, 'staff_suspension')
    // The same form, gone back to and corrected, is not the one that waits.
    await operator.get('/helpdesk/officers')
    await operator.post(`/helpdesk/officers/${staffId}/cases`, {
      caseId: path.split('/').at(-1) ?? '',
      act: 'staff_suspension',
      reason: '別の理由',
    })
    expect(operator.page.text).toContain('すでに登録されています')
    await approver.get(path)
    const _csrf = approver.csrfToken() ?? ''
    const proof = proofOf(approver)
    const answers = await Promise.all(
      Array.from({ length: 10 }, () =>
        approver.post(`${path}/approval`, { _csrf, ...proof }, { follow: false }),
      ),
    )
    expect(answers.filter(({ status }) => status === 303)).toHaveLength(1)
    expect(answers.every(({ status }) => status < 500)).toBe(true)
  })

  it('H-08 never leaves fewer than two who prepare and approve', async () => {
    const all = await portal.deps.db.staff.findMany({ where: { role: 'approver', state: 'active' } })
    const mine = all.find(each => each.loginIdKey === 'kanri.ap')
    const others = all.filter(each => each.id !== mine?.id)
    for (const other of others)
      await portal.deps.db.staff.update({ where: { id: other.id }, data: { state: 'suspended' } })
    try {
      await prepare(operator, mine?.id ?? '', 'staff_suspension')
      expect(operator.page.text).toContain('二人（うち役席者一人）を下回る')
    } finally {
      for (const other of others)
        await portal.deps.db.staff.update({ where: { id: other.id }, data: { state: 'active' } })
    }
  })
})

describe('the temporary password of officers', () => {
  /** Makes a recovery for this officer; gives its page. */
  const recover = async (staffId: string) => {
    const path = await prepare(operator, staffId, 'staff_recovery')
    await approve(approver, path)
    return path
  }
  const stateOfSecret = async (path: string) => {
    await operator.get(path)
    if (operator.page.html.includes(`${path}/secret`)) return 'kept'
    return operator.page.text.includes('取得済みです') ? 'taken' : 'over'
  }

  it('H-05 one that opens nothing any more is shown to nobody', async () => {
    const path = await register(operator, { loginId: 'shinnin2' })
    await approve(approver, path)
    const { id } = await portal.deps.db.staff.findUniqueOrThrow({ where: { loginIdKey: 'shinnin2' } })
    // Somebody else's stays.
    const other = await newOfficer(portal, 'operator', 'betsu')
    const others = await recover(other.staffId)
    const first = await recover(id)
    expect(await stateOfSecret(path)).toBe('over')
    const second = await recover(id)
    expect(await stateOfSecret(first)).toBe('over')
    await operator.get(others)
    const proof = proofOf(operator)
    await operator.post(`${first}/secret`, proof)
    expect(shownSecret(operator.page)).toBe('')
    expect(await stateOfSecret(second)).toBe('kept')
    await approve(approver, await prepare(operator, id, 'staff_suspension'))
    expect(await stateOfSecret(second)).toBe('over')
    expect(await stateOfSecret(others)).toBe('kept')
  })

  it('H-05 one that its owner has changed is shown to nobody', async () => {
    const { staffId, visitor } = await newOfficer(portal, 'operator', 'kaeta')
    await logInAsStaff(portal, visitor)
    const path = await recover(staffId)
    const id = path.split('/').at(-1) ?? ''
    const { sealed } = await portal.deps.db.shownOnce.findUniqueOrThrow({ where: { id } })
    await operator.get(path)
    await operator.post(`${path}/secret`, proofOf(operator))
    const password = shownSecret(operator.page)
    const { temporaryUntil } = await portal.deps.db.credential.findFirstOrThrow({ where: { staffId } })
    // The last second of its time, as customers' letters have it.
    expect(operator.page.text).toContain(
      `有効期限：${formatsOf('ja').dateTime(plusSeconds(temporaryUntil ?? new Date(0), -1))}。`,
    )
    expect(operator.page.text).toContain('23時59分59秒')
    // As if nobody had fetched it when its owner came to another one.
    await portal.deps.db.shownOnce.update({ where: { id }, data: { sealed, takenAt: null } })
    expect(await stateOfSecret(path)).toBe('kept')
    await logInAsStaff(portal, visitor, password)
    expect(visitor.page.path).toBe('/helpdesk/password')
    await visitor.post('/helpdesk/password', {
      current: password,
      next: 'Betsu-no-2026-a',
      nextAgain: 'Betsu-no-2026-a',
    })
    expect(visitor.page.path).not.toBe('/helpdesk/password')
    expect(await stateOfSecret(path)).toBe('over')
  })
})

describe('the one-time password of officers', () => {
  it('H-01 a code works once, five wrong ones suspend it, and two others let its owner begin anew', async () => {
    const { staffId, visitor: careless } = await newOfficer(portal, 'approver', 'karui')
    await logInAsStaff(portal, careless)
    const target = await newOfficer(portal, 'auditor', 'mato')
    const path = await prepare(operator, target.staffId, 'staff_suspension')
    await careless.get(path)
    const tryCode = (oneTimePassword: string) =>
      careless.post(`${path}/approval`, { officerPassword: demo.staffPassword, oneTimePassword })
    expect((await tryCode('')).text).toContain('ワンタイムパスワードが入力されていません')
    expect((await tryCode('12345a')).text).toContain('6桁の数字です')
    const right = freshCode(careless)
    const wrong = String((Number(right) + 1) % 1_000_000).padStart(6, '0')
    for (let n = 0; n < 4; n++) expect((await tryCode(wrong)).text).toContain('正しくありません')
    expect((await tryCode(wrong)).text).toContain('利用停止になっています')
    expect((await tryCode(freshCode(careless))).text).toContain('利用停止になっています')
    expect((await bankHistory('otp.suspended'))[0]).toMatchObject({ subject_label: 'karui' })
    expect(await portal.deps.db.staff.findUnique({ where: { id: target.staffId } })).toMatchObject({
      state: 'active',
    })

    const recovery = await prepare(operator, staffId, 'staff_recovery')
    await approve(approver, recovery)
    expect((await careless.get('/helpdesk/home')).status).toBe(401)
    await approver.post(`${recovery}/secret`, proofOf(approver))
    const password = shownSecret(approver.page)
    await logInAsStaff(portal, careless)
    expect(careless.page.status).toBe(422)
    await logInAsStaff(portal, careless, password)
    expect(careless.page.path).toBe('/helpdesk/password')
    await careless.post('/helpdesk/password', {
      current: password,
      next: 'Yarinaoshi-2026',
      nextAgain: 'Yarinaoshi-2026',
    })
    await careless.get(path)
    await careless.post(`${path}/approval`, { ...proofOf(careless), officerPassword: 'Yarinaoshi-2026' })
    expect(careless.page.text).toContain('完了')
    // The same code again, for another case.
    const again = await prepare(operator, target.staffId, 'staff_resumption')
    await careless.get(again)
    const used = { ...proofOf(careless), officerPassword: 'Yarinaoshi-2026' }
    await careless.post(`${again}/approval`, used)
    const third = await prepare(operator, target.staffId, 'staff_suspension')
    await careless.get(third)
    expect((await careless.post(`${third}/approval`, used)).text).toContain('使用済みです')
  })

  it('H-01 a bank without two others ends a lost token from the command line, with a reason', async () => {
    const { staffId, visitor } = await newOfficer(portal, 'operator', 'nakusu')
    await logInAsStaff(portal, visitor)
    const unlock = (endToken: boolean) =>
      unlockStaff(portal.deps, system('command line'), 'nakusu', '端末の紛失', { endToken })
    expect(await unlock(false)).toMatchObject({ ok: false, reason: 'staff.notLocked' })
    expect(await unlock(true)).toMatchObject({ ok: true })
    expect(await portal.deps.db.otpToken.count({ where: { staffId, state: 'active' } })).toBe(0)
    expect(await unlock(true)).toMatchObject({ ok: false })
    await visitor.get('/helpdesk/home')
    await visitor.post('/helpdesk/logout')
    await visitor.get(`${portal.settings.portalOrigin}/helpdesk/login/certificate`)
    await visitor.post('/helpdesk/login', { password: demo.staffPassword })
    expect(visitor.page.path).toBe('/helpdesk/otp/registration')
  })

  it('H-01 registers once at a login: a second one under way does not put another in its place', async () => {
    const { staffId, visitor } = await newOfficer(portal, 'operator', 'nijuu')
    await visitor.get(`${portal.settings.portalOrigin}/helpdesk/login/certificate`)
    await visitor.post('/helpdesk/login', { password: demo.staffPassword })
    expect(visitor.page.path).toBe('/helpdesk/otp/registration')
    expect((await visitor.get('/helpdesk/otp/registration/qr.svg')).headers['content-type']).toContain('svg')
    await visitor.get('/helpdesk/otp/registration')
    for (const code of ['', 'abcdef', '000000']) {
      await visitor.post('/helpdesk/otp/registration/check', { oneTimePassword: code })
      expect(visitor.page.status).toBe(422)
    }
    await logInAsStaff(portal, visitor)
    expect(visitor.page.path).toBe('/helpdesk/home')
    expect(await portal.deps.db.otpToken.count({ where: { staffId } })).toBe(1)
    expect((await visitor.get('/helpdesk/otp/registration')).status).toBe(200)
    expect(visitor.page.path).toBe('/helpdesk/home')
  })
})
