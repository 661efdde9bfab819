import { createPublicKey, type JsonWebKey, verify } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { extname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import * as client from 'openid-client'
import type { DemoServiceSettings } from './demo-service-file.ts'
import { minute, plusSeconds } from './kernel/clock.ts'
import { formatsOf } from './platform/formats.ts'
import { createTemplates } from './platform/http/view.ts'
import { listen } from './platform/listen.ts'
import { randomToken } from './platform/random.ts'
import { systemClock } from './platform/system-clock.ts'
import { closeListener } from './platform/tls/listeners.ts'

const root = join(import.meta.dirname, '..')
/** Its own timeout, whatever the portal's is (G-04). */
const idleSeconds = 10 * minute
const cookieName = 'demo-service'
const pagePolicy =
  "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; frame-ancestors 'none'"
const contentTypes: Record<string, string> = {
  '.css': 'text/css',
  '.woff2': 'font/woff2',
  '.svg': 'image/svg+xml',
}

type Waiting = { contract: string; verifier: string; state: string; nonce: string }
type Session = {
  contract: string
  sid: string
  idToken: string
  claims: Record<string, unknown>
  since: Date
  seenAt: Date
}

/**
 * A service as another company would run it, for people who try the portal out: a stock relying party of OpenID Connect,
 * with sessions and a timeout of its own. It knows of the portal what its settings say and nothing else.
 */
export const startDemoService = async (settings: DemoServiceSettings): Promise<Server> => {
  setDefaultCACertificates([...getCACertificates('default'), await readFile(settings.caFile, 'utf8')])
  const templates = createTemplates(join(root, 'views'), true)
  const waiting = new Map<string, Waiting>()
  const sessions = new Map<string, Session>()
  const known = new Map<string, Promise<client.Configuration>>()

  const configurationOf = (contract: string): Promise<client.Configuration> | undefined => {
    const own = settings.clients[contract]
    if (!own) return undefined
    const found =
      known.get(contract) ?? client.discovery(new URL(settings.issuer), own.clientId, own.clientSecret)
    known.set(contract, found)
    // A portal that was not there is asked again.
    found.catch(() => known.delete(contract))
    return found
  }

  const page = (response: ServerResponse, view: string, data: Record<string, unknown>, status = 200) => {
    const { dateTime } = formatsOf('ja')
    response
      .writeHead(status, {
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy': pagePolicy,
        'cache-control': 'no-store',
      })
      .end(templates.render(`demo-service/${view}`, { formatDateTime: dateTime, ...data }))
  }

  const sessionOf = (request: IncomingMessage): [string, Session] | undefined => {
    const id = cookieOf(request)
    const session = sessions.get(id)
    const now = systemClock.now()
    if (!session || plusSeconds(session.seenAt, idleSeconds) <= now) {
      sessions.delete(id)
      return undefined
    }
    session.seenAt = now
    return [id, session]
  }

  /** Begins the login: what the portal answers must fit what is asked here. */
  const logIn = async (response: ServerResponse, contract: string): Promise<void> => {
    const configuration = await configurationOf(contract)
    if (!configuration) return page(response, 'unknown', {}, 404)
    const id = randomToken()
    const begun: Waiting = {
      contract,
      verifier: client.randomPKCECodeVerifier(),
      state: client.randomState(),
      nonce: client.randomNonce(),
    }
    waiting.set(id, begun)
    const to = client.buildAuthorizationUrl(configuration, {
      redirect_uri: `${settings.origin}/callback`,
      scope: 'openid profile company permissions',
      code_challenge: await client.calculatePKCECodeChallenge(begun.verifier),
      code_challenge_method: 'S256',
      state: begun.state,
      nonce: begun.nonce,
    })
    response.writeHead(303, { location: to.href, 'set-cookie': keeping(id) }).end()
  }

  const callback = async (request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> => {
    const id = cookieOf(request)
    const begun = waiting.get(id)
    waiting.delete(id)
    const configuration = begun && (await configurationOf(begun.contract))
    if (!configuration) return page(response, 'unknown', {}, 400)
    const tokens = await client.authorizationCodeGrant(configuration, url, {
      pkceCodeVerifier: begun.verifier,
      expectedState: begun.state,
      expectedNonce: begun.nonce,
    })
    const own = tokens.claims()
    if (!own || !tokens.id_token) throw new Error('the portal has sent no identity token')
    const info = await client.fetchUserInfo(configuration, tokens.access_token, own.sub)
    const session = randomToken()
    const now = systemClock.now()
    sessions.set(session, {
      contract: begun.contract,
      sid: String(own.sid),
      idToken: tokens.id_token,
      claims: { ...own, ...info },
      since: now,
      seenAt: now,
    })
    response.writeHead(303, { location: '/', 'set-cookie': keeping(session) }).end()
  }

  const logOut = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const found = sessionOf(request)
    const configuration = found && (await configurationOf(found[1].contract))
    if (!configuration) return page(response, 'logged-out', {})
    sessions.delete(found[0])
    const to = client.buildEndSessionUrl(configuration, {
      id_token_hint: found[1].idToken,
      post_logout_redirect_uri: `${settings.origin}/logged-out`,
    })
    response.writeHead(303, { location: to.href }).end()
  }

  /** Word of the portal that a session has ended (OpenID Connect Back-Channel Logout 1.0, 2.6). */
  const backchannelLogout = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const token = new URLSearchParams(await text(request)).get('logout_token') ?? ''
    const sid = await sidOf(token, settings, configurationOf).catch(() => undefined)
    for (const [id, session] of sessions) if (session.sid === sid) sessions.delete(id)
    response.writeHead(sid === undefined ? 400 : 200, { 'cache-control': 'no-store' }).end()
  }

  const home = (request: IncomingMessage, response: ServerResponse) => {
    const found = sessionOf(request)
    return found
      ? page(response, 'home', { ...found[1], minutes: idleSeconds / minute })
      : page(response, 'logged-out', {})
  }

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', settings.origin)
    switch (`${request.method} ${url.pathname}`) {
      case 'GET /':
        return home(request, response)
      case 'GET /login':
        return logIn(response, url.searchParams.get('contract') ?? '')
      case 'GET /callback':
        return callback(request, response, url)
      case 'POST /logout':
        return logOut(request, response)
      case 'GET /logged-out':
        return page(response, 'logged-out', {})
      case 'POST /backchannel-logout':
        return backchannelLogout(request, response)
      default:
        return file(url.pathname, response)
    }
  }

  const file = async (path: string, response: ServerResponse): Promise<void> => {
    const type = contentTypes[extname(path)]
    const name = /^\/assets\/((?:build|img)\/(?:[\w-]+\/)*[\w-]+\.\w+)$/.exec(path)?.[1]
    const bytes = name && type ? await readFile(join(root, 'public', name)).catch(() => undefined) : undefined
    if (!bytes) return page(response, 'unknown', {}, 404)
    response.writeHead(200, { 'content-type': type }).end(bytes)
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: Error) => {
      if (response.headersSent) response.destroy()
      else page(response, 'failed', { said: saidBy(error) }, 502)
    })
  })
  await listen(server, settings.port, settings.host, 'SERVICE_PORT')
  return server
}

/** Reads the settings that the portal's demo has written, and runs the demo service until it is closed. */
export const demoService = async (settingsFile: string): Promise<{ close(): Promise<void> }> => {
  const settings = JSON.parse(await readFile(settingsFile, 'utf8')) as DemoServiceSettings
  const server = await startDemoService(settings)
  return { close: () => closeListener(server) }
}

const cookieOf = ({ headers }: IncomingMessage): string =>
  new RegExp(`(?:^|; )${cookieName}=([\\w-]+)`).exec(headers.cookie ?? '')?.[1] ?? ''

const keeping = (id: string): string => `${cookieName}=${id}; Path=/; HttpOnly; SameSite=Lax`

/** What the portal has answered, where it was no success. */
const saidBy = (error: Error): string =>
  error instanceof client.AuthorizationResponseError ? error.error : error.name

/** The session that a logout token of the portal ends; throws at any other text. */
const sidOf = async (
  token: string,
  { issuer, clients }: DemoServiceSettings,
  configurationOf: (contract: string) => Promise<client.Configuration> | undefined,
): Promise<string> => {
  const [head = '', body = '', signature = ''] = token.split('.')
  const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
  const { alg, kid } = read(head)
  const { iss, aud, sid, events, nonce } = read(body)
  const contract = Object.keys(clients).find(each => clients[each]?.clientId === aud)
  const configuration = contract === undefined ? undefined : await configurationOf(contract)
  const { jwks_uri: keysAt } = configuration?.serverMetadata() ?? {}
  if (!keysAt || alg !== 'RS256') throw new Error('not a token for us')
  const { keys } = (await (await fetch(keysAt)).json()) as { keys: (JsonWebKey & { kid: string })[] }
  const key = keys.find(each => each.kid === kid)
  const signed = Buffer.from(`${head}.${body}`)
  if (
    !key ||
    !verify('sha256', signed, createPublicKey({ key, format: 'jwk' }), Buffer.from(signature, 'base64url'))
  )
    throw new Error('not signed by the portal')
  const ends = events?.['http://schemas.openid.net/event/backchannel-logout'] !== undefined
  if (iss !== issuer || !ends || nonce !== undefined || typeof sid !== 'string')
    throw new Error('not a logout token')
  return sid
}
