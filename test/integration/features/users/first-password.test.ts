import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { businessDayOf, plusDays, startOf } from '../../../../src/kernel/business-day.ts'
import { renewalOf } from '../../../support/certificates.ts'
import { giveAcquisitionPassword } from '../../../support/enrolment.ts'
import { demoOf } from '../../../support/factors.ts'
import { openPortal, type Portal } from '../../../support/portal.ts'
import type { Visitor } from '../../../support/visitor.ts'
import { atHome } from '../../../support/ways-in.ts'
import { beginOn, send } from './changing.ts'
import { fillIn, submit } from './registering.ts'

const loginPassword = demoOf('recommended').administrator.password
const enrolment = { password: '', acquisitionPassword: '' }

let portal: Portal
let admin: Visitor
beforeAll(async () => {
  portal = await openPortal({ presets: ['recommended'], generalUsers: false })
  admin = await atHome(portal, 'recommended', 'administrator')
})
afterAll(() => portal.close())

const address = (id: string) => `${id}@recommended.sekisho.example`
const userOf = (loginId: string) =>
  portal.deps.db.user.findFirstOrThrow({ where: { loginId }, include: { credentials: true } })
const shown = () => /class="copy-value__value"[^>]*>([^<]+)</.exec(admin.page.html)?.[1]

/** Registers somebody as far as the result page. */
const register = async (loginId: string, changed: Record<string, string> = {}) => {
  await fillIn(admin, loginId, { loginPassword: '', loginPasswordAgain: '', forceChange: '', ...changed })
  await submit(admin, { loginPassword })
  expect(admin.page.path).toMatch(/\/result$/)
  return admin.page.path
}

const logIn = async (someone: Visitor, password: string) => {
  await someone.get(`${portal.settings.portalOrigin}/e/recommended/login/certificate`)
  await someone.post(someone.page.path, { password })
}

describe('the first password of recommended', () => {
  it('D-03 is asked for nowhere, is made at 「実行」, shown once, and its change is forced', async () => {
    await fillIn(admin, address('hajime'), { loginPassword: '', loginPasswordAgain: '', forceChange: '' })
    expect(admin.page.text).toContain('登録時に自動で作成します')
    expect(admin.page.text).toContain('ログイン時に強制変更する')
    await submit(admin, { loginPassword })
    const result = admin.page.path
    expect(admin.page.text).toContain('初期パスワードを作成しました')
    expect(shown()).toBeUndefined()
    // Reading the page shows nothing and changes nothing: the button does.
    await admin.get(result)
    await admin.post(result)
    const password = shown() ?? ''
    expect(password).toMatch(/^[a-km-zA-HJ-NP-Z2-9]{15}$/)
    expect(admin.page.text).toContain('表示はこの一度だけです')
    const { id, credentials } = await userOf(address('hajime'))
    expect(credentials).toMatchObject([
      {
        forceChange: true,
        temporaryUntil: startOf(plusDays(businessDayOf(portal.clock.now()), 8)),
      },
    ])
    expect(await portal.deps.hasher.verify(credentials[0]?.hash ?? '', password)).toBe(true)

    // Reloaded, and come back to later: gone, with what to do.
    for (const again of [() => admin.post(result), () => admin.get(result)]) {
      await again()
      expect(admin.page.html).not.toContain(password)
      expect(admin.page.text).toContain('すでに表示された')
      expect(admin.page.text).toContain('ログインパスワードを再設定してください')
    }
    const entries = await portal.deps.db.history.findMany({
      where: { subjectId: id },
      orderBy: { seq: 'asc' },
    })
    expect(entries.map(({ operation }) => operation)).toEqual([
      'user.registered',
      'user.first-password-shown',
    ])
    expect(JSON.stringify(entries.map(({ details }) => details))).not.toContain(password)
    const drafts = await portal.deps.db.draft.findMany({ where: { state: 'committed' } })
    expect(drafts.map(draft => draft.sealedSecrets)).toEqual(drafts.map(() => null))
  })

  it('D-03 twenty who press the button at once are shown one password', async () => {
    const result = await register(address('nijuu'))
    const _csrf = admin.csrfToken() ?? ''
    const pages = await Promise.all(Array.from({ length: 20 }, () => admin.post(result, { _csrf })))
    expect(pages.filter(({ html }) => html.includes('copy-value__value'))).toHaveLength(1)
    expect(pages.map(({ status }) => status)).toEqual(pages.map(() => 200))
  })

  it('D-03 a password that a form sends all the same is not taken', async () => {
    await register(address('tsukuri'), {
      loginPassword: 'Hajimete2026-desu',
      loginPasswordAgain: 'Hajimete2026-desu',
    })
    const { credentials } = await userOf(address('tsukuri'))
    expect(await portal.deps.hasher.verify(credentials[0]?.hash ?? '', 'Hajimete2026-desu')).toBe(false)
    expect(credentials[0]?.forceChange).toBe(true)
  })

  it('I-05 nobody else’s result page gives it out', async () => {
    const result = await register(address('yoso'))
    const stranger = portal.visitor()
    await stranger.get(`${portal.settings.portalOrigin}/`)
    expect((await stranger.post(new URL(result, admin.page.url).href)).html).not.toContain('copy-value')
    await admin.post(result.replace(/[0-9a-f]{4}\/result$/, 'ffff/result'))
    expect(admin.page.status).toBe(404)
    await admin.get(result)
    await admin.post(result)
    expect(shown()).toBeDefined()
  })

  it('D-08 a reset makes a new one, shown once on the result page of the change, and the one before opens nothing', async () => {
    await register(address('saido'))
    await admin.post(admin.page.path)
    const first = shown() ?? ''
    const { id } = await userOf(address('saido'))
    await beginOn(admin, id)
    expect(admin.page.html).not.toContain('name="loginPassword"')
    await send(admin, { changeLoginPassword: 'on' })
    await send(admin)
    await send(admin)
    expect(admin.page.text).toContain('新しいパスワードを自動で作成します')
    await submit(admin, { loginPassword })
    expect(shown()).toBeUndefined()
    await admin.post(admin.page.path)
    const second = shown() ?? ''
    expect(second).toMatch(/^[a-km-zA-HJ-NP-Z2-9]{15}$/)
    const { credentials } = await userOf(address('saido'))
    expect(credentials).toMatchObject([
      { forceChange: true, temporaryUntil: startOf(plusDays(businessDayOf(portal.clock.now()), 8)) },
    ])
    expect(await portal.deps.hasher.verify(credentials[0]?.hash ?? '', second)).toBe(true)
    expect(await portal.deps.hasher.verify(credentials[0]?.hash ?? '', first)).toBe(false)
  })

  it('H-05 a password that a newer one has replaced before anybody saw it is shown to nobody', async () => {
    const result = await register(address('minai'))
    const { id } = await userOf(address('minai'))
    await beginOn(admin, id)
    await send(admin, { changeLoginPassword: 'on' })
    await send(admin)
    await send(admin)
    await submit(admin, { loginPassword })
    const second = admin.page.path
    await admin.get(result)
    await admin.post(result)
    expect(admin.page.status).toBe(200)
    expect(shown()).toBeUndefined()
    await admin.get(second)
    await admin.post(second)
    expect(shown()).toMatch(/^[a-km-zA-HJ-NP-Z2-9]{15}$/)
  })

  it('D-03 works on the seventh day, in the words of the user, and on the eighth no more', async () => {
    const loginId = address('nanoka')
    const result = await register(loginId)
    await admin.post('/language', { lang: 'en', back: result })
    await admin.get(result)
    expect(admin.page.text).toContain('Show the first password')
    await admin.post(result)
    const password = shown() ?? ''
    expect(admin.page.text).toContain('is shown this once')
    const acquisitionPassword = await giveAcquisitionPassword(portal, loginId)

    const someone = portal.visitor()
    await someone.get(`${portal.settings.portalOrigin}/e/recommended/enrolment`)
    await someone.post(someone.page.path, { ...enrolment, loginId, password, acquisitionPassword })
    const { path } = someone.page
    const pfx = await renewalOf(portal, someone)
    await someone.get(path)
    await someone.post(`${path}/file-password`)
    const filePassword = /class="copy-value__value"[^>]*>([^<]+)</.exec(someone.page.html)?.[1] ?? ''
    const identity = { pfx, passphrase: filePassword }
    const day = businessDayOf(portal.clock.now())
    portal.clock.goTo(new Date(startOf(plusDays(day, 8)).getTime() - 60_000))
    const onTime = portal.visitor(identity)
    await logIn(onTime, password)
    expect(onTime.page.path).toBe('/password')
    await onTime.post('/logout')

    portal.clock.goTo(startOf(plusDays(day, 8)))
    const late = portal.visitor(identity)
    await logIn(late, password)
    expect(late.page.text).toContain('パスワードの有効期限が切れています')
    expect(late.page.text).toContain('新しい仮のパスワードの発行')
    expect(
      (await portal.deps.db.history.findMany({ where: { operation: 'login.failed' } })).at(-1),
    ).toMatchObject({
      reason: 'login.over',
    })
  })
})
