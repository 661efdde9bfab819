import type { ClientMetadata } from 'oidc-provider'
import type { Deps } from '../../deps.ts'
import { plusSeconds } from '../../kernel/clock.ts'

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** Under what a client's secret is sealed. */
export const secretContextOf = (clientId: string): string => `service-client:${clientId}`

/** The secret that a service proves itself with. */
export const clientSecretOf = (
  { secretBox }: Pick<Deps, 'secretBox'>,
  { clientId, sealedSecret }: { clientId: string; sealedSecret: Uint8Array },
): string => secretBox.open(sealedSecret, secretContextOf(clientId)).toString('utf8')

/** A contract as OpenID Connect knows it, for whoever names its client; undefined where there is none (G-05). */
export const clientOf = async (
  { db, secretBox }: Pick<Deps, 'db' | 'secretBox'>,
  clientId: string,
): Promise<ClientMetadata | undefined> => {
  const client = uuid.test(clientId) ? await db.serviceClient.findUnique({ where: { clientId } }) : null
  if (!client) return undefined
  return {
    client_id: clientId,
    client_secret: clientSecretOf({ secretBox }, client),
    redirect_uris: client.redirectUris,
    post_logout_redirect_uris: client.postLogoutRedirectUris,
    ...(client.backchannelLogoutUri && {
      backchannel_logout_uri: client.backchannelLogoutUri,
      backchannel_logout_session_required: true,
    }),
  }
}

/**
 * Where the service of a client begins its login; undefined where there is no such client, its contract has ended, or the service
 * is suspended.
 */
export const loginUriOf = async ({ db }: Pick<Deps, 'db'>, clientId: string): Promise<string | undefined> => {
  if (!uuid.test(clientId)) return undefined
  const client = await db.serviceClient.findUnique({
    where: { clientId, endedAt: null, service: { suspendedAt: null } },
    select: { loginUri: true },
  })
  return client?.loginUri
}

/** The slug of the entrance of a client's company, where its people log in; undefined where there is no such client. */
export const entranceSlugOf = async (
  { db }: Pick<Deps, 'db'>,
  clientId: string,
): Promise<string | undefined> => {
  if (!uuid.test(clientId)) return undefined
  const client = await db.serviceClient.findUnique({
    where: { clientId },
    select: { company: { select: { entrance: { select: { slug: true } } } } },
  })
  return client?.company.entrance.slug
}

/**
 * Whether somebody's session lives on a certificate host now.
 * @param complete only where the login is complete
 */
export const livesOn = async (
  { db, clock }: Pick<Deps, 'db' | 'clock'>,
  host: string,
  complete: boolean,
): Promise<boolean> => {
  const now = clock.now()
  const sessions = await db.session.findMany({
    where: {
      ...{ host, kind: 'user', endedAt: null, absoluteEnd: { gt: now } },
      ...(complete && { stage: 'open' }),
    },
    select: { lastSeenAt: true, idleSeconds: true },
  })
  return sessions.some(({ lastSeenAt, idleSeconds }) => plusSeconds(lastSeenAt, idleSeconds) > now)
}
