import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { tellServices } from '../../../../src/features/services/index.ts'
import { startServiceLogouts } from '../../../../src/jobs/service-logout.ts'
import { type BackChannel, openBackChannel } from '../../../support/back-channel.ts'
import { sql } from '../../../support/database.ts'
import { demo, openPortal, type Portal } from '../../../support/portal.ts'
import { freePort } from '../../../support/ports.ts'
import {
  browse,
  claimsIn,
  codeFor,
  contractFor,
  redeem,
  requestOf,
  type TestService,
  userinfo,
  verifier,
} from '../../../support/services.ts'
import type { Visitor } from '../../../support/visitor.ts'

let portal: Portal
let service: TestService
let contractNumber: string
let channel: BackChannel

beforeAll(async () => {
  channel = await openBackChannel()
  portal = await openPortal({ presets: ['shoko'] })
  contractNumber = (await portal.deps.db.company.findFirstOrThrow()).contractNumber
  service = await contractFor(portal, { contractNumber, backchannelLogoutUri: channel.uri })
})
afterAll(async () => {
  await portal?.close()
  channel?.close()
})

/** Somebody who is in the portal and in the service: `sid` as the service knows it. */
const inside = async (): Promise<{ visitor: Visitor; home: string; sid: unknown; idToken: string }> => {
  const visitor = await portal.administrator()
  const home = visitor.page.url
  const { answer } = await redeem(portal, service, await codeFor(portal, visitor, service))
  const idToken = answer.id_token ?? ''
  return { visitor, home, sid: claimsIn(idToken).sid, idToken }
}

it('G-05 a logout at the portal is told to the service, and again until it answers', async () => {
  const { visitor, home, sid } = await inside()
  channel.answerWith(503)
  await visitor.get(home)
  await visitor.post('/logout')
  expect(await tellServices(portal.deps)).toBe(0)
  channel.answerWith(200)
  portal.clock.move(60)
  expect(await tellServices(portal.deps)).toBe(1)
  expect(channel.news()).toMatchObject([
    { sid, aud: service.clientId, events: { 'http://schemas.openid.net/event/backchannel-logout': {} } },
  ])
  portal.clock.move(3_600)
  expect(await tellServices(portal.deps)).toBe(0)
})

it('G-05 whatever else ends a session is told at once, by the word of the database', async () => {
  const logouts = await startServiceLogouts(portal.deps)
  const { sid } = await inside()
  const other = portal.visitor(await portal.identity('admin'))
  await other.logIn(demo.administrator.password)
  expect(other.page.path).toBe('/login/takeover')
  await other.post('/login/takeover')
  await expect.poll(() => channel.told.map(each => each.sid)).toEqual([sid])
  channel.news()
  await other.post('/logout')
  await logouts.stop()
})

it('G-05 a service that hangs holds up no other, and rests instead of being waited for again and again', async () => {
  const asked: number[] = []
  const hung = createServer(request => asked.push(request.socket.remotePort ?? 0))
  hung.listen(0, '127.0.0.1')
  await once(hung, 'listening')
  const { port } = hung.address() as AddressInfo
  const nobodys = await freePort()
  const [silent, refusing] = await Promise.all(
    [`http://127.0.0.1:${port}/logout`, `http://127.0.0.1:${nobodys}/`].map((backchannelLogoutUri, n) =>
      contractFor(portal, { contractNumber, code: `silent${n}`, permission: null, backchannelLogoutUri }),
    ),
  )
  const { visitor, home, sid } = await inside()
  for (const each of [silent, silent, silent, refusing])
    if (each) await redeem(portal, each, await codeFor(portal, visitor, each))
  await visitor.get(home)
  await visitor.post('/logout')
  const telling = tellServices(portal.deps)
  await expect.poll(() => channel.told.map(each => each.sid)).toEqual([sid])
  expect(await telling).toBe(1)
  expect(asked).toHaveLength(1)
  channel.news()
  hung.closeAllConnections()
  hung.close()
  await sql(portal.database.ownerUrl, 'UPDATE service_entry SET next_try_at = NULL')
})

it('G-05 services are told of the next end after one that the database has failed', async () => {
  let failures = 0
  const log = Object.create(portal.deps.log, { warn: { value: () => failures++ } })
  const logouts = await startServiceLogouts({ ...portal.deps, log })
  const { visitor, home, sid } = await inside()
  await sql(portal.database.ownerUrl, 'ALTER TABLE service_client RENAME TO service_client_away')
  await visitor.get(home)
  await visitor.post('/logout')
  await expect.poll(() => failures).toBeGreaterThan(0)
  await sql(portal.database.ownerUrl, 'ALTER TABLE service_client_away RENAME TO service_client')
  const next = await inside()
  await next.visitor.get(next.home)
  await next.visitor.post('/logout')
  await expect.poll(() => new Set(channel.told.map(each => each.sid))).toEqual(new Set([sid, next.sid]))
  channel.news()
  await logouts.stop()
})

it('G-05 somebody else at the same browser is themselves to the service', async () => {
  const first = await inside()
  const second = portal.visitor(await portal.identity('user'))
  second.cookies.set('localhost', new Map(first.visitor.cookies.get('localhost')))
  await second.logIn('Teiketsu2026')
  await second.post('/confirmation-password', { next: 'Kakunin2027', nextAgain: 'Kakunin2027' })
  expect(second.page.path).toBe('/home')
  const { answer } = await redeem(portal, service, await codeFor(portal, second, service))
  expect(claimsIn(answer.id_token).sub).not.toBe(claimsIn(first.idToken).sub)
  expect((await userinfo(portal, answer.access_token)).claims).toMatchObject({
    preferred_username: '2004000002',
  })
  await first.visitor.get(first.home)
  await first.visitor.post('/logout')
  await tellServices(portal.deps)
  expect(channel.news().map(each => each.sid)).toEqual([first.sid])
})

it('G-05 a logout at the service ends the portal’s session after the portal has asked, and leads back there alone', async () => {
  const { visitor, home, sid, idToken } = await inside()
  const end = (to: string) =>
    `${portal.settings.portalOrigin}/oidc/session/end?${new URLSearchParams({
      id_token_hint: idToken,
      post_logout_redirect_uri: to,
      state: 'theirs',
    })}`
  expect(await browse(visitor, end('https://service.example/elsewhere'))).toBeUndefined()
  expect(visitor.page.path).toBe('/sso/failed')
  expect(await browse(visitor, end(service.postLogoutUri))).toBeUndefined()
  expect(visitor.page.path).toBe('/sso/logout')
  expect((await visitor.get(home)).status).toBe(200)
  await visitor.get(`${portal.settings.portalOrigin}/sso/logout`)
  const page = await visitor.post('/sso/logout')
  expect(page.headers.refresh).toBe(`0; url=${service.postLogoutUri}?state=theirs`)
  expect((await visitor.get(home)).status).toBe(401)
  await tellServices(portal.deps)
  expect(channel.news().map(each => each.sid)).toEqual([sid])
  const [entry] = await portal.deps.db.history.findMany({ where: { operation: 'service.logged-out' } })
  expect(entry?.details).toContain('資金管理サービス')
  expect(await browse(visitor, requestOf(portal, service, verifier()))).toBeUndefined()
})
