import type { IncomingMessage } from 'node:http'
import Provider, {
  type AccountClaims,
  type ClientMetadata,
  type Configuration,
  interactionPolicy,
} from 'oidc-provider'
import { type Clock, plusSeconds } from '../../kernel/clock.ts'
import type { Ids } from '../../kernel/ids.ts'
import type { Db } from '../db/client.ts'
import type { SecretBox } from '../secret-box.ts'
import { artifactAdapter, endOfArtifact } from './adapter.ts'
import { signingKeys } from './keys.ts'

/** What the provider asks of whoever knows services and users. */
export type ProviderOptions = {
  /** `https://portal.example.jp/oidc` */
  issuer: string
  /** Values of `acr` that identity tokens may carry. */
  acrValues: string[]
  /** A client's metadata, read at each request; undefined where there is none. */
  clientOf(clientId: string): Promise<ClientMetadata | undefined>
  /** Claims of whoever a grant let in, as they are now; undefined once they may not be let in any more. */
  claimsOf(grantId: string): Promise<AccountClaims | undefined>
  /** Where each authorization request is decided: a path of the portal. */
  decisionPath(uid: string): string
  /** Where requests that are none lead, and where a service asks for the logout. */
  failedPath: string
  logoutPath: string
}

/** Seconds. A code is redeemed by a machine, at once (G-05); a login may take its time. */
const lives = { AuthorizationCode: 30, AccessToken: 300, IdToken: 300, Interaction: 1_800, Session: 86_400 }

/**
 * `prompt=none` as it is kept with the request: whether somebody is logged in is found by redirects, as for every other,
 * and no page is shown on the way (OpenID Connect Core, 3.1.2.1).
 */
export const silentParam = 'portal_silent'

/** The request of a service that wants no page shown, as it goes on its way; undefined for any other. */
export const silently = (query: string): string | undefined => {
  const asked = new URLSearchParams(query)
  if (asked.get('prompt') !== 'none') return undefined
  asked.delete('prompt')
  asked.set(silentParam, '1')
  return asked.toString()
}

/** What `response_mode=form_post` is kept as: the provider's own page for it is in one language and nobody's layout. */
const formPostMode = 'portal_form_post'

/** A request as the provider is to keep it: what it would answer by itself goes under words of our own. */
export const asKept = (query: string): string => {
  const kept = silently(query) ?? query
  const asked = new URLSearchParams(kept)
  if (asked.get('response_mode') !== 'form_post') return kept
  asked.set('response_mode', formPostMode)
  return asked.toString()
}

/** An answer that the browser is to carry to a service by a form (OAuth 2.0 Form Post Response Mode). */
export type FormAnswer = { action: string; inputs: Record<string, string> }

const formAnswers = new WeakMap<IncomingMessage, FormAnswer>()

/** The answer to this request, where it goes by a form: whoever mounts the provider makes the page. */
export const formAnswerOf = (raw: IncomingMessage): FormAnswer | undefined => formAnswers.get(raw)

/** When a request that waits for its decision has come in; undefined where none waits under this name. */
export const requestedAt = async ({ db }: { db: Db }, uid: string): Promise<Date | undefined> => {
  const until = await endOfArtifact(db, 'Interaction', uid)
  return until && plusSeconds(until, -lives.Interaction)
}

/** Asks at each authorization, whatever the provider remembers of the browser: the portal's session decides. */
const alwaysAsk = (): interactionPolicy.DefaultPolicy => {
  const policy = interactionPolicy.base()
  policy.remove('consent')
  const login = policy.get('login')
  login?.checks.clear()
  login?.checks.add(
    new interactionPolicy.Check('portal_decides', 'the portal decides', 'login_required', ctx =>
      ctx.oidc.result?.login
        ? interactionPolicy.Check.NO_NEED_TO_PROMPT
        : interactionPolicy.Check.REQUEST_PROMPT,
    ),
  )
  return policy
}

const configuration = (
  deps: { db: Db; clock: Clock; secretBox: SecretBox },
  options: ProviderOptions,
  jwks: Configuration['jwks'],
): Configuration => ({
  adapter: name =>
    name === 'Client'
      ? { ...artifactAdapter(deps, name), find: id => options.clientOf(id) as Promise<undefined> }
      : artifactAdapter(deps, name),
  ...(jwks && { jwks }),
  acrValues: options.acrValues,
  claims: {
    openid: ['sub', 'acr', 'amr', 'auth_time'],
    profile: ['name', 'preferred_username'],
    company: ['company_id', 'company_name', 'contract_number'],
    permissions: ['permissions', 'role'],
  },
  extraParams: [silentParam],
  scopes: ['openid', 'profile', 'company', 'permissions'],
  clientAuthMethods: ['client_secret_basic', 'client_secret_post'],
  clientDefaults: { grant_types: ['authorization_code'], response_types: ['code'] },
  responseTypes: ['code'],
  // Services are programs of their own: no script of a page asks for tokens.
  clientBasedCORS: () => false,
  pkce: { required: () => true },
  cookies: {
    keys: [deps.secretBox.derive('oidc-cookies', 32).toString('hex')],
    names: {
      session: '__Host-sekisho-op',
      interaction: '__Secure-sekisho-request',
      resume: '__Secure-sekisho-resume',
    },
    long: { signed: true, httpOnly: true, secure: true, sameSite: 'lax', path: '/' },
    short: { signed: true, httpOnly: true, secure: true, sameSite: 'lax' },
  },
  features: {
    devInteractions: { enabled: false },
    backchannelLogout: { enabled: true },
    // Ways of asking that no contract means, and that pass by what the portal looks at in an address (decision 63).
    pushedAuthorizationRequests: { enabled: false },
    dPoP: { enabled: false },
    rpInitiatedLogout: {
      enabled: true,
      logoutSource: async ctx => ctx.redirect(options.logoutPath),
      postLogoutSuccessSource: async ctx => ctx.redirect(`${options.logoutPath}/done`),
    },
  },
  interactions: { policy: alwaysAsk(), url: (_ctx, { uid }) => options.decisionPath(uid) },
  // No page asks for consent: the company's contract has given it.
  loadExistingGrant: async ctx => {
    const { grantId } = ctx.oidc.result?.consent ?? {}
    if (!grantId || !ctx.oidc.client || !ctx.oidc.session) return undefined
    // `sid` names the entry, as the grant does: the logout needs to know no more.
    ctx.oidc.session.sidFor(ctx.oidc.client.clientId, grantId)
    return ctx.oidc.provider.Grant.find(grantId)
  },
  findAccount: async (_ctx, accountId, token) => {
    // At an authorization the portal has just decided; whoever comes with a code or a token is looked at anew.
    if (!token) return { accountId, claims: async () => ({ sub: accountId }) }
    const grantId = 'grantId' in token ? token.grantId : undefined
    const claims = grantId === undefined ? undefined : await options.claimsOf(grantId)
    return claims && { accountId, claims: async () => claims }
  },
  renderError: (ctx, { error }) => {
    const during = ctx.oidc?.route === 'end_session' ? { during: 'logout' } : {}
    ctx.redirect(`${options.failedPath}?${new URLSearchParams({ error, ...during })}`)
  },
  // The services' addresses are the bank's own data, and lie in its own network as a rule.
  fetch: (url, request = {}) => {
    const { dispatcher: _refusesThem, ...rest } = request
    return fetch(url, rest)
  },
  ttl: { ...lives, Grant: lives.Session },
})

/**
 * The portal as an OpenID provider: authorization code with PKCE (S256), nothing else. Gives the provider with the keys of
 * now: made anew when they change, its state is all in PostgreSQL.
 */
export const openProvider = (
  deps: { db: Db; clock: Clock; ids: Ids; secretBox: SecretBox },
  options: ProviderOptions,
): (() => Promise<Provider>) => {
  const keys = signingKeys(deps)
  let made: { id: string; provider: Provider } | undefined
  return async () => {
    const now = await keys()
    if (made?.id !== now.id) {
      const provider = new Provider(options.issuer, configuration(deps, options, { keys: now.keys }))
      // TLS may end at a front: what says so is put there by whoever mounts it.
      provider.proxy = true
      // Where nobody is known to it, its own page would go on by a script: the logout is answered by a page of ours.
      provider.use(async (ctx, next) => {
        await next()
        const { route, session } = ctx.oidc ?? {}
        if (route === 'end_session' && ctx.status === 200 && !session?.accountId)
          ctx.redirect(options.logoutPath)
      })
      provider.registerResponseMode(formPostMode, (ctx, action, payload) => {
        const inputs = Object.entries(payload).map(([name, value]) => [name, String(value)])
        formAnswers.set(ctx.req, { action, inputs: Object.fromEntries(inputs) })
        ctx.respond = false
      })
      made = { id: now.id, provider }
    }
    return made.provider
  }
}
