import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { plusSeconds } from '../../../../src/kernel/clock.ts'
import { sql } from '../../../support/database.ts'
import { demoOf } from '../../../support/factors.ts'
import { officerAtWork } from '../../../support/officers.ts'
import { openPortal, type Portal } from '../../../support/portal.ts'
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
import { callerOf, type Role } from '../../../support/ways-in.ts'
import { publish, typed } from '../postings/writing.ts'

/** What a service may ask of a login (OpenID Connect Core, 3.1.2.1), and of a logout (RP-Initiated Logout 1.0). */
let portal: Portal
let service: TestService
let certified: TestService
let visitor: Visitor

const { administrator } = demoOf('omakase')

beforeAll(async () => {
  portal = await openPortal({ presets: ['shoko', 'omakase'], generalUsers: true })
  const contract = (preset: 'shoko' | 'omakase') =>
    contractFor(portal, { contractNumber: demoOf(preset).company.contractNumber, permission: null })
  service = await contract('omakase')
  certified = await contract('shoko')
  visitor = await loggedIn('omakase')
})
afterAll(() => portal?.close())

const loggedIn = async (preset: 'shoko' | 'omakase', role: Role = 'administrator'): Promise<Visitor> => {
  const caller = await callerOf(portal, preset, role)
  await caller.enter()
  if (caller.visitor.page.path === '/login/takeover') await caller.visitor.post('/login/takeover')
  if (caller.visitor.page.path !== '/home') throw new Error(caller.visitor.page.text)
  return caller.visitor
}

/** Asks with parameters of the service's choice; gives its address with the answer, or nothing where a page stays. */
const ask = (who: Visitor, proof: string, changes: Record<string, string>, of = service) =>
  browse(who, requestOf(portal, of, proof, changes))

const answerIn = (back: string | undefined) => new URL(back ?? 'none:').searchParams

const tokensOf = async (back: string | undefined, proof: string, of = service) => {
  const code = answerIn(back).get('code') ?? ''
  const { status, answer } = await redeem(portal, of, { code, proof })
  expect(status, back).toBe(200)
  return {
    access_token: answer.access_token,
    idToken: answer.id_token ?? '',
    said: claimsIn(answer.id_token),
  }
}

/** Proves anew who they are on the page that the service's wish has led to, and goes on. */
const prove = async (who: Visitor, password: string) => {
  expect(who.page.path).toBe('/reauthentication')
  const next = new URL(who.page.url).searchParams.get('next') ?? ''
  await who.post('/reauthentication', { proof: 'password', loginPassword: password, next })
  const { refresh } = who.page.headers
  return typeof refresh === 'string' ? browse(who, refresh.slice(refresh.indexOf('url=') + 4)) : undefined
}

describe('a newer login', () => {
  it('G-05 prompt=login is a proof anew, whose time the token tells', async () => {
    portal.clock.move(60)
    const before = portal.clock.now()
    const proof = verifier()
    expect(await ask(visitor, proof, { prompt: 'login' })).toBeUndefined()
    expect(visitor.page.text).toContain('サービスへ進む前に')
    expect(await prove(visitor, 'Machigai1')).toBeUndefined()
    expect(visitor.page.status).toBe(422)
    await visitor.get(`/reauthentication?next=${/name="next" value="([^"]+)"/.exec(visitor.page.html)?.[1]}`)
    const { said } = await tokensOf(await prove(visitor, administrator.password), proof)
    expect(said.auth_time).toBeGreaterThanOrEqual(Math.floor(before.getTime() / 1000))
    // The next request is another one, and asks again.
    expect(await ask(visitor, verifier(), { prompt: 'login' })).toBeUndefined()
    expect(visitor.page.path).toBe('/reauthentication')
  })

  it('G-05 max_age is kept by the session that is young enough, and by a proof anew otherwise, 0 too', async () => {
    const [session] = await portal.deps.db.session.findMany({
      where: { endedAt: null, user: { loginId: administrator.loginId } },
    })
    const proved = session?.stepUpAt ?? portal.clock.now()
    const asksAnew = async (max_age: string) => {
      const proof = verifier()
      expect(await ask(visitor, proof, { max_age })).toBeUndefined()
      await tokensOf(await prove(visitor, administrator.password), proof)
    }
    const proof = verifier()
    await portal.clock.standAt(plusSeconds(proved, 100), async () => {
      const { said } = await tokensOf(await ask(visitor, proof, { max_age: '100' }), proof)
      expect(said.auth_time).toBe(Math.floor(proved.getTime() / 1000))
      await asksAnew('99')
    })
    await portal.clock.standAt(plusSeconds(proved, 101), () => asksAnew('0'))
  })

  it('G-05 a login for the very request is new enough', async () => {
    const late = await callerOf(portal, 'omakase', 'administrator')
    const proof = verifier()
    expect(await ask(late.visitor, proof, { prompt: 'login' })).toBeUndefined()
    const next = new URL(late.visitor.page.url).searchParams.get('next') ?? ''
    await late.visitor.get(`/e/omakase/login/password?next=${encodeURIComponent(next)}`)
    await late.type(administrator.password, { next })
    expect(late.visitor.page.path).toBe('/login/takeover')
    await late.visitor.post('/login/takeover')
    const { refresh } = late.visitor.page.headers
    const back = await browse(late.visitor, String(refresh).split('url=')[1] ?? '')
    await tokensOf(back, proof)
    visitor = late.visitor
  })
})

describe('an answer by a form', () => {
  it('G-05 I-02 response_mode=form_post is a page of ours, in both languages, and its answer is redeemed', async () => {
    const proof = verifier()
    expect(await ask(visitor, proof, { response_mode: 'form_post' })).toBeUndefined()
    const { html, headers, text, status } = visitor.page
    expect([status, text]).toEqual([200, expect.stringContaining('サービスへ移動しています')])
    expect(html).toContain(`action="${service.redirectUri}" data-goes-on`)
    expect(/<form[^>]*data-goes-on[\s\S]*?<\/form>/.exec(html)?.[0]).not.toContain('_csrf')
    expect(headers['content-security-policy']).not.toContain('form-action')
    expect(headers['content-security-policy']).toContain("script-src 'self'")
    expect(headers['cache-control']).toContain('no-store')
    const code = /name="code" value="([^"]+)"/.exec(html)?.[1] ?? ''
    expect(/name="state" value="([^"]+)"/.exec(html)?.[1]).toBe('as-sent')
    expect((await redeem(portal, service, { code, proof })).status).toBe(200)

    // What can't be, goes by a form as well; where nobody may see a page, none but this one is shown.
    const stranger = portal.visitor()
    const silent = { response_mode: 'form_post', prompt: 'none' }
    expect(await ask(stranger, verifier(), silent)).toBeUndefined()
    expect(stranger.page.html).toContain('name="error" value="login_required"')
  })
})

describe('without a page', () => {
  it('G-05 prompt=none lets in whoever is logged in, wherever their session lives', async () => {
    const proof = verifier()
    await tokensOf(await ask(visitor, proof, { prompt: 'none' }), proof)
    const holder = await loggedIn('shoko')
    const back = await ask(holder, proof, { prompt: 'none' }, certified)
    expect((await tokensOf(back, proof, certified)).said.acr).toBe('urn:sekisho:acr:certificate')
  })

  it('G-05 prompt=none tells what stands in the way, and shows nothing', async () => {
    const stranger = portal.visitor()
    const silent = { prompt: 'none' }
    expect(answerIn(await ask(stranger, verifier(), silent)).get('error')).toBe('login_required')
    const older = { ...silent, max_age: '0' }
    portal.clock.move(1)
    expect(answerIn(await ask(visitor, verifier(), older)).get('error')).toBe('login_required')
    const theirs = await ask(visitor, verifier(), silent, certified)
    expect(answerIn(theirs).get('error')).toBe('access_denied')
    const both = await ask(visitor, verifier(), { prompt: 'none login' })
    expect(answerIn(both).get('error')).toBe('invalid_request')
    // An answer that somebody made up answers nobody's request.
    await browse(stranger, requestOf(portal, service, verifier()))
    const uid = new URL(stranger.page.url).searchParams.get('next')?.split('/').at(-1)
    await stranger.get(`/sso/${uid}/answer?error=access_denied`, { headers: { accept: 'text/html' } })
    expect(stranger.page.status).toBe(409)
  })

  it('G-02 G-05 an article to be acknowledged is told as such, and is shown where a page may be', async () => {
    const editor = await officerAtWork(portal, 'editor', 'requests.editor')
    const article = await publish(editor, 'information', typed('重要なお知らせ', { mustAcknowledge: 'on' }))
    const back = await ask(visitor, verifier(), { prompt: 'none' })
    expect(answerIn(back).get('error')).toBe('interaction_required')
    const proof = verifier()
    expect(await ask(visitor, proof, {})).toBeUndefined()
    expect(visitor.page.text).toContain('重要なお知らせ')
    const next = /name="next" value="([^"]+)"/.exec(visitor.page.html)?.[1] ?? ''
    await visitor.post(`${visitor.page.path}/acknowledgement`, { next })
    const { refresh } = visitor.page.headers
    await tokensOf(await browse(visitor, String(refresh).split('url=')[1] ?? ''), proof)
    await tokensOf(await ask(visitor, proof, { prompt: 'none' }), proof)
    await editor.post(`/helpdesk/information/${article}/withdrawal`, { version: '0' })
  })

  it('G-05 C-15 a session that this browser does not hold any more is none, and no page says so', async () => {
    const silent = { prompt: 'none' }
    const holder = await loggedIn('shoko')
    const { certDomain } = portal.settings
    for (const [host, jar] of holder.cookies) if (host.endsWith(certDomain)) jar.clear()
    expect(answerIn(await ask(holder, verifier(), silent, certified)).get('error')).toBe('login_required')
  })

  it('G-05 C-15 a cookie that came over no certificate is answered alike, and recorded', async () => {
    const holder = await loggedIn('shoko')
    const thief = portal.visitor()
    for (const [host, jar] of holder.cookies) thief.cookies.set(host, new Map(jar))
    const recorded = () =>
      portal.deps.db.history.count({ where: { reason: 'session.otherCertificate', actorKind: 'stranger' } })
    const before = await recorded()
    expect(answerIn(await ask(thief, verifier(), { prompt: 'none' }, certified)).get('error')).toBe(
      'login_required',
    )
    expect(await recorded()).toBe(before + 1)
    const owned = await ask(holder, verifier(), { prompt: 'none' }, certified)
    expect(answerIn(owned).get('error')).toBeNull()
  })

  it('G-05 a login that is not complete is none yet', async () => {
    const { companyId, id: userId } = await portal.deps.db.user.findFirstOrThrow({
      where: { loginId: administrator.loginId },
    })
    await portal.deps.db.credential.updateMany({
      where: { companyId, userId, kind: 'login_password' },
      data: { forceChange: true },
    })
    const half = await callerOf(portal, 'omakase', 'administrator')
    await half.enter()
    await half.visitor.post('/login/takeover')
    expect(half.visitor.page.path).toBe('/password')
    const back = await ask(half.visitor, verifier(), { prompt: 'none' })
    expect(answerIn(back).get('error')).toBe('login_required')
    await portal.deps.db.credential.updateMany({
      where: { companyId, userId, kind: 'login_password' },
      data: { forceChange: false },
    })
    await half.visitor.post('/logout')
    visitor = await loggedIn('omakase')
  })
})

describe('who, and how', () => {
  it('G-05 acr says how somebody came in, whatever a service would like better', async () => {
    const proof = verifier()
    const back = await ask(visitor, proof, { acr_values: 'urn:sekisho:acr:certificate' })
    const { said, access_token } = await tokensOf(back, proof)
    expect(said).toMatchObject({ acr: 'urn:sekisho:acr:password', amr: ['pwd'] })
    expect((await userinfo(portal, access_token)).status).toBe(200)
  })

  it('G-05 a service that means somebody else is told so', async () => {
    const proof = verifier()
    const { idToken } = await tokensOf(await ask(visitor, proof, {}), proof)
    await tokensOf(await ask(visitor, proof, { id_token_hint: idToken }), proof)
    const colleague = await loggedIn('omakase', 'user')
    const wrong = await ask(colleague, verifier(), { id_token_hint: idToken })
    expect(answerIn(wrong).get('error')).toBe('login_required')
    const forged = await ask(visitor, verifier(), { id_token_hint: `${idToken}x` })
    expect(answerIn(forged).get('error')).toBe('invalid_request')
  })

  it.each([
    'https://service.example.evil/callback',
    'https://service.example@evil.example/callback',
    'https://service.example:8443/callback',
    'http://service.example/callback',
    'https://service.example/callback?next=https://evil.example',
    'https://service.example/callback#x',
    'https://service.example/callback/../evil',
    '//service.example/callback',
    'https://service.example\\@evil.example/callback',
    'javascript:alert(1)',
    'https://service.example/callback\r\nlocation: https://evil.example',
  ])(
    'G-05 %j is no address of the service: our own page says so, and nothing is sent there',
    async redirect_uri => {
      expect(await ask(visitor, verifier(), { redirect_uri })).toBeUndefined()
      expect(visitor.page).toMatchObject({ status: 400, path: '/sso/failed' })
      expect(visitor.page.url.startsWith(portal.settings.portalOrigin)).toBe(true)
    },
  )
})

describe('a logout that begins at a service', () => {
  const end = (parameters: Record<string, string>) =>
    `${portal.settings.portalOrigin}/oidc/session/end?${new URLSearchParams(parameters)}`
  const inService = async () => {
    const { answer } = await redeem(portal, service, await codeFor(portal, visitor, service))
    return answer.id_token ?? ''
  }

  it('G-05 where the provider knows nobody, leads on or says so on a page of ours, in both languages', async () => {
    const hint = await inService()
    const stranger = portal.visitor()
    const back = { post_logout_redirect_uri: service.postLogoutUri, state: 'theirs' }
    expect(await browse(stranger, end({ id_token_hint: hint, ...back }))).toBe(
      `${service.postLogoutUri}?state=theirs`,
    )
    for (const parameters of [{}, back, { client_id: service.clientId }] as Record<string, string>[]) {
      const nobody = portal.visitor()
      expect(await browse(nobody, end(parameters))).toBeUndefined()
      expect(nobody.page).toMatchObject({ status: 200, path: '/sso/logout' })
      expect(nobody.page.text).toContain('接続が残っていません')
    }
    const english = portal.visitor()
    await browse(english, end({}))
    expect((await english.get('/sso/logout?lang=en')).text).toContain('In this browser nothing is left')
  })

  it('G-05 a wrong hint or address is answered by a page of ours, and nobody is logged out', async () => {
    const hint = await inService()
    const [head, body, signature] = hint.split('.')
    const wrong: Record<string, string>[] = [
      { id_token_hint: 'no.token.atall' },
      { id_token_hint: `${head}.${body}.${signature?.split('').reverse().join('')}` },
      { id_token_hint: hint, post_logout_redirect_uri: 'https://service.example/elsewhere' },
      { id_token_hint: hint, client_id: certified.clientId },
      { client_id: 'nobody' },
    ]
    for (const parameters of wrong) {
      expect(await browse(visitor, end(parameters)), JSON.stringify(parameters)).toBeUndefined()
      expect(visitor.page).toMatchObject({ status: 400, path: '/sso/failed' })
      expect(visitor.page.text).toContain('サービスからのログアウトの要求が正しくない')
    }
    const english = await visitor.get(`${new URL(visitor.page.url).href}&lang=en`)
    expect(english.text).toContain('asked for the logout in a way that cannot be accepted')
    await visitor.get(`${portal.settings.portalOrigin}/home`)
    expect(visitor.page.path).toBe('/home')
  })

  it('G-05 without a hint or an address the portal asks all the same, and then says that it is done', async () => {
    await inService()
    // Whoever names no client leads nowhere, whatever address they ask for.
    await browse(visitor, end({ post_logout_redirect_uri: 'https://evil.example/' }))
    expect(visitor.page).toMatchObject({ status: 200, path: '/sso/logout' })
    await visitor.post('/sso/logout')
    expect(visitor.page.headers.refresh).toBeUndefined()
    expect(visitor.page.text).toContain('ログアウトしました')
    await visitor.get(`${portal.settings.portalOrigin}/home`)
    expect(visitor.page.path).not.toBe('/home')
  })
})

describe('strangers', () => {
  it('G-05 the provider offers what contracts mean, and nothing besides', async () => {
    const { html } = await portal.visitor().get('/oidc/.well-known/openid-configuration')
    const offered = JSON.parse(html)
    expect(offered).toMatchObject({
      response_types_supported: ['code'],
      grant_types_supported: ['authorization_code'],
      code_challenge_methods_supported: ['S256'],
    })
    for (const name of [
      'pushed_authorization_request_endpoint',
      'dpop_signing_alg_values_supported',
      'registration_endpoint',
      'introspection_endpoint',
      'revocation_endpoint',
      'device_authorization_endpoint',
    ])
      expect(offered).not.toHaveProperty(name)
    expect((await portal.visitor().post('/oidc/request', { client_id: service.clientId })).status).toBe(404)
  })

  it('I-05 an address that names nothing of the provider is answered as one, never with an error of ours', async () => {
    const { page } = visitor
    for (const path of [
      '/oidc?x',
      '/oidc',
      '/oidc/',
      '/oidc//x',
      '/oidc/auth?',
      '/oidc/auth?state=a?b',
      '/oidc/authx?y',
    ]) {
      await browse(visitor, new URL(path, portal.settings.portalOrigin).href)
      expect([path, visitor.page.status]).toEqual([path, path.startsWith('/oidc/auth?') ? 400 : 404])
    }
    visitor.page = page
  })

  it('I-05 requests of one address are limited, and say when to come again', async () => {
    const stranger = portal.visitor()
    const ask = () => browse(stranger, requestOf(portal, service, verifier()))
    await ask()
    const limited = (count: number) =>
      sql(
        portal.database.ownerUrl,
        `UPDATE rate_window SET count = ${count} WHERE key LIKE 'authorization:%'`,
      )
    await limited(600)
    const before = await portal.deps.db.oidcArtifact.count()
    await ask()
    expect(stranger.page.status).toBe(429)
    for (const spelled of ['/oidc/auth/?', '/oidc/AUTH?', '/oidc/Auth//?']) {
      await browse(stranger, requestOf(portal, service, verifier()).replace('/oidc/auth?', spelled))
      expect([spelled, stranger.page.status]).toEqual([spelled, 429])
    }
    expect(await portal.deps.db.oidcArtifact.count()).toBe(before)
    await limited(0)
  })

  it.each([
    '/oidc/auth\\?',
    '/oidc/\\auth?',
    '/oidc\\auth?',
    '/oidc\\/auth?',
    '/oidc/x\\..\\auth?',
    '/oidc/auth#?',
    '/oidc/auth#/?',
    '/oidc/x#/../auth?',
    '/oidc/auth?x#&',
  ])(
    'I-05 an address spelled %s, as no browser sends it, asks for nothing, and so for nothing uncounted',
    async spelled => {
      const wanted = requestOf(portal, service, verifier()).replace('/oidc/auth?', spelled)
      const kept = () => portal.deps.db.oidcArtifact.count()
      const before = await kept()
      expect(await statusOf(wanted.slice(portal.settings.portalOrigin.length))).toBe(404)
      expect(await kept()).toBe(before)
    },
  )
})

/** Asks for an address byte by byte, which browsers and URLs would write anew. */
const statusOf = async (path: string): Promise<number | undefined> => {
  const { portalPort: port, portalOrigin } = portal.settings
  const headers = { host: new URL(portalOrigin).host }
  const sent = request({
    host: '127.0.0.1',
    port,
    path,
    headers,
    rejectUnauthorized: false,
    agent: false,
  }).end()
  const [answer] = (await once(sent, 'response')) as [IncomingMessage]
  answer.resume()
  return answer.statusCode
}
