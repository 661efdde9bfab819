import type Provider from 'oidc-provider'
import type { Deps } from '../../deps.ts'
import type { Db } from '../../platform/db/client.ts'
import { openProvider } from '../../platform/oidc/provider.ts'
import { claimsOf } from './queries.claims.ts'
import { clientOf } from './queries.clients.ts'
import { acrValues } from './service.ts'

/** Below which path of the portal the provider lies. */
export const providerPath = '/oidc'

const opened = new WeakMap<Db, () => Promise<Provider>>()

/** The name by which services know the portal (OpenID Connect's `issuer`). */
export const issuerOf = ({ settings }: Pick<Deps, 'settings'>): string => settings.portalOrigin + providerPath

/** The OpenID provider of this program (G-05), with the keys of now. */
export const serviceProvider = (deps: Deps): Promise<Provider> => {
  const open =
    opened.get(deps.db) ??
    openProvider(deps, {
      issuer: issuerOf(deps),
      acrValues,
      clientOf: clientId => clientOf(deps, clientId),
      claimsOf: entryId => claimsOf(deps, entryId),
      decisionPath: uid => `/sso/${uid}`,
      failedPath: '/sso/failed',
      logoutPath: '/sso/logout',
    })
  opened.set(deps.db, open)
  return open()
}
