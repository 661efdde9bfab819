import { buildApp } from '../app.ts'
import type { Deps } from '../deps.ts'
import { describePolicy, type Policy } from '../platform/http/policy.ts'
import { randomToken } from '../platform/random.ts'
import { openSecretBox } from '../platform/secret-box.ts'
import type { Settings } from '../platform/settings.ts'
import { rolesFor } from '../policy/roles.ts'
import { createLog } from '../world.ts'

/** Only what registering routes touches; a handler that ran would find nothing, and none does. */
const depsForRoutes = (settings: Settings): Deps =>
  ({
    settings,
    log: createLog({ logLevel: 'silent' }),
    secretBox: openSecretBox(Buffer.from(randomToken(), 'base64url')),
  }) as Deps

/** The roles that a route is for, where it is for a role at all. */
const rolesIn = (policy: Policy): string =>
  policy.audience === 'user' || policy.audience === 'staff'
    ? ` [${rolesFor(policy.audience, policy.action).join(' ')}]`
    : ''

/** `sekisho routes`: every route with its screen and who may use it, down to the roles, without database or ports. */
export const printRoutes = async (settings: Settings, say: (line: string) => void): Promise<void> => {
  const app = await buildApp(depsForRoutes(settings), { key: '', cert: '' })
  await app.ready()
  const lines = app.routeTable.map(
    ({ method, url, policy, machine, screen }) =>
      `${method.padEnd(6)} ${url.padEnd(48)} ${(screen ?? '-').padEnd(8)} ${describePolicy(policy)}${rolesIn(policy)}${machine ? ' (machine)' : ''}`,
  )
  for (const line of lines.sort((a, b) => (a.slice(7) < b.slice(7) ? -1 : 1))) say(line)
  await app.close()
}
