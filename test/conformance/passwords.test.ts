import { afterAll, beforeAll, beforeEach, expect } from 'vitest'
import { businessDayOf, lastSecondOf, plusDays, toColumn } from '../../src/kernel/business-day.ts'
import { type PresetName, presetNames } from '../../src/policy/policy.ts'
import { cell, item } from '../support/conformance.ts'
import { sql } from '../support/database.ts'
import { demoOf, overridePolicy, registerOtp, userOf } from '../support/factors.ts'
import { openPortal, type Portal } from '../support/portal.ts'
import type { Visitor } from '../support/visitor.ts'
import { atHome, callerOf, startAfresh } from '../support/ways-in.ts'

let portal: Portal
let hashes: Map<string, string>
beforeAll(async () => {
  portal = await openPortal({ generalUsers: false })
  const credentials = await portal.deps.db.credential.findMany({ select: { id: true, hash: true } })
  hashes = new Map(credentials.map(({ id, hash }) => [id, hash]))
})
afterAll(() => portal.close())

/** Everybody has the demo's password again, set today and nothing before it. */
beforeEach(async () => {
  await startAfresh(portal)
  await portal.deps.db.credentialHistory.deleteMany()
  for (const [id, hash] of hashes)
    await portal.deps.db.credential.update({
      where: { id },
      data: { hash, setOn: toColumn(businessDayOf(portal.clock.now())) },
    })
})

/** パスワード変更, by somebody at home; 422 where the new one is refused. */
const change = async (visitor: Visitor, current: string, next: string) => {
  await visitor.get('/password')
  await visitor.post('/password', { current, next, nextAgain: next })
  return visitor.page
}

const lettersAndDigits = {
  refused: ['Abc1234', 'abcdefgh', '12345678', 'abcd-12345', 'ａｂｃｄ１２３４', 'a1'.repeat(33)],
  accepted: 'Abcd1234',
}
const passwords: Record<PresetName, { refused: string[]; accepted: string }> = {
  shoko: lettersAndDigits,
  rokin: {
    refused: ['Abcd12-', 'Abcdefgh1234-', 'abcd-1234', 'ABCD-1234', 'Abcd-efgh', 'Abcd12345'],
    accepted: 'Abcd-1234',
  },
  sevenbank: { refused: ['abc12', 'abcdefg123456', 'abcdef', '123456', 'abc-123'], accepted: 'aBc123' },
  prosrv: lettersAndDigits,
  omakase: lettersAndDigits,
  recommended: {
    refused: ['kaze-no-machi!', '111111111111111', 'x'.repeat(129)],
    accepted: '風の音だけが 聞こえる夜の道🌙',
  },
}

for (const preset of presetNames) {
  cell('password', preset, '定めに合わないパスワードは登録できず、合うものは登録できる', async () => {
    const { password } = demoOf(preset).administrator
    const visitor = await atHome(portal, preset, 'administrator')
    const { refused, accepted } = passwords[preset]
    for (const next of refused) {
      const page = await change(visitor, password, next)
      expect(page.status, next).toBe(422)
      expect(page.html).toContain('id="next-error"')
    }
    expect((await change(visitor, password, accepted)).text).toContain('パスワードを変更しました。')
    await visitor.post('/logout')
    const caller = await callerOf(portal, preset, 'administrator', accepted)
    await caller.open()
    // Case matters in every preset.
    if (accepted.toUpperCase() !== accepted) {
      await caller.type(accepted.toUpperCase() === accepted ? accepted.toLowerCase() : accepted.toUpperCase())
      expect(caller.visitor.page.path).not.toBe('/home')
    }
    await caller.enter()
    expect(caller.visitor.page.path).toBe('/home')
  })

  item('B-09', preset, 'パスワードを変更すると、ほかの接続は終わり、この接続は続く', async () => {
    const { password } = demoOf(preset).administrator
    const visitor = await atHome(portal, preset, 'administrator')
    const before = visitor.cookieHeader()
    const page = await change(visitor, password, passwords[preset].accepted)
    expect(page.text).toContain('パスワードを変更しました。')
    expect((await visitor.get('/home')).status).toBe(200)
    expect((await visitor.get('/home', { headers: { cookie: before }, follow: false })).status).not.toBe(200)
  })

  item('B-08', preset, 'ヘルプデスクなどで変更を求められた利用者は、変更するまで何もできない', async () => {
    const { id } = await userOf(portal, preset, 'administrator')
    await portal.deps.db.credential.updateMany({
      where: { userId: id, kind: 'login_password' },
      data: { forceChange: true },
    })
    const caller = await callerOf(portal, preset, 'administrator')
    await caller.enter()
    const { visitor } = caller
    expect(visitor.page.path).toBe('/password')
    expect(visitor.page.text).toContain('パスワードを変更してください')
    for (const path of ['/home', '/history', '/users'])
      expect((await visitor.get(path)).path).toBe('/password')
    await change(visitor, demoOf(preset).administrator.password, passwords[preset].accepted)
    // On to what was asked for last.
    expect(visitor.page.path).toBe('/users')
  })
}

cell('differs', 'shoko', '利用者名と同じもの、現在のものと過去2回のものは使えない', async () => {
  await sql(
    portal.database.ownerUrl,
    `UPDATE "user" SET name = 'Ｋａｎｒｉ２０２６' WHERE login_id = '${demoOf('shoko').administrator.loginId}'`,
  )
  const visitor = await atHome(portal, 'shoko', 'administrator')
  const first = demoOf('shoko').administrator.password
  expect((await change(visitor, first, 'kanri2026')).status).toBe(422)
  const used = [first, 'Nibanme22', 'Sanbanme33', 'Yonbanme44']
  for (const [n, next] of used.slice(1).entries())
    expect((await change(visitor, used[n] ?? '', next)).text).toContain('パスワードを変更しました。')
  for (const again of used.slice(1))
    expect((await change(visitor, 'Yonbanme44', again)).status, again).toBe(422)
  expect((await change(visitor, 'Yonbanme44', first)).text).toContain('パスワードを変更しました。')
})

for (const preset of ['rokin', 'sevenbank', 'prosrv', 'omakase'] as const)
  cell('differs', preset, 'ログインIDと同じもの、現在のものは使えない', async () => {
    const { loginId, password } = demoOf(preset).administrator
    // An ID that would be a password of this preset, but for the rule; rokin's IDs never can be.
    const own = preset === 'prosrv' ? 'kanri2026' : loginId
    const { id } = await userOf(portal, preset, 'administrator')
    const visitor = await atHome(portal, preset, 'administrator')
    await sql(
      portal.database.ownerUrl,
      `UPDATE "user" SET login_id = '${own}', login_id_key = '${own.toLowerCase()}' WHERE id = '${id}'`,
    )
    try {
      expect((await change(visitor, password, own)).status).toBe(422)
      expect((await change(visitor, password, own.toUpperCase())).status).toBe(422)
      expect((await change(visitor, password, password)).status).toBe(422)
    } finally {
      await sql(
        portal.database.ownerUrl,
        `UPDATE "user" SET login_id = '${loginId}', login_id_key = '${loginId.toLowerCase()}' WHERE id = '${id}'`,
      )
    }
  })

cell('differs', 'recommended', 'よく使われるもの、会社名・利用者名・IDを含むものは使えない', async () => {
  const { loginId, password } = demoOf('recommended').administrator
  const visitor = await atHome(portal, 'recommended', 'administrator')
  for (const next of [
    loginId,
    '関所テクノのパスワードは長いよ２６',
    '技術　五郎の合言葉は山といえば川',
    'passwordpassword',
    password,
  ]) {
    const page = await change(visitor, password, next)
    expect(page.status, next).toBe(422)
  }
})

cell(
  'password',
  'recommended',
  '二要素認証を登録した人は8文字から、していない人は15文字から使え、企業の定めた文字数は両方に効く',
  async () => {
    const { password } = demoOf('recommended').administrator
    const shorter = '風と夜の道と月光' // eight
    const ofFourteen = '風の音だけが聞こえる夜の道を'
    const ofFifteen = '風の音だけが聞こえる夜の道を行'
    const ofTwenty = '風の音だけが聞こえる夜の道を行くのは誰か'
    const visitor = await atHome(portal, 'recommended', 'administrator')
    const refusedFor = async (next: string, current: string, minimum: number) =>
      expect((await change(visitor, current, next)).text).toContain(`${minimum}文字以上で入力してください`)
    const accepted = async (next: string, current: string) =>
      expect((await change(visitor, current, next)).text).toContain('パスワードを変更しました。')
    await visitor.get('/password')
    expect(visitor.page.text).toContain('登録している方は、8文字以上')
    await refusedFor(ofFourteen, password, 15)
    await accepted(ofFifteen, password)
    await overridePolicy(portal, 'recommended', { loginPassword: { minimum: 20 } })
    try {
      await refusedFor(`${ofFifteen.slice(1)}月夜`, ofFifteen, 20)
      await visitor.get('/password')
      expect(visitor.page.text).not.toContain('登録している方は')
      await visitor.post('/reauthentication', {
        proof: 'password',
        loginPassword: ofFifteen,
        next: '/security',
      })
      await registerOtp(portal, visitor)
      await refusedFor(shorter, ofFifteen, 20)
      await refusedFor(ofTwenty.slice(1), ofFifteen, 20)
      await accepted(ofTwenty, ofFifteen)
    } finally {
      await overridePolicy(portal, 'recommended', {})
    }
    await refusedFor(shorter.slice(1), ofTwenty, 8)
    await accepted(shorter, ofTwenty)
    await sql(portal.database.ownerUrl, 'DELETE FROM otp_token')
  },
)

cell('expiry', 'shoko', '設定した日から90日目の終わりまで使え、次の日からは変更を求められる', async () => {
  const today = businessDayOf(portal.clock.now())
  const start = portal.clock.now()
  const last = lastSecondOf(plusDays(today, 90))
  const caller = await callerOf(portal, 'shoko', 'administrator')
  await portal.clock.standAt(last, async () => {
    await caller.enter()
    expect(caller.visitor.page.path).toBe('/home')
    await caller.visitor.post('/logout')
  })
  portal.clock.goTo(new Date(last.getTime() + 1000))
  await caller.enter()
  expect(caller.visitor.page.path).toBe('/password')
  expect(caller.visitor.page.text).toContain(
    '初回ログインもしくはパスワードの有効期限が切れています。パスワードを変更してください。',
  )
  portal.clock.goTo(start)
})

for (const preset of ['rokin', 'sevenbank', 'prosrv', 'omakase', 'recommended'] as const)
  cell('expiry', preset, '300日たっても変更を求められない', async () => {
    const start = portal.clock.now()
    portal.clock.move(300 * 86_400)
    const caller = await callerOf(portal, preset, 'administrator')
    await caller.enter()
    expect(caller.visitor.page.path).toBe('/home')
    portal.clock.goTo(start)
  })

item('A-00', 'shoko', 'パスワードは、日本時間の90日目の23時59分59秒まで使える', async () => {
  const start = portal.clock.now()
  const last = lastSecondOf(plusDays(businessDayOf(start), 90))
  const caller = await callerOf(portal, 'shoko', 'administrator')
  await portal.clock.standAt(new Date(last.getTime() + 999), () => caller.enter())
  expect(caller.visitor.page.path).toBe('/home')
  portal.clock.goTo(start)
})
