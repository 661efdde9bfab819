import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { serviceProvider } from '../../../../src/features/services/provider.ts'
import { day } from '../../../../src/kernel/clock.ts'
import { rotateSigningKeys } from '../../../../src/platform/oidc/keys.ts'
import { meanwhile } from '../../../support/meanwhile.ts'
import { demo, openPortal, type Portal } from '../../../support/portal.ts'
import {
  browse,
  claimsIn,
  codeFor,
  contractFor,
  redeem,
  requestOf,
  shownKeys,
  type TestService,
  userinfo,
  verifier,
} from '../../../support/services.ts'
import type { Visitor } from '../../../support/visitor.ts'

let portal: Portal
let service: TestService
let foreign: TestService
let admin: Visitor

beforeAll(async () => {
  portal = await openPortal({ presets: ['shoko', 'rokin'], generalUsers: false })
  const companies = await portal.deps.db.company.findMany({ include: { entrance: true } })
  const numberOf = (preset: string) =>
    companies.find(each => each.entrance.preset === preset)?.contractNumber ?? ''
  service = await contractFor(portal, { contractNumber: numberOf('shoko') })
  foreign = await contractFor(portal, { contractNumber: numberOf('rokin') })
  admin = await portal.administrator()
})
afterAll(() => portal?.close())

describe('what a service must not get', () => {
  it('G-05 a code used again is refused, and what it gave before is worth nothing', async () => {
    const used = await codeFor(portal, admin, service)
    const first = await redeem(portal, service, used)
    expect((await userinfo(portal, first.answer.access_token)).status).toBe(200)
    const again = await redeem(portal, service, used)
    expect(again).toMatchObject({ status: 400, answer: { error: 'invalid_grant' } })
    expect((await userinfo(portal, first.answer.access_token)).status).toBe(401)
  })

  it('G-05 of a code used twice at once, one use succeeds at most, and its token is worth nothing', async () => {
    const used = await codeFor(portal, admin, service)
    const uses = await Promise.all(Array.from({ length: 6 }, () => redeem(portal, service, used)))
    const tokens = uses.filter(({ status }) => status === 200).map(({ answer }) => answer.access_token)
    expect(tokens.length).toBeLessThanOrEqual(1)
    expect(uses.filter(({ status }) => status === 400)).toHaveLength(6 - tokens.length)
    for (const token of tokens) expect((await userinfo(portal, token)).status).toBe(401)
  })

  it('G-05 a code is redeemed with its own proof, address and client, and within a minute', async () => {
    const wrong = { status: 400, answer: { error: 'invalid_grant' } }
    const { code, proof } = await codeFor(portal, admin, service)
    expect(await redeem(portal, service, { code, proof: verifier() })).toMatchObject(wrong)
    const redirectUri = `${service.redirectUri}/`
    expect(await redeem(portal, service, { code, proof, redirectUri })).toMatchObject(wrong)
    expect(await redeem(portal, foreign, { code, proof })).toMatchObject(wrong)
    expect((await redeem(portal, { ...service, clientSecret: 'guessed' }, { code, proof })).status).toBe(401)
    const late = await codeFor(portal, admin, service)
    portal.clock.move(60)
    expect(await redeem(portal, service, late)).toMatchObject(wrong)
  })

  it('G-05 a request without S256, or to another address, is answered by our own page and goes nowhere', async () => {
    for (const changes of [
      { redirect_uri: 'https://service.example/callback/' },
      { redirect_uri: 'https://service.example.evil/callback' },
      { client_id: '00000000-0000-7000-8000-000000000000' },
      { client_id: "' OR 1=1" },
    ] as Record<string, string>[]) {
      expect(await browse(admin, requestOf(portal, service, verifier(), changes))).toBeUndefined()
      expect(admin.page).toMatchObject({ status: 400, path: '/sso/failed' })
      expect(admin.page.text).toContain('サービスからの接続の要求が正しくない')
    }
    for (const changes of [
      { code_challenge_method: 'plain' },
      { code_challenge: '', code_challenge_method: '' },
      { response_type: 'id_token' },
    ] as Record<string, string>[]) {
      const back = await browse(admin, requestOf(portal, service, verifier(), changes))
      expect(back).toMatch(/[?#&]error=(invalid_request|unsupported_response_type)&/)
      expect(back).not.toMatch(/[?#&]code=/)
    }
  })

  it("G-05 another company's client lets nobody in, and the history has the try", async () => {
    expect(await browse(admin, requestOf(portal, foreign, verifier()))).toBeUndefined()
    expect(admin.page.status).toBe(404)
    expect(admin.page.text).toContain('貴社のご契約にない')
    const refused = await portal.deps.db.history.count({ where: { reason: 'service.notContracted' } })
    expect(refused).toBe(1)
  })

  it('G-05 a ticket answers only the request of the browser it was made for', async () => {
    const own = portal.visitor()
    await browse(own, requestOf(portal, service, verifier()))
    const next = new URL(own.page.url).searchParams.get('next') ?? ''
    const address = new URL(next, await homeOf(admin)).href
    const ticket = await browse(admin, address, url => url.includes('ticket='))
    expect(await browse(admin, ticket ?? '')).toBeUndefined()
    expect(admin.page.status).toBe(409)
  })

  /** Where the portal's session answers a request of the service with a ticket. */
  const ticketed = async () =>
    new URL(
      (await browse(admin, requestOf(portal, service, verifier()), url => url.includes('ticket='))) ?? '',
    )

  it('G-05 a ticket answers no other request of the same browser, and its own within a minute', async () => {
    const [one, other] = [await ticketed(), await ticketed()]
    const swapped = new URL(other)
    swapped.searchParams.set('ticket', one.searchParams.get('ticket') ?? '')
    expect(await browse(admin, swapped.href)).toBeUndefined()
    expect(admin.page.status).toBe(409)
    expect(await browse(admin, other.href)).toMatch(/[?&]code=/)
    const late = await ticketed()
    portal.clock.move(61)
    expect(await browse(admin, late.href)).toBeUndefined()
    expect(admin.page.status).toBe(409)
  })

  it('G-05 a session that is just being ended enters no service', async () => {
    const { id } = await portal.deps.db.session.findFirstOrThrow({
      where: { kind: 'user', stage: 'open', endedAt: null },
    })
    const entries = await portal.deps.db.serviceEntry.count()
    const request = requestOf(portal, service, verifier())
    let ticket: string | undefined
    await meanwhile(
      portal,
      { table: 'session', id },
      async () => {
        ticket = await browse(admin, request, url => url.includes('ticket='))
      },
      `UPDATE session SET ended_at = now(), end_reason = 'logout' WHERE id = '${id}'`,
    )
    expect([ticket, await portal.deps.db.serviceEntry.count()]).toEqual([undefined, entries])
    admin = await portal.administrator()
  })
})

describe('the way in', () => {
  it('G-04 a click on the tile enters the service without another login', async () => {
    expect((await admin.get(await homeOf(admin))).text).toContain('資金管理サービス')
    expect(await browse(admin, '/services/cash')).toMatch(/^https:\/\/service\.example\/login\?iss=/)
    const { code, proof } = await codeFor(portal, admin, service)
    const { answer } = await redeem(portal, service, { code, proof })
    const said = claimsIn(answer.id_token)
    expect(said).toMatchObject({ aud: service.clientId, acr: 'urn:sekisho:acr:certificate' })
    expect(said.amr).toEqual(['pwd', 'swk', 'mfa'])
    const { claims } = await userinfo(portal, answer.access_token)
    expect(claims).toMatchObject({ sub: said.sub, preferred_username: '2004000001', role: 'administrator' })
    expect(claims.company_name).toBeTypeOf('string')
    expect(claims.permissions).toContain('statement.view')
  })

  it('G-04 without a session the login comes first, and leads on to the service that asked', async () => {
    const late = portal.visitor(await portal.identity('admin'))
    const proof = verifier()
    expect(await browse(late, requestOf(portal, service, proof))).toBeUndefined()
    const entry = late.page
    expect(entry.path).toBe('/')
    const next = new URL(entry.url).searchParams.get('next') ?? ''
    expect(next).toMatch(/^\/authorization\//)
    await late.get(`/login/certificate?next=${encodeURIComponent(next)}`)
    await late.post('/login', { password: demo.administrator.password, next }, { follow: false })
    // The administrator's other session is still alive (B-13).
    if (String(late.page.headers.location).includes('takeover')) {
      await late.get('/login/takeover')
      await late.post('/login/takeover', {}, { follow: false })
    }
    const back = await browse(late, String(late.page.headers.location))
    const code = new URL(back ?? '').searchParams.get('code') ?? ''
    expect((await redeem(portal, service, { code, proof })).status).toBe(200)
    admin = late
  })

  it('G-04 an address to go on to never leaves the site', async () => {
    const stranger = portal.visitor()
    for (const next of ['//service.example/', 'https://service.example/', '/\\service.example']) {
      const page = await stranger.get(`/?next=${encodeURIComponent(next)}`)
      expect(page.html).not.toMatch(/href="[^"]*next=/)
    }
    // A cookie that somebody made up leads to no other host.
    const proof = verifier()
    stranger.cookies.get('localhost')?.set('__Host-sekisho-at', 'service.example')
    expect(await browse(stranger, requestOf(portal, service, proof))).toBeUndefined()
    expect(stranger.page.url).toContain(`${portal.settings.portalOrigin}/?next=`)
  })
})

describe('the portal decides, each time', () => {
  it('G-05 keys are changed while tokens live, by the rows, in every copy of the program', async () => {
    const [first] = await shownKeys(portal)
    const { code, proof } = await codeFor(portal, admin, service)
    const old = await redeem(portal, service, { code, proof })
    await portal.deps.db.oidcKey.updateMany({
      data: { signsFrom: new Date(portal.clock.now().getTime() - 90 * day * 1000) },
    })
    await Promise.all([rotateSigningKeys(portal.deps), rotateSigningKeys(portal.deps)])
    const both = await shownKeys(portal)
    expect(both).toHaveLength(2)
    expect(both[0]).toBe(first)
    // Shown for a day before it signs; the old one is shown for a day after.
    await portal.deps.db.oidcKey.updateMany({
      where: { kid: both[1] ?? '' },
      data: { signsFrom: portal.clock.now() },
    })
    expect((await shownKeys(portal))[0]).toBe(both[1])
    expect((await userinfo(portal, old.answer.access_token)).status).toBe(200)
    const fresh = await redeem(portal, service, await codeFor(portal, admin, service))
    const kidOf = (token = '') =>
      JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).kid
    expect([kidOf(old.answer.id_token), kidOf(fresh.answer.id_token)]).toEqual([first, both[1]])
    // Made by a program whose clock is ahead: whoever is behind signs with the oldest there is, and asks no further.
    const madeAt = (seconds: number) =>
      portal.deps.db.oidcKey.updateMany({
        data: { signsFrom: new Date(portal.clock.now().getTime() + seconds * 1000) },
      })
    await madeAt(60)
    expect(await shownKeys(portal)).toHaveLength(2)
    await madeAt(-60)
    const sealed = await portal.deps.db.oidcKey.findMany()
    for (const { sealedJwk } of sealed) expect(Buffer.from(sealedJwk).toString('latin1')).not.toContain('"d"')
  })

  it('G-05 whoever is not permitted sees no tile, is refused with the reason, and tokens of before tell nothing', async () => {
    const { code, proof } = await codeFor(portal, admin, service)
    const { answer } = await redeem(portal, service, { code, proof })
    const where = { serviceCode: 'statement', permissionCode: 'view' }
    const held = await portal.deps.db.userPermission.findMany({ where })
    await portal.deps.db.userPermission.deleteMany({ where })
    expect((await userinfo(portal, answer.access_token)).status).toBe(401)
    expect((await admin.get(await homeOf(admin))).text).not.toContain('資金管理サービス')
    for (const address of ['/services/cash', requestOf(portal, service, verifier())]) {
      expect(await browse(admin, new URL(address, await homeOf(admin)).href)).toBeUndefined()
      expect(admin.page.status).toBe(403)
      expect(admin.page.html).toContain('/obstacles?operation=statement.view')
    }
    await portal.deps.db.userPermission.createMany({ data: held })
  })

  it('G-05 after the logout a code and a token are worth nothing', async () => {
    const given = await redeem(portal, service, await codeFor(portal, admin, service))
    const waiting = await codeFor(portal, admin, service)
    await admin.get(await homeOf(admin))
    await admin.post('/logout')
    expect((await userinfo(portal, given.answer.access_token)).status).toBe(401)
    expect((await redeem(portal, service, waiting)).status).toBe(400)
  })

  it('G-05 state is in the database: another copy of the program knows what this one has given out', async () => {
    admin = await portal.administrator()
    const { code, proof } = await codeFor(portal, admin, service)
    const copy = { ...portal.deps, db: Object.create(portal.deps.db) as typeof portal.deps.db }
    expect(await (await serviceProvider(copy)).AuthorizationCode.find(code)).toBeDefined()
    const stored = await portal.deps.db.oidcArtifact.findMany()
    expect(JSON.stringify(stored)).not.toContain(code)
    expect((await redeem(portal, service, { code, proof })).status).toBe(200)
  })
})

/** Home on the certificate host where this visitor's session lives. */
const homeOf = async (visitor: Visitor): Promise<string> => {
  const host = [...visitor.cookies.keys()].filter(each => each.includes('.cert.')).at(-1)
  return `https://${host}:${portal.settings.certPort}/home`
}
