import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type Contract, contractService } from '../../src/features/services/index.ts'
import { system } from '../../src/kernel/actor.ts'
import type { Portal } from './portal.ts'
import type { Page, Visitor } from './visitor.ts'

/** A service as the other side of single sign-on: a client that a test plays by hand. */
export type TestService = {
  clientId: string
  clientSecret: string
  redirectUri: string
  postLogoutUri: string
}

const serviceOrigin = 'https://service.example'

/** Contracts a service for the company of a contract number; `backchannelLogoutUri` where the test listens, `addresses` where it is a program of its own. */
export const contractFor = async (
  { deps }: Portal,
  {
    contractNumber,
    code = 'cash',
    permission = 'statement.view',
    backchannelLogoutUri,
    addresses = {},
  }: {
    contractNumber: string
    code?: string
    permission?: string | null
    backchannelLogoutUri?: string
    addresses?: Partial<Omit<Contract, 'companyId' | 'serviceCode'>>
  },
): Promise<TestService> => {
  const { id: companyId } = await deps.db.company.findUniqueOrThrow({ where: { contractNumber } })
  const [permissionService = null, permissionCode = null] = permission?.split('.') ?? []
  await deps.db.portalService.upsert({
    where: { code },
    update: {},
    create: {
      code,
      sort: 100,
      nameJa: '資金管理サービス',
      nameEn: 'Cash management',
      textJa: '口座の入出金をまとめて管理します。',
      textEn: 'Your accounts at one glance.',
      href: `/services/${code}`,
      forWhom: 'everyone',
      singleSignOn: true,
      permissionService,
      permissionCode,
    },
  })
  const redirectUri = `${serviceOrigin}/callback`
  const postLogoutUri = `${serviceOrigin}/bye`
  const made = await contractService(deps, system('test'), {
    companyId,
    serviceCode: code,
    loginUri: `${serviceOrigin}/login`,
    redirectUris: [redirectUri],
    postLogoutRedirectUris: [postLogoutUri],
    ...(backchannelLogoutUri && { backchannelLogoutUri }),
    ...addresses,
  })
  if (!made.ok) throw new Error(made.reason)
  return { ...made.value, redirectUri, postLogoutUri }
}

/** A service as an officer registers it, which home shows once a second one has approved it. */
export const newService: Record<string, string> = {
  code: 'expenses',
  nameJa: '経費精算サービス',
  nameEn: 'Expenses',
  textJa: '経費を申請し、承認します。',
  textEn: 'Claim and approve expenses.',
  sort: '７０',
  target: 'signOn',
  address: '',
  permission: 'balance.view',
  forWhom: 'everyone',
  reason: '提供を始めるため',
}

/** Where a page leads by itself: its redirect, or the address it goes on to. */
const onwards = (page: Page): string | undefined => {
  const { location, refresh } = page.headers
  if (typeof location === 'string' && page.status >= 300) return new URL(location, page.url).href
  return typeof refresh === 'string' ? refresh.slice(refresh.indexOf('url=') + 4) : undefined
}

const asBrowser = { follow: false, headers: { accept: 'text/html' } }

/** Goes where pages lead by themselves, as a browser does, but not to another site; gives where it would go, if anywhere. */
export const browse = async (
  visitor: Visitor,
  address: string,
  until = (url: string) => url.startsWith(serviceOrigin),
): Promise<string | undefined> => {
  let page = await visitor.get(address, asBrowser)
  for (let hop = 0; hop < 20; hop++) {
    const next = onwards(page)
    if (next === undefined) return undefined
    if (until(next)) return next
    page = await visitor.get(next, asBrowser)
  }
  throw new Error(`${address} goes round in circles`)
}

export const verifier = () => randomBytes(32).toString('base64url')
const challengeOf = (text: string) => createHash('sha256').update(text).digest('base64url')

/** The address of an authorization request; `changes` make it another one than the service's own. */
export const requestOf = (
  { settings }: Pick<Portal, 'settings'>,
  service: TestService,
  proof: string,
  changes: Record<string, string> = {},
): string =>
  `${settings.portalOrigin}/oidc/auth?${new URLSearchParams({
    client_id: service.clientId,
    redirect_uri: service.redirectUri,
    response_type: 'code',
    scope: 'openid profile company permissions',
    state: 'as-sent',
    code_challenge: challengeOf(proof),
    code_challenge_method: 'S256',
    ...changes,
  })}`

const basic = ({ clientId, clientSecret }: TestService) => ({
  authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`,
})

type Asked = { headers: Record<string, string>; form?: Record<string, string> }

/** What a service's own program asks of the provider: it has no cookies, and no page of a browser behind it. */
const ask = async ({ settings }: Portal, path: string, { headers, form }: Asked) => {
  const ca = await readFile(join(settings.dataDir, 'tls', 'ca.pem'))
  const body = form && new URLSearchParams(form).toString()
  const sent = request(`${settings.portalOrigin}/oidc/${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    agent: false,
    ca,
    headers: {
      ...headers,
      ...(body !== undefined && { 'content-type': 'application/x-www-form-urlencoded' }),
    },
  })
  sent.end(body)
  const [answer] = (await once(sent, 'response')) as [IncomingMessage]
  return {
    status: answer.statusCode ?? 0,
    body: JSON.parse((await text(answer)) || '{}') as Record<string, unknown>,
  }
}

/** Redeems a code as the service does. */
export const redeem = async (
  portal: Portal,
  service: TestService,
  { code, proof, redirectUri = service.redirectUri }: { code: string; proof: string; redirectUri?: string },
) => {
  const { status, body } = await ask(portal, 'token', {
    headers: basic(service),
    form: { grant_type: 'authorization_code', code, code_verifier: proof, redirect_uri: redirectUri },
  })
  return { status, answer: body as Record<string, string> }
}

export const userinfo = async (portal: Portal, token = '') => {
  const { status, body } = await ask(portal, 'me', { headers: { authorization: `Bearer ${token}` } })
  return { status, claims: body }
}

/** The identifiers of the keys that the provider shows. */
export const shownKeys = async (portal: Portal): Promise<string[]> => {
  const { body } = await ask(portal, 'jwks', { headers: {} })
  return (body.keys as { kid: string }[]).map(({ kid }) => kid)
}

/** What a token says, unverified. */
export const claimsIn = (token = ''): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'))

/** A code for whoever is logged in, with the proof it was asked for by. */
export const codeFor = async (portal: Portal, visitor: Visitor, service: TestService) => {
  const proof = verifier()
  const back = await browse(visitor, requestOf(portal, service, proof))
  const code = back && new URL(back).searchParams.get('code')
  if (!code) throw new Error(`no code: ${back ?? visitor.page.text}`)
  return { code, proof }
}
