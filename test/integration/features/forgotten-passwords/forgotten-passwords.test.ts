import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type ResetJob, sendAskedLink } from '../../../../src/features/forgotten-passwords/index.ts'
import type { PresetName } from '../../../../src/policy/policy.ts'
import { askedLinksSent, lastSealed } from '../../../support/codes.ts'
import { sql } from '../../../support/database.ts'
import { demoOf } from '../../../support/factors.ts'
import { meanwhile } from '../../../support/meanwhile.ts'
import { openPortal, type Portal } from '../../../support/portal.ts'

let portal: Portal
beforeAll(async () => {
  portal = await openPortal({ presets: ['omakase', 'prosrv', 'rokin'], generalUsers: true })
})
afterAll(() => portal.close())
beforeEach(async () => {
  portal.clock.move(3600)
  await sql(
    portal.database.ownerUrl,
    'DELETE FROM rate_window',
    `UPDATE session SET ended_at = now(), end_reason = 'logout' WHERE ended_at IS NULL`,
    'UPDATE credential SET failures = 0, locked_at = NULL, locked_until = NULL',
  )
})

const ask = async (preset: PresetName, fields: Record<string, string>) => {
  const visitor = portal.visitor()
  await visitor.get(`${portal.settings.portalOrigin}/e/${preset}/forgotten-password`)
  await visitor.post(`/e/${preset}/forgotten-password`, fields)
  await askedLinksSent(portal)
  return visitor
}
const linkOf = async (email: string) => (await lastSealed(portal, email, 'password.reset')).link ?? ''
const openLink = async (link: string, fields: Record<string, string>) => {
  const visitor = portal.visitor()
  await visitor.get(link)
  await visitor.post(new URL(link).pathname, fields)
  return visitor
}
const next = (password: string) => ({ password, passwordAgain: password })
const sent = (email: string) =>
  portal.deps.db.outboxMail.count({ where: { recipient: email, kind: 'password.reset' } })

describe('a forgotten password by mail', () => {
  it('B-15 [O] the link and the ID together set a new password once; every session ends', async () => {
    const { user } = demoOf('omakase')
    const open = portal.visitor()
    await open.get(`${portal.settings.portalOrigin}/e/omakase/login/password`)
    expect(open.page.text).toContain('パスワードを忘れた方はコチラ')
    await open.post('/e/omakase/login/password', { loginId: user.loginId, password: user.password })
    expect(open.page.path).toBe('/home')
    await ask('omakase', { loginId: user.loginId })
    const link = await linkOf(user.email)
    const mail = await portal.deps.db.outboxMail.findFirstOrThrow({ where: { kind: 'password.reset' } })
    expect(JSON.stringify(mail.params)).not.toContain(user.loginId)
    const weak = await openLink(link, { loginId: user.loginId, ...next('tanjun') })
    expect(weak.page.status).toBe(422)
    const done = await openLink(link, { loginId: user.loginId, ...next('Atarashii2026') })
    expect(done.page.text).toContain('パスワードを変更しました')
    expect((await open.get('/home')).status).toBe(401)
    // Nor is the browser known any more by which the password of before came in (B-07).
    expect(await portal.deps.db.knownBrowser.count()).toBe(0)
    const again = await openLink(link, { loginId: user.loginId, ...next('Mataatarashii2026') })
    expect(again.page.status).toBe(422)
    expect(again.page.text).toContain('すでに使用されています')
    await open.get(`${portal.settings.portalOrigin}/e/omakase/login/password`)
    await open.post('/e/omakase/login/password', { loginId: user.loginId, password: 'Atarashii2026' })
    expect(open.page.path).toBe('/home')
  })

  it('B-15 the link alone, with another ID, or after thirty minutes opens nothing', async () => {
    const { user, administrator } = demoOf('omakase')
    await ask('omakase', { loginId: user.loginId })
    const link = await linkOf(user.email)
    expect((await openLink(link, next('Hitono2026'))).page.text).toContain('IDが入力されていません')
    const foreign = await openLink(link, { loginId: administrator.loginId, ...next('Hitono2026') })
    expect(foreign.page.status).toBe(422)
    portal.clock.move(30 * 60 + 1)
    const late = await openLink(link, { loginId: user.loginId, ...next('Hitono2026') })
    expect(late.page.text).toContain('有効期限が切れている')
    const made = await openLink(`${link.slice(0, -4)}AAAA`, { loginId: user.loginId, ...next('Hitono2026') })
    expect(made.page.status).toBe(422)
  })

  it('B-15 twenty uses of one link at once give one success', async () => {
    const { user } = demoOf('omakase')
    await ask('omakase', { loginId: user.loginId })
    const link = await linkOf(user.email)
    const people = await Promise.all(
      Array.from({ length: 20 }, (_each, n) =>
        openLink(link, { loginId: user.loginId, ...next(`Doujini20${10 + n}`) }),
      ),
    )
    expect(people.filter(each => each.page.text.includes('パスワードを変更しました'))).toHaveLength(1)
  })

  it('B-15, B-05 the answer is the same whoever is named; nothing is sent where nothing may be', async () => {
    const { user } = demoOf('omakase')
    const before = await sent(user.email)
    const answers = new Set<string>()
    for (const loginId of ['nobody99', user.loginId, demoOf('prosrv').administrator.loginId]) {
      if (loginId === user.loginId)
        await sql(portal.database.ownerUrl, 'UPDATE credential SET locked_at = now(), locked_until = NULL')
      const { page } = await ask('omakase', { loginId })
      answers.add(page.html.replace(/csrf-token" content="[^"]+"/g, '').replace(/value="[^"]{40,}"/g, ''))
    }
    expect(answers.size).toBe(1)
    expect(await sent(user.email)).toBe(before)
  })

  it('B-05 the page looks nothing up: whoever is named, its answer comes before anybody is looked for', async () => {
    const { user } = demoOf('omakase')
    const before = await sent(user.email)
    const visitor = portal.visitor()
    await visitor.get(`${portal.settings.portalOrigin}/e/omakase/forgotten-password`)
    // Even who only reads them waits for these tables: the answer doesn't, and would be an error if it did.
    const holder = new pg.Client(portal.database.ownerUrl)
    await holder.connect()
    try {
      await holder.query('BEGIN')
      await holder.query('LOCK TABLE "user", credential IN ACCESS EXCLUSIVE MODE')
      await visitor.post('/e/omakase/forgotten-password', { loginId: user.loginId })
      expect(visitor.page.status).toBe(200)
      expect(await sent(user.email)).toBe(before)
    } finally {
      await holder.end()
    }
    await askedLinksSent(portal)
    expect(await sent(user.email)).toBe(before + 1)
    const [told] = await sql<{ params: string }>(
      portal.database.ownerUrl,
      `SELECT data::text AS params FROM pgboss.job WHERE name = 'password-reset' ORDER BY created_on DESC LIMIT 1`,
    )
    expect(told?.params).not.toContain(user.loginId)
  })

  it('B-15 three mails an hour at most, and the last link only works', async () => {
    const { user } = demoOf('omakase')
    const before = await sent(user.email)
    await ask('omakase', { loginId: user.loginId })
    const first = await linkOf(user.email)
    for (let n = 0; n < 4; n++) await ask('omakase', { loginId: user.loginId })
    expect(await sent(user.email)).toBe(before + 3)
    expect((await openLink(first, { loginId: user.loginId, ...next('Hitono2026') })).page.status).toBe(422)
  })

  it('B-15, I-05 a job that is run again sends nothing and tells the history of no refusal, whatever holds by then', async () => {
    const { loginId } = demoOf('omakase').user
    const { id: userId } = await portal.deps.db.user.findFirstOrThrow({ where: { loginId } })
    const links = () => portal.deps.db.passwordReset.count({ where: { userId } })
    const told = () => portal.deps.db.history.count({ where: { operation: 'password-reset.asked' } })
    await ask('omakase', { loginId })
    const { id } = await portal.deps.db.passwordReset.findFirstOrThrow({
      where: { userId },
      orderBy: { issuedAt: 'desc' },
    })
    const [job] = await sql<{ data: ResetJob }>(
      portal.database.ownerUrl,
      `SELECT data FROM pgboss.job WHERE id = '${id}'`,
    )
    if (!job) throw new Error('there is no job')
    const before = [await links(), await told()]
    await sql(portal.database.ownerUrl, 'UPDATE credential SET locked_at = now(), locked_until = NULL')
    await sendAskedLink(portal.deps, { id, data: job.data })
    expect([await links(), await told()]).toEqual(before)
  })

  it('B-15, B-22 a change of the password or the mail address ends every link that was sent before', async () => {
    const { administrator } = demoOf('omakase')
    const { loginId, password } = administrator
    const visitor = portal.visitor()
    await visitor.get(`${portal.settings.portalOrigin}/e/omakase/login/password`)
    await visitor.post('/e/omakase/login/password', { loginId, password })
    const proved = () =>
      visitor.post('/reauthentication', { proof: 'password', loginPassword: password, next: '/security' })
    const before = await portal.deps.db.user.findFirstOrThrow({ where: { loginId } })
    await ask('omakase', { loginId })
    const first = await linkOf(administrator.email)
    await visitor.get('/security/contacts/email')
    await proved()
    const address = 'atarashii@omakase.sekisho.example'
    await visitor.post('/security/contacts/email', { address, addressAgain: address })
    await visitor.post('/security/contacts/email/code', {
      code: (await lastSealed(portal, address)).code ?? '',
    })
    expect((await portal.deps.db.user.findUniqueOrThrow({ where: { id: before.id } })).email).toBe(address)
    expect((await openLink(first, { loginId, ...next('Nusumareta2026') })).page.text).toContain(
      '有効期限が切れている',
    )

    await ask('omakase', { loginId })
    const second = await linkOf(address)
    await visitor.post('/password', { current: password, next: 'Jibunde2026', nextAgain: 'Jibunde2026' })
    expect(visitor.page.path).toBe('/home')
    const late = await openLink(second, { loginId, ...next('Nusumareta2026') })
    expect(late.page.status).toBe(422)
    expect(late.page.text).toContain('有効期限が切れている')
    await sql(
      portal.database.ownerUrl,
      `UPDATE "user" SET email = '${administrator.email}' WHERE id = '${before.id}'`,
    )
  })

  it('B-15, B-06 a lock or a suspension in the last moment is not undone by the new password', async () => {
    const { loginId, email } = demoOf('omakase').user
    const { id } = await portal.deps.db.user.findFirstOrThrow({ where: { loginId } })
    for (const [happens, undone] of [
      [
        `UPDATE "user" SET service_state = 'suspended' WHERE id = '${id}'`,
        `UPDATE "user" SET service_state = 'available' WHERE id = '${id}'`,
      ],
      [
        `UPDATE credential SET failures = 5, locked_at = now() WHERE user_id = '${id}'`,
        `UPDATE credential SET failures = 0, locked_at = NULL WHERE user_id = '${id}'`,
      ],
    ] as const) {
      await ask('omakase', { loginId })
      const link = await linkOf(email)
      const visitor = portal.visitor()
      await visitor.get(link)
      const form = { loginId, ...next('Saigoni2026') }
      await meanwhile(portal, id, () => visitor.post(new URL(link).pathname, form), happens)
      expect(visitor.page.status).toBe(422)
      expect(visitor.page.text).toContain('有効期限が切れている')
      await sql(portal.database.ownerUrl, undone)
    }
  })

  it('B-15 [P] asks for the contract number too', async () => {
    const { company, user } = demoOf('prosrv')
    const blank = await ask('prosrv', { loginId: user.loginId })
    expect(blank.page.text).toContain('ご契約番号が入力されていません')
    await ask('prosrv', { contractNumber: company.contractNumber, loginId: user.loginId })
    const done = await openLink(await linkOf(user.email), {
      contractNumber: company.contractNumber,
      loginId: user.loginId,
      ...next('Atarashii2026'),
    })
    expect(done.page.text).toContain('パスワードを変更しました')
  })
})

describe('a forgotten password by people', () => {
  it('B-15 [R] says whom to ask: the master user, and the bank for master users', async () => {
    const page = await portal.visitor().get(`${portal.settings.portalOrigin}/e/rokin/forgotten-password`)
    expect(page.text).toContain('一般ユーザーの方は、貴社のマスターユーザー（管理者）にご連絡ください')
    expect(page.text).toContain(
      'マスターユーザー（管理者）の方は、お取引店またはヘルプデスクにご連絡ください',
    )
    expect(page.html).not.toContain('name="loginId"')
  })
})
