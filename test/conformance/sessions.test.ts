import { afterAll, beforeAll, beforeEach, expect } from 'vitest'
import { type PresetName, presetNames } from '../../src/policy/policy.ts'
import { approveCase, openCase } from '../support/cases.ts'
import { cell, item } from '../support/conformance.ts'
import { demoOf, userOf } from '../support/factors.ts'
import { valueOn } from '../support/forms.ts'
import { logInAsStaff, proofOf } from '../support/officers.ts'
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

const officer = async (file: 'operator' | 'approver'): Promise<Visitor> =>
  logInAsStaff(portal, portal.visitor(await portal.identity(file)))

for (const preset of presetNames) {
  // Before certificates are revoked below.
  const other: PresetName = preset === 'omakase' ? 'shoko' : 'omakase'
  item('A-02', preset, 'プリセットを変える前に、影響を受ける利用者の人数を示す', async () => {
    const page = await tryPolicy(await officer('operator'), preset, { entrance: other })
    expect(page.status).toBe(200)
    const [password, login, certificate] = affected[preset]
    for (const [effect, people] of [
      ['パスワードの変更が必要になる', password],
      ['今のログインの方法が使えなくなる', login],
      ['ログインに必要な電子証明書を持っていない', certificate],
    ])
      expect(page.text).toContain(`${effect} ${people}名`)
    expect(await versionOf(preset)).toBe(1)
  })
}

type Act =
  | 'lock-release'
  | 'acquisition-password'
  | 'registration-reset'
  | 'password-reset'
  | 'confirmation-password-reset'
  | 'initial-password'
  | 'email-correction'
  | 'new-computer'
  | 'otp-revocation'
  | 'resumption'

/** Which acts are asked of each preset, and whether one officer does them alone. */
const alone: Record<PresetName, Partial<Record<Act, boolean>>> = {
  shoko: { 'lock-release': true, 'acquisition-password': true, 'password-reset': false },
  rokin: { 'lock-release': true, 'registration-reset': false },
  sevenbank: { 'lock-release': true, 'password-reset': false },
  prosrv: { 'lock-release': true, 'acquisition-password': false },
  omakase: { 'lock-release': true, 'email-correction': false },
  recommended: {
    'lock-release': false,
    'otp-revocation': false,
    'acquisition-password': false,
    'new-computer': false,
    'email-correction': false,
    resumption: false,
  },
}

/** Acts that a preset has not: a link by mail helps with its passwords, and nobody registers first. */
const unknown: Partial<Record<PresetName, readonly Act[]>> = {
  recommended: ['password-reset', 'confirmation-password-reset', 'initial-password', 'registration-reset'],
}

/** What must be there for an act to be asked for at all. */
const before: Partial<
  Record<Act, (operator: Visitor, user: { id: string; companyId: string }) => Promise<unknown>>
> = {
  'otp-revocation': (_, { id, companyId }) =>
    portal.deps.db.otpToken.create({
      data: {
        id: portal.deps.ids.next(),
        companyId,
        userId: id,
        state: 'active',
        sealedSeed: new Uint8Array(40),
        createdAt: portal.clock.now(),
        registeredAt: portal.clock.now(),
      },
    }),
  // Taking access away takes one officer, in every preset.
  resumption: (operator, { id }) => openCase(portal, operator, id, 'suspension'),
}

const words = {
  shoko:
    'ロックの解除と電子証明書取得用パスワードの発行を行員一人で行え、ログインパスワードの再設定には役席者の承認が要る',
  rokin: 'ロックの解除は行員一人で行え、初期登録のやり直しには役席者の承認が要る',
  sevenbank: 'ロックの解除は行員一人で行え、ログインパスワードの再設定には役席者の承認が要る',
  prosrv: 'ロックの解除は行員一人で行え、電子証明書取得用パスワードの発行には役席者の承認が要る',
  omakase: 'ロックの解除は行員一人で行え、メールアドレスの訂正には役席者の承認が要る',
  recommended: 'このプリセットにある、利用を再開させる手続きには、どれも役席者の承認が要る',
}

for (const preset of presetNames)
  cell('oneOfficer', preset, words[preset], async () => {
    const user = await userOf(portal, preset, 'administrator')
    const { id } = user
    const operator = await officer('operator')
    const approver = await officer('approver')
    await portal.deps.db.credential.updateMany({
      where: { userId: id, kind: 'login_password' },
      data: { lockedAt: portal.clock.now(), failures: 100 },
    })
    for (const act of unknown[preset] ?? [])
      expect([act, await openCase(portal, operator, id, act)]).toEqual([act, ''])
    for (const [act, byOne] of Object.entries(alone[preset]) as [Act, boolean][]) {
      await before[act]?.(operator, user)
      const address = 'atarashii@demo.sekisho.example'
      const caseId = await openCase(portal, operator, id, act, { email: address, emailAgain: address })
      const state = async () =>
        (await portal.deps.db.helpdeskCase.findUniqueOrThrow({ where: { id: caseId } })).state
      expect([act, await state()]).toEqual([act, byOne ? 'done' : 'prepared'])
      if (byOne) continue
      expect(operator.page.text).toContain('役席者の承認を待っています')
      await approveCase(approver, caseId)
      expect([act, await state()]).toEqual([act, 'done'])
    }
  })

/** The dry run of a change of policy, with what stands on its page. */
const tryPolicy = async (visitor: Visitor, preset: PresetName, fields: Record<string, string>) => {
  const { companyId } = await userOf(portal, preset, 'administrator')
  await visitor.get(`/helpdesk/companies/${companyId}/policy`)
  await visitor.post(`/helpdesk/companies/${companyId}/policy/confirmation`, {
    caseId: valueOn(visitor.page, 'caseId'),
    baseVersion: valueOn(visitor.page, 'baseVersion'),
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

/**
 * Of the one user of each company: whether omakase's rule of passwords, or shoko's for omakase's own, is narrower than theirs;
 * whether their way in is none of its; whether they have the certificate that it asks for. Asked before the acts below: some of
 * them take a certificate away.
 */
const affected = {
  shoko: [0, 1, 0],
  rokin: [1, 1, 0],
  sevenbank: [1, 0, 0],
  prosrv: [0, 1, 0],
  omakase: [0, 1, 1],
  recommended: [1, 1, 0],
} as const satisfies Record<PresetName, readonly [number, number, number]>

for (const preset of presetNames) {
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
      expect(page.text).toContain('プリセットの下限を下回るか')
      await approver.post(page.path.replace('/confirmation', ''), {
        caseId: valueOn(approver.page, 'caseId'),
        baseVersion: valueOn(approver.page, 'baseVersion'),
        entrance: preset,
        lockFailures: '50',
        passwordMinimum: '5',
        reason: 'お申し出のため',
      })
      expect(approver.page.text).toContain('役席者の承認を待っています')
      await approver.post(`${approver.page.path}/approval`, proofOf(approver))
      expect(approver.page.text).toContain('ご自身が準備した手続きは承認できません')
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
