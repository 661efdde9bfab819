import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { businessDayOf, toColumn } from '../../../../src/kernel/business-day.ts'
import { demoOf } from '../../../support/factors.ts'
import { openPortal, type Portal } from '../../../support/portal.ts'
import { until } from '../../../support/until.ts'

let portal: Portal
beforeAll(async () => {
  // The demo's certificates are from last year, and in their window today.
  portal = await openPortal(
    { presets: ['shoko', 'rokin', 'prosrv', 'recommended'], generalUsers: false },
    340 * 86_400,
  )
  portal.clock.goTo(new Date())
  await portal.deps.db.credential.updateMany({
    data: { setOn: toColumn(businessDayOf(portal.clock.now())) },
  })
})
afterAll(() => portal.close())

/** At the renewal as an address typed or kept leads there: without an entrance. */
const atRenewal = async (file: string) => {
  const holder = portal.visitor(await portal.identity(file))
  await holder.get(`${portal.settings.portalOrigin}/login/certificate`)
  await holder.get('/renewal')
  return holder
}

describe('証明書更新', () => {
  it('B-00, C-04 stands at the entrance of the company that the certificate names, whose renewal leads back there', async () => {
    const holder = await atRenewal('recommended-admin')
    expect(holder.page).toMatchObject({ path: '/e/recommended/renewal', status: 200 })
    expect(holder.page.html).toContain('action="/e/recommended/renewal"')
    expect(holder.page.html).toMatch(/href="\/e\/recommended\/login"[^>]*>\s*ログイン画面へ/)
    const wrong = await holder.post('/e/recommended/renewal', { password: 'Chigau-mono-2026' })
    expect(wrong).toMatchObject({ path: '/e/recommended/renewal', status: 422 })

    // The result's guides are pages of that entrance as well: on the portal's host nobody is logged in.
    await holder.post('/e/recommended/renewal', { password: demoOf('recommended').administrator.password })
    const address = holder.page.path
    expect(address).toMatch(/^\/enrolment\//)
    await until(async () => JSON.parse((await holder.get(`${address}/state`)).html).done === true)
    const result = await holder.get(address)
    const guide = `${portal.settings.portalOrigin}/e/recommended/guide/windows`
    expect(result.html).toContain(`href="${guide}"`)
    // Decision 27: whoever has no note of the file's password renews again, and needs nobody to revoke anything.
    await holder.post(`${address}/file-password`)
    const second = await holder.get(address)
    expect(second.text).toContain('ダウンロードの期限が過ぎてから、これまでの電子証明書で、もう一度更新')
    expect(second.text).not.toContain('失効')
    const read = await portal.visitor().get(guide)
    for (const next of ['guide/mac', 'guide/deletion', 'check'])
      expect(read.html).toContain(`href="/e/recommended/${next}"`)
    expect(read.html).toContain(`href="${portal.settings.portalOrigin}/e/recommended"`)
  })

  it('C-04 rokin’s users are led to the door where 「電子証明書発行」 stands', async () => {
    const holder = await atRenewal('rokin-admin')
    expect(holder.page).toMatchObject({ path: '/e/rokin/renewal', status: 409 })
    expect(holder.page.text).toContain('「電子証明書発行」から更新')
    const door = /href="([^"]*)"[^>]*>\s*ログイン画面へ/.exec(holder.page.html)?.[1] ?? ''
    expect(door).toBe(`${portal.settings.portalOrigin}/e/rokin`)
    expect((await portal.visitor().get(door)).text).toContain('電子証明書発行')
  })

  it('B-02 a certificate that several share names the company alone, here as at the login', async () => {
    const holder = await atRenewal('prosrv-admin')
    expect(holder.page).toMatchObject({ path: '/e/prosrv/renewal', status: 200 })
    const owner = await portal.deps.db.user.findFirstOrThrow({
      where: { certificates: { some: {} }, company: { entrance: { slug: 'prosrv' } } },
      select: { loginId: true, name: true, company: { select: { name: true } } },
    })
    expect(holder.page.text).toContain(owner.company.name)
    expect(holder.page.text).not.toContain(owner.loginId)
    expect(holder.page.text).not.toContain(owner.name)
  })

  it('B-02, C-17 who shows no certificate is led on within the entrance they came to', async () => {
    const nobody = portal.visitor()
    const page = await nobody.get(`${portal.settings.portalOrigin}/e/rokin/login/certificate`)
    expect(page.status).toBe(403)
    const { portalOrigin } = portal.settings
    expect(page.html).toContain(`href="${portalOrigin}/e/rokin/check"`)
    const check = await nobody.get(`${portalOrigin}/e/rokin/check`)
    for (const next of ['guide/windows', 'guide/deletion', 'check/certificate'])
      expect(check.html).toContain(`href="/e/rokin/${next}"`)
  })
})
