import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { storePassword } from '../../../../src/features/passwords/index.ts'
import { inTx } from '../../../../src/platform/db/in-tx.ts'
import { eraseOverdueSecrets } from '../../../../src/platform/shown-once.ts'
import { approveCase, casePaper, fetchSecret, openCase, shownSecret } from '../../../support/cases.ts'
import { sql } from '../../../support/database.ts'
import { newUser } from '../../../support/enrolment.ts'
import { officerAtWork, proofOf } from '../../../support/officers.ts'
import { hasPdftotext, wordsOfPdf } from '../../../support/pdf.ts'
import { openPortal, type Portal } from '../../../support/portal.ts'
import type { Visitor } from '../../../support/visitor.ts'

let portal: Portal
let operator: Visitor
let approver: Visitor
let second: Visitor
beforeAll(async () => {
  portal = await openPortal()
  operator = await officerAtWork(portal, 'operator', 'two.operator')
  approver = await officerAtWork(portal, 'approver', 'two.approver')
  second = await officerAtWork(portal, 'approver', 'two.second')
})
afterAll(() => portal.close())

const prepared = async (officer = operator) => {
  const user = await newUser(portal)
  const caseId = await openCase(portal, officer, user.id, 'password-reset')
  expect(officer.page.text).toContain('承認待ち')
  return { user, caseId, path: `/helpdesk/cases/${caseId}` }
}

const caseRow = (id: string) => portal.deps.db.helpdeskCase.findUniqueOrThrow({ where: { id } })

const loginPassword = (userId: string) =>
  portal.deps.db.credential.findFirstOrThrow({ where: { userId, kind: 'login_password' } })

const operations = async (companyId: string, caseId: string) =>
  (
    await portal.deps.db.history.findMany({
      where: { chainId: companyId, details: { contains: caseId } },
      orderBy: { seq: 'asc' },
    })
  ).map(({ operation, outcome, reason }) => (outcome === 'done' ? operation : `${operation} ${reason}`))

describe('an act that gives access', () => {
  it('H-04 waits for a second officer, who proves anew who they are; the secret is fetched once', async () => {
    const { user, caseId, path } = await prepared()
    const before = await loginPassword(user.id)
    expect(await caseRow(caseId)).toMatchObject({
      state: 'prepared',
      formNumber: 'R8-0001',
      sealChecked: true,
    })
    expect((await approver.get('/helpdesk/approvals')).text).toContain(user.loginId)
    expect((await approver.get('/helpdesk/home')).text).toContain('ログインパスワードの再設定')
    expect((await operator.get('/helpdesk/approvals')).text).toContain('ご自身が準備した手続き')

    const shown = await approver.get(path)
    for (const word of ['R8-0001', '届出印', '試験のため', user.loginId, '承認の期限'])
      expect(shown.text).toContain(word)
    expect((await approver.post(`${path}/approval`, { officerPassword: '' })).status).toBe(422)
    expect(approver.page.text).toContain('パスワードが入力されていません')
    expect(
      (await approver.post(`${path}/approval`, { ...proofOf(approver), officerPassword: 'Chigau-2026' }))
        .status,
    ).toBe(422)
    expect(await loginPassword(user.id)).toEqual(before)

    expect((await approveCase(approver, caseId)).text).toContain('仮のログインパスワードを設定しました')
    const after = await loginPassword(user.id)
    expect(after).toMatchObject({ forceChange: true })
    expect(after.hash).not.toBe(before.hash)
    expect(after.temporaryUntil?.getTime()).toBeGreaterThan(portal.clock.now().getTime())
    expect(await operations(user.companyId, caseId)).toEqual([
      'case.prepared',
      'password.reissued',
      'case.approved',
    ])

    // Whoever is called sees that it has not been handed over (H-02).
    const page = () => operator.get(`/helpdesk/users/${user.id}`)
    expect((await page()).text).toContain('ログインパスワード：お電話でお伝えする担当者が取得していません')
    // A third officer is none of the two.
    await second.get(path)
    expect(second.page.text).toContain('準備または承認した担当者')
    expect((await second.post(`${path}/secret`, proofOf(second))).status).toBe(403)
    const answers = await Promise.all([fetchSecret(operator, caseId), fetchSecret(approver, caseId)])
    expect(answers.filter(each => each !== undefined)).toHaveLength(1)
    const password = answers.find(each => each !== undefined) ?? ''
    expect((await page()).text).not.toContain('取得していません')
    expect(await portal.deps.hasher.verify(after.hash, password)).toBe(true)
    for (const officer of [operator, approver]) {
      expect((await officer.get(path)).text).toContain('取得済みです')
      await officer.post(`${path}/secret`, proofOf(officer))
      expect(shownSecret(officer.page)).toBeUndefined()
    }
    const told = await portal.deps.db.outboxMail.findFirstOrThrow({
      where: { userId: user.id, kind: 'password.reissued' },
    })
    expect(JSON.stringify(told)).not.toContain(password)
    const kept = await portal.deps.db.shownOnce.findUniqueOrThrow({ where: { id: caseId } })
    expect(kept.sealed).toBeNull()
    expect(kept.takenAt).not.toBeNull()
  })

  it('H-04 is approved once, by whomever and in however many windows', async () => {
    const { user, caseId, path } = await prepared()
    await approver.get(path)
    await second.get(path)
    const proofs = new Map([approver, second].map(officer => [officer, proofOf(officer)]))
    const answers = await Promise.all(
      [approver, second, approver, second, approver, second].map(officer =>
        officer.post(
          `${path}/approval`,
          { ...proofs.get(officer), _csrf: officer.csrfToken() ?? '' },
          { follow: false },
        ),
      ),
    )
    expect(answers.filter(({ status }) => status === 303)).toHaveLength(1)
    expect(await operations(user.companyId, caseId)).toEqual([
      'case.prepared',
      'password.reissued',
      'case.approved',
      // A code works once: of each officer's three windows one comes as far as the case.
      'case.decision-refused case.decided',
    ])
    // Whichever of the six answers came last, its page has the token of a form.
    await second.get(path)
    expect((await second.post(`${path}/approval`, proofOf(second))).status).toBe(409)
  })

  it('H-04 is not approved by the officer who prepared it, nor by one who may not approve', async () => {
    const own = await prepared(approver)
    expect(approver.page.text).not.toContain('承認して実行する')
    expect((await approver.post(`${own.path}/approval`, proofOf(approver))).status).toBe(409)
    expect(approver.page.text).toContain('ご自身が準備した手続きは承認できません')
    await approver.get('/helpdesk/home')
    expect((await approver.post(`${own.path}/rejection`, { decisionNote: '自分で' })).status).toBe(409)
    await operator.get(own.path)
    expect((await operator.post(`${own.path}/approval`, proofOf(operator))).status).toBe(403)
    await operator.get('/helpdesk/home')
    expect((await operator.post(`${own.path}/withdrawal`)).status).toBe(409)
    expect(operator.page.text).toContain('取り下げることができるのは')
    expect((await caseRow(own.caseId)).state).toBe('prepared')
    expect((await approveCase(second, own.caseId)).text).toContain('仮のログインパスワード')
  })

  it('H-04 is given back with a reason, taken back, or ends with its time; nothing of it happens', async () => {
    const back = await prepared()
    await approver.get(back.path)
    expect((await approver.post(`${back.path}/rejection`, { decisionNote: ' ' })).status).toBe(422)
    expect(approver.page.text).toContain('差し戻しの理由が入力されていません')
    expect((await approver.post(`${back.path}/rejection`, { decisionNote: 'あ'.repeat(401) })).status).toBe(
      422,
    )
    await approver.post(`${back.path}/rejection`, { decisionNote: '印影が不鮮明です' })
    expect((await operator.get(back.path)).text).toContain('印影が不鮮明です')
    expect((await approver.post(`${back.path}/approval`, proofOf(approver))).status).toBe(409)

    const taken = await prepared()
    await operator.get(taken.path)
    await operator.post(`${taken.path}/withdrawal`)
    expect(operator.page.text).toContain('取り下げられました')
    await approver.get('/helpdesk/home')
    expect((await approver.post(`${taken.path}/approval`, proofOf(approver))).status).toBe(409)

    for (const { user, caseId } of [back, taken]) {
      expect((await loginPassword(user.id)).temporaryUntil).toBeNull()
      expect((await operations(user.companyId, caseId)).at(-1)).toContain('case.decision-refused')
    }

    const late = await prepared()
    await portal.deps.db.helpdeskCase.update({
      where: { id: late.caseId },
      data: { expiresAt: new Date(portal.clock.now().getTime() - 1000) },
    })
    expect((await approver.get('/helpdesk/approvals')).text).not.toContain(late.user.loginId)
    expect((await approveCase(approver, late.caseId)).status).toBe(409)
    expect(approver.page.text).toContain('承認の期限を過ぎた')
    // A new one is not kept waiting behind it.
    await openCase(portal, operator, late.user.id, 'password-reset')
    expect(operator.page.text).toContain('承認待ち')
    expect((await caseRow(late.caseId)).state).toBe('expired')
    expect(await operations(late.user.companyId, late.caseId)).toContain('case.expired')
  })

  it('H-04 says that the customer has changed meanwhile, and is not carried out', async () => {
    const { user, caseId, path } = await prepared()
    await portal.deps.db.credential.updateMany({
      where: { userId: user.id, kind: 'login_password' },
      data: { setAt: portal.clock.now() },
    })
    expect((await approver.get(path)).text).toContain('お客様の状態が変わりました（ログインパスワード）')
    expect((await approver.post(`${path}/approval`, proofOf(approver))).status).toBe(409)
    expect(approver.page.text).toContain('お客様の状態が変わりました')
    await portal.deps.db.user.update({ where: { id: user.id }, data: { serviceState: 'suspended' } })
    expect((await approver.get(path)).text).toContain('利用停止中のため')
    expect((await approver.post(`${path}/approval`, proofOf(approver))).status).toBe(409)
    expect((await caseRow(caseId)).state).toBe('prepared')
  })

  it('H-04 one case of a kind waits for a user; two officers at once prepare one', async () => {
    const user = await newUser(portal)
    const address = `/helpdesk/users/${user.id}/password-reset`
    const papers = []
    for (const officer of [operator, approver]) {
      await officer.get(address)
      papers.push(casePaper(portal, officer.page))
    }
    const answers = await Promise.all([
      operator.post(address, papers[0] ?? {}, { follow: false }),
      operator.post(address, papers[0] ?? {}, { follow: false }),
      approver.post(address, papers[1] ?? {}, { follow: false }),
    ])
    const refused = answers.filter(({ status }) => status === 409)
    expect(answers.filter(({ status }) => status === 303).length + refused.length).toBe(3)
    expect(refused[0]?.text).toContain('承認待ちの同じ手続きがあります')
    expect(await portal.deps.db.helpdeskCase.count({ where: { userId: user.id } })).toBe(1)
  })

  it('H-05 a secret that nobody fetched is erased when its time is over, and when a newer one is made', async () => {
    const { user, caseId, path } = await prepared()
    await approveCase(approver, caseId)
    await openCase(portal, operator, user.id, 'password-reset')
    const newer = operator.page.path.split('/').at(-1) ?? ''
    await approveCase(approver, newer)
    expect((await operator.get(path)).text).toContain('消去されています')
    await portal.deps.db.shownOnce.update({
      where: { id: newer },
      data: { keptUntil: new Date(portal.clock.now().getTime() - 1000) },
    })
    expect((await operator.get(`/helpdesk/cases/${newer}`)).text).toContain('消去されています')
    await eraseOverdueSecrets(portal.deps)
    expect(
      await portal.deps.db.shownOnce.count({ where: { id: { in: [caseId, newer] }, sealed: null } }),
    ).toBe(2)
  })

  it('H-05 what another password has replaced meanwhile is erased too, unfetched, whoever stored that one', async () => {
    const { user, caseId, path } = await prepared()
    await approveCase(approver, caseId)
    const { deps } = portal
    const holder = { companyId: user.companyId, userId: user.id }
    const hash = await deps.hasher.hash('Atarashii26')
    const store = (kind: 'login_password' | 'confirmation_password') =>
      inTx(deps, tx => storePassword(deps, tx, holder, kind, hash, { forceChange: true, remembered: 2 }))
    await store('confirmation_password')
    expect((await operator.get(path)).text).not.toContain('消去されています')
    await store('login_password')
    expect((await operator.get(path)).text).toContain('消去されています')
    expect(await deps.db.shownOnce.findUniqueOrThrow({ where: { id: caseId } })).toMatchObject({
      sealed: null,
      takenAt: null,
    })
  })

  it('H-01 H-05 an officer whose temporary password is over hears what to do, not that it is wrong', async () => {
    const { caseId, path } = await prepared()
    await sql(
      portal.database.ownerUrl,
      `UPDATE credential SET temporary_until = set_at WHERE staff_id = (SELECT id FROM staff WHERE login_id = 'two.second')`,
    )
    await second.get(path)
    const refused = await second.post(`${path}/approval`, proofOf(second))
    expect(refused.status).toBe(422)
    expect(refused.text).toContain('仮のパスワードの有効期限が切れています')
    expect(refused.text).toContain('「行員の認証のやり直し」')
    expect((await caseRow(caseId)).state).toBe('prepared')
    await sql(
      portal.database.ownerUrl,
      'UPDATE credential SET temporary_until = NULL WHERE staff_id IS NOT NULL',
    )
  })

  it('H-05 a letter is printed once: to whom, what, until when and what to do, without the login ID', async () => {
    const { user, caseId, path } = await prepared()
    await approveCase(approver, caseId)
    await operator.get(path)
    expect(operator.page.text).toContain('書面を作成する')
    const proof = proofOf(operator)
    const forms = Array.from({ length: 3 }, () =>
      operator.post(
        `${path}/secret`,
        { ...proof, letter: '1', _csrf: operator.csrfToken() ?? '' },
        { follow: false },
      ),
    )
    const answers = await Promise.all(forms)
    const letters = answers.filter(({ headers }) => headers['content-type'] === 'application/pdf')
    expect(letters).toHaveLength(1)
    expect(letters[0]?.headers['cache-control']).toBe('no-store')
    if (letters[0] && hasPdftotext) {
      const words = wordsOfPdf(letters[0].body)
      const { name } = await portal.deps.db.user.findUniqueOrThrow({ where: { id: user.id } })
      for (const word of ['株式会社関所商事', '様', '仮のログインパスワード', '有効期限', '受付時間'])
        expect(words).toContain(word)
      expect(words.replaceAll(/\s/g, '')).toContain(name.replaceAll(/\s/g, ''))
      expect(words).not.toContain(user.loginId)
      const { hash } = await loginPassword(user.id)
      const shown = words.match(/[A-Za-z0-9]{12}/g) ?? []
      expect(await Promise.all(shown.map(each => portal.deps.hasher.verify(hash, each)))).toContain(true)
    }
    expect((await operator.get(path)).text).toContain('取得済みです')
    expect(await operations(user.companyId, caseId)).toContain('case.shown-once')
  })

  it('H-01 wrong proofs lock the officer’s password and end their session', async () => {
    const { path } = await prepared(second)
    const careless = await officerAtWork(portal, 'approver', 'two.careless')
    await careless.get(path)
    for (let n = 0; n < 4; n++) {
      await careless.post(`${path}/approval`, { oneTimePassword: '000000', officerPassword: `Chigau-${n}` })
      expect(careless.page.status).toBe(422)
    }
    await careless.post(`${path}/approval`, { oneTimePassword: '000000', officerPassword: 'Chigau-5' })
    expect(careless.page.status).toBe(401)
    expect((await careless.get('/helpdesk/home')).status).toBe(401)
  })

  it('I-05 forged ids and stolen forms lead nowhere', async () => {
    const { caseId, path } = await prepared(second)
    await approver.get(path)
    expect((await approver.post(`${path}/approval`, { ...proofOf(approver), _csrf: '' })).status).toBe(403)
    for (const id of ['x', '0198a000-0000-7000-8000-000000000000'])
      for (const noun of ['approval', 'rejection', 'secret']) {
        await approver.get('/helpdesk/home')
        const fields = { ...proofOf(approver), decisionNote: '試験' }
        expect([id, noun, (await approver.post(`/helpdesk/cases/${id}/${noun}`, fields)).status]).toEqual([
          id,
          noun,
          404,
        ])
      }
    // A case of a user is none of a company's policy.
    const { companyId } = await caseRow(caseId)
    await approver.get('/helpdesk/home')
    const elsewhere = `/helpdesk/companies/${companyId}/policy-cases/${caseId}/approval`
    expect((await approver.post(elsewhere, proofOf(approver))).status).toBe(404)
    expect((await caseRow(caseId)).state).toBe('prepared')
  })
})
