import { afterAll, beforeAll, beforeEach, expect } from 'vitest'
import { type PresetName, presetNames } from '../../src/policy/policy.ts'
import { cell, item } from '../support/conformance.ts'
import { demoOf, userOf } from '../support/factors.ts'
import { logInAsStaff } from '../support/officers.ts'
import { openPortal, type Portal } from '../support/portal.ts'
import type { Visitor } from '../support/visitor.ts'
import { atHome, startAfresh } from '../support/ways-in.ts'

let portal: Portal
let start: Date
beforeAll(async () => {
  portal = await openPortal({ generalUsers: false })
  start = portal.clock.now()
})
afterAll(() => portal.close())
beforeEach(() => startAfresh(portal))

const idleMinutes: Record<PresetName, number> = {
  shoko: 30,
  rokin: 30,
  sevenbank: 30,
  prosrv: 30,
  omakase: 30,
  recommended: 15,
}

for (const preset of presetNames) {
  const minutes = idleMinutes[preset]
  cell('idle', preset, `操作しないまま${minutes}分たつと、接続は終わる`, async () => {
    const visitor = await atHome(portal, preset, 'administrator')
    portal.clock.move(minutes * 60 - 20)
    expect((await visitor.get('/home')).status).toBe(200)
    portal.clock.move(minutes * 60 + 1)
    const page = await visitor.get('/home')
    expect(page.status).toBe(401)
    expect(page.text).toContain('操作がなかったため')
    // The session is gone on the server, whatever the clock says later.
    portal.clock.move(-minutes * 60)
    expect((await visitor.get('/home')).text).not.toContain(demoOf(preset).administrator.name)
  })

  cell('absolute', preset, '操作を続けていても、ログインから12時間で接続は終わる', async () => {
    const visitor = await atHome(portal, preset, 'administrator')
    for (let quarter = 0; quarter < 51; quarter++) {
      portal.clock.move(14 * 60)
      expect((await visitor.get('/home')).status).toBe(200)
    }
    portal.clock.move(7 * 60)
    expect((await visitor.get('/home')).status).toBe(401)
  })
}

const hiddenOf = ({ page }: Visitor, name: string): string =>
  new RegExp(`name="${name}" value="([^"]*)"`).exec(page.html)?.[1] ?? ''

const officer = async (file: 'operator' | 'approver'): Promise<Visitor> =>
  logInAsStaff(portal, portal.visitor(await portal.identity(file)))

const alone: Record<PresetName, { lock: boolean; password: boolean }> = {
  shoko: { lock: true, password: true },
  rokin: { lock: true, password: false },
  sevenbank: { lock: true, password: false },
  prosrv: { lock: true, password: false },
  omakase: { lock: true, password: false },
  recommended: { lock: false, password: false },
}

const words = {
  shoko: 'ロックの解除と電子証明書取得用パスワードの発行を、行員一人で行える',
  rokin: 'ロックの解除は行員一人で行え、電子証明書取得用パスワードの発行は行えない',
  sevenbank: 'ロックの解除は行員一人で行え、電子証明書取得用パスワードの発行は行えない',
  prosrv: 'ロックの解除は行員一人で行え、電子証明書取得用パスワードの発行は行えない',
  omakase: 'ロックの解除は行員一人で行え、電子証明書取得用パスワードの発行は行えない',
  recommended: '利用を再開させる手続きは、どれも行員一人では行えない',
}

for (const preset of presetNames)
  cell('oneOfficer', preset, words[preset], async () => {
    const { id } = await userOf(portal, preset, 'administrator')
    const operator = await officer('operator')
    await portal.deps.db.credential.updateMany({
      where: { userId: id, kind: 'login_password' },
      data: { lockedAt: portal.clock.now(), failures: 100 },
    })
    const today = new Date(portal.clock.now().getTime() + 9 * 3_600_000).toISOString().slice(0, 10)
    for (const [act, allowed, reasonChoice] of [
      ['lock-release', alone[preset].lock, 'mistyped'],
      ['acquisition-password', alone[preset].password, 'first'],
    ] as const) {
      await operator.get(`/helpdesk/users/${id}/${act}`)
      if (!allowed) {
        expect(operator.page.status).toBe(409)
        expect(operator.page.text).toContain('役席者の承認が必要です')
        continue
      }
      const fields = {
        caseId: hiddenOf(operator, 'caseId'),
        seen: hiddenOf(operator, 'seen'),
        reasonChoice,
        formReceivedOn: today,
        sealChecked: 'on',
        delivery: 'post',
      }
      await operator.post(`/helpdesk/users/${id}/${act}`, fields)
      expect(operator.page.status).toBe(200)
      expect(operator.page.text).toMatch(/ロックを解除しました|取得用パスワード/)
    }
  })

/** The dry run of a change of policy, with what stands on its page. */
const tryPolicy = async (visitor: Visitor, preset: PresetName, fields: Record<string, string>) => {
  const { companyId } = await userOf(portal, preset, 'administrator')
  await visitor.get(`/helpdesk/companies/${companyId}/policy`)
  await visitor.post(`/helpdesk/companies/${companyId}/policy/confirmation`, {
    caseId: hiddenOf(visitor, 'caseId'),
    baseVersion: hiddenOf(visitor, 'baseVersion'),
    entrance: preset,
    ...fields,
  })
  return visitor.page
}

const versionOf = async (preset: PresetName) =>
  (
    await portal.deps.db.company.findUniqueOrThrow({
      where: { contractNumber: demoOf(preset).company.contractNumber },
    })
  ).policyVersion

for (const preset of presetNames) {
  const other: PresetName = preset === 'omakase' ? 'shoko' : 'omakase'
  item('A-02', preset, 'プリセットを変える前に、影響を受ける利用者の人数を示す', async () => {
    const page = await tryPolicy(await officer('operator'), preset, { entrance: other })
    expect(page.status).toBe(200)
    for (const effect of [
      'パスワードの変更が必要になる',
      '今のログインの方法が使えなくなる',
      'ログインに必要な電子証明書を持っていない',
    ])
      expect(page.text).toMatch(new RegExp(`${effect} \\d+名`))
    expect(await versionOf(preset)).toBe(1)
    if (other === 'shoko') expect(page.text).toMatch(/ログインに必要な電子証明書を持っていない 1名/)
  })

  item(
    'A-03',
    preset,
    'ロックやパスワードの下限を下回る変更は、ほかの役席者が承認するまで効かない',
    async () => {
      const approver = await officer('approver')
      const page = await tryPolicy(approver, preset, {
        lockFailures: preset === 'recommended' ? '100' : '50',
        passwordMinimum: '5',
      })
      expect(page.text).toContain('プリセットの下限を下回ります')
      await approver.post(page.path.replace('/confirmation', ''), {
        caseId: hiddenOf(approver, 'caseId'),
        baseVersion: hiddenOf(approver, 'baseVersion'),
        entrance: preset,
        lockFailures: '50',
        passwordMinimum: '5',
        reason: 'お申し出のため',
      })
      expect(approver.page.text).toContain('役席者の承認を待っています')
      await approver.post(`${approver.page.path}/approval`)
      expect(approver.page.text).toContain('ご自身が依頼した変更は承認できません')
      expect(await versionOf(preset)).toBe(1)
    },
  )
}

item('A-00', 'every preset', 'レベル2に満たない項目を、プリセットの横に示す', async () => {
  const operator = await officer('operator')
  const missing = { shoko: '6.2.10', rokin: '6.5.5', sevenbank: '6.2.1', prosrv: '6.3.3', omakase: '6.3.3' }
  for (const [preset, requirement] of Object.entries(missing)) {
    const { companyId } = await userOf(portal, preset as PresetName, 'administrator')
    expect((await operator.get(`/helpdesk/companies/${companyId}`)).text).toContain(requirement)
  }
  const { companyId } = await userOf(portal, 'recommended', 'administrator')
  expect((await operator.get(`/helpdesk/companies/${companyId}`)).text).toContain('満たない項目はありません')
  expect(portal.clock.now().getTime()).toBeGreaterThan(start.getTime())
})
