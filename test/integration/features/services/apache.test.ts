import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { issuerOf } from '../../../../src/features/services/index.ts'
import { startServiceLogouts } from '../../../../src/jobs/service-logout.ts'
import { addressesOf, apacheInstalled, type RunningApache, startApache } from '../../../support/apache.ts'
import { openPortal, type Portal } from '../../../support/portal.ts'
import { freePort } from '../../../support/ports.ts'
import { browse, contractFor } from '../../../support/services.ts'
import type { Visitor } from '../../../support/visitor.ts'

/** G-05: Debian's Apache with mod_auth_openidc is a service as the bank might have one, and knows nothing of Sekisho. */
describe.runIf(apacheInstalled)('a stock relying party', () => {
  let portal: Portal
  let apache: RunningApache
  let logouts: Awaited<ReturnType<typeof startServiceLogouts>>
  let admin: Visitor
  let origin: string
  let home: string

  beforeAll(async () => {
    portal = await openPortal()
    logouts = await startServiceLogouts(portal.deps)
    const port = await freePort()
    origin = `http://127.0.0.1:${port}`
    const { contractNumber } = await portal.deps.db.company.findFirstOrThrow()
    const { clientId, clientSecret } = await contractFor(portal, {
      contractNumber,
      addresses: addressesOf(origin),
    })
    const caFile = join(portal.settings.dataDir, 'tls', 'ca.pem')
    apache = await startApache({
      ...{ origin, port, caFile, clientId, clientSecret },
      issuer: issuerOf(portal.deps),
    })
    await logIn()
  })
  afterAll(async () => {
    await logouts?.stop()
    await portal?.close()
    await apache?.stop()
  })

  const logIn = async () => {
    admin = await portal.administrator()
    home = admin.page.url
  }
  const nowhereElse = () => false
  const inside = () => `${origin}/protected/`
  const claims = (visitor: Visitor) =>
    Object.fromEntries(
      [...visitor.page.html.matchAll(/<dt>(\w+)<\/dt><dd>([^<]*)/g)].map(([, name, value]) => [name, value]),
    )

  it('G-04 G-05 the tile leads into it, and its page knows who came, for whom and how', async () => {
    await browse(admin, '/services/cash', nowhereElse)
    expect(admin.page, `${admin.page.text}\n${await apache.complaints()}`).toMatchObject({
      status: 200,
      url: inside(),
    })
    expect(claims(admin)).toMatchObject({
      acr: 'urn:sekisho:acr:certificate',
      amr: 'pwd,swk,mfa',
      preferred_username: '2004000001',
      company_name: '株式会社関所商事',
      role: 'administrator',
      permissions: expect.stringContaining('statement.view'),
    })
  })
  it('G-05 a logout at the portal ends the session there too, which then asks for a login', async () => {
    await browse(admin, inside(), nowhereElse)
    expect(admin.page.url).toBe(inside())
    const { sid } = claims(admin)
    await admin.get(home)
    await admin.post('/logout')
    const told = () => portal.deps.db.serviceEntry.count({ where: { id: sid ?? '', toldAt: { not: null } } })
    await expect.poll(told).toBe(1)
    await browse(admin, inside(), nowhereElse)
    expect(admin.page.url).toContain(`${portal.settings.portalOrigin}/?next=`)
  })

  it('G-05 a logout there ends the portal’s session once the portal has asked, and leads back', async () => {
    await logIn()
    await browse(admin, inside(), nowhereElse)
    expect(admin.page, await apache.complaints()).toMatchObject({ status: 200, url: inside() })
    const away = new URLSearchParams({ logout: `${origin}/bye.html` })
    await browse(admin, `${origin}/protected/answer?${away}`, nowhereElse)
    expect(admin.page, await apache.complaints()).toMatchObject({ status: 200, path: '/sso/logout' })
    const asked = await admin.post('/sso/logout')
    expect(asked.headers.refresh).toBe(`0; url=${origin}/bye.html`)
    await browse(admin, home, nowhereElse)
    expect(admin.page.status).toBe(401)
    await browse(admin, inside(), nowhereElse)
    expect(admin.page.url).toContain(`${portal.settings.portalOrigin}/?next=`)
  })
})
