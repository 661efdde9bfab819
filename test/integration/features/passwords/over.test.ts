import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { PresetName } from '../../../../src/policy/policy.ts'
import { demoOf, userOf } from '../../../support/factors.ts'
import { openPortal, type Portal } from '../../../support/portal.ts'
import { atHome, callerOf, type Role, startAfresh } from '../../../support/ways-in.ts'
import { submit } from '../users/registering.ts'

let portal: Portal
beforeAll(async () => {
  portal = await openPortal({ presets: ['shoko', 'sevenbank', 'prosrv', 'recommended'], generalUsers: true })
})
afterAll(() => portal.close())
beforeEach(async () => {
  await startAfresh(portal)
  await portal.deps.db.credential.updateMany({ data: { temporaryUntil: null } })
})

type Kind = 'login_password' | 'confirmation_password'

/** Makes a password a temporary one that is over in so many seconds; negative: it is over. */
const temporary = async (preset: PresetName, role: Role, kind: Kind, seconds: number) => {
  const { id: userId } = await userOf(portal, preset, role)
  await portal.deps.db.credential.update({
    where: { userId_kind: { userId, kind } },
    data: {
      forceChange: seconds > 0,
      temporaryUntil: new Date(portal.clock.now().getTime() + seconds * 1000),
    },
  })
  return userId
}

const next = 'Atarashi2026'

describe('a temporary password that ends before it is changed', () => {
  it.each([
    ['shoko', 'user', 'お届出印を押した依頼書が必要です'],
    ['sevenbank', 'user', '貴社の管理者の方にご依頼ください'],
    ['prosrv', 'user', '「パスワードを忘れた方はコチラ」から'],
  ] as const)(
    'H-05 B-08 of %s is not called wrong on the page that asks for another: it says who gives a new one',
    async (preset, role, words) => {
      const userId = await temporary(preset, role, 'login_password', 600)
      const { visitor, enter } = await callerOf(portal, preset, role)
      await enter()
      expect(visitor.page.path).toBe('/password')
      portal.clock.move(601)
      await visitor.post('/password', { current: demoOf(preset)[role].password, next, nextAgain: next })
      expect(visitor.page.status).toBe(422)
      expect(visitor.page.text).toContain('仮のパスワードの有効期限が切れています')
      expect(visitor.page.text).toContain(words)
      expect(visitor.page.text).not.toContain('現在のパスワードに誤りがあります')
      const entry = await portal.deps.db.history.findFirst({
        where: { operation: 'password.change-refused', actorId: userId },
        orderBy: { seq: 'desc' },
      })
      expect(entry?.reason).toBe('password.currentOver')
    },
  )

  it('H-05 B-21 the confirmation password’s too, of which no failure counts', async () => {
    const userId = await temporary('sevenbank', 'administrator', 'confirmation_password', 600)
    const { visitor, enter } = await callerOf(portal, 'sevenbank', 'administrator')
    await enter()
    expect(visitor.page.path).toBe('/confirmation-password')
    portal.clock.move(601)
    const current = demoOf('sevenbank').administrator.confirmationPassword ?? ''
    await visitor.post('/confirmation-password', { current, next, nextAgain: next })
    expect(visitor.page.text).toContain('仮のパスワードの有効期限が切れています')
    // The company's only administrator has nobody else to ask.
    expect(visitor.page.text).toContain('お届出印を押した依頼書が必要です')
    const { failures } = await portal.deps.db.credential.findUniqueOrThrow({
      where: { userId_kind: { userId, kind: 'confirmation_password' } },
    })
    expect(failures).toBe(0)
  })

  it('H-05 D-06 says so on a confirm page, and where the login password is asked for once more (B-22)', async () => {
    const { id } = await userOf(portal, 'sevenbank', 'user')
    const admin = await atHome(portal, 'sevenbank', 'administrator')
    await portal.deps.db.user.update({ where: { id }, data: { serviceState: 'blocked' } })
    await temporary('sevenbank', 'administrator', 'confirmation_password', -1)
    await admin.get('/users')
    await admin.post(`/users/${id}/lock-release`)
    await submit(admin, { reason: '本人から依頼を受けた' })
    await submit(admin, {
      confirmationPassword: demoOf('sevenbank').administrator.confirmationPassword ?? '',
    })
    expect(admin.page.status).toBe(422)
    expect(admin.page.text).toContain('確認用パスワードの仮のパスワードの有効期限が切れている')

    const someone = await atHome(portal, 'recommended', 'administrator')
    await temporary('recommended', 'administrator', 'login_password', -1)
    await someone.post('/reauthentication', {
      proof: 'password',
      loginPassword: demoOf('recommended').administrator.password,
      next: '/security',
    })
    expect(someone.page.text).toContain('仮のパスワードの有効期限が切れているため、ご本人を確認できません')
  })
})
