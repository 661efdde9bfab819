import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { findPrerequisites } from '../../scripts/prerequisites.ts'

const { apache2, authOpenidc } = findPrerequisites(process.env)

/** Whether Apache and its module of OpenID Connect are on this machine; `npm test` installs them where it may. */
export const apacheInstalled = apache2 !== undefined && authOpenidc !== undefined

/** What an operator of a service writes into Apache's configuration, and nothing of it is made for the portal alone. */
export type RelyingParty = {
  origin: string
  port: number
  /** `https://portal.example.jp/oidc` */
  issuer: string
  /** The authority of the portal's own certificate. */
  caFile: string
  clientId: string
  clientSecret: string
}

/** The addresses that a contract names of such a service. */
export const addressesOf = (origin: string) => ({
  // A login that another party begins lands where answers do (OpenID Connect Core, 4).
  loginUri: `${origin}/protected/answer`,
  redirectUris: [`${origin}/protected/answer`],
  postLogoutRedirectUris: [`${origin}/bye.html`],
  backchannelLogoutUri: `${origin}/protected/answer?logout=backchannel`,
})

export type RunningApache = {
  /** What it has complained of until now. */
  complaints(): Promise<string>
  stop(): Promise<void>
}

const shownClaims = [
  ...['sub', 'sid', 'acr', 'amr', 'name', 'preferred_username'],
  ...['company_name', 'contract_number', 'permissions', 'role'],
]
const protectedPage = `<h1>Inside</h1><dl>${shownClaims
  .map(claim => `<dt>${claim}</dt><dd><!--#echo encoding="none" var="OIDC_CLAIM_${claim}" --></dd>`)
  .join('')}</dl>`

const configurationOf = (folder: string, modules: string, party: RelyingParty): string => {
  const load = (name: string) => `LoadModule ${name}_module ${join(modules, `mod_${name}.so`)}`
  return [
    `ServerRoot ${folder}`,
    `DefaultRuntimeDir ${folder}`,
    `PidFile ${join(folder, 'apache.pid')}`,
    `ErrorLog ${join(folder, 'error.log')}`,
    'LogLevel warn',
    'ServerName 127.0.0.1',
    `Listen 127.0.0.1:${party.port}`,
    ...(process.getuid?.() === 0 ? ['User www-data', 'Group www-data'] : []),
    ...['mpm_event', 'authn_core', 'authz_core', 'authz_user', 'dir', 'filter', 'include'].map(load),
    load('auth_openidc'),
    `DocumentRoot ${join(folder, 'site')}`,
    `OIDCProviderMetadataURL ${party.issuer}/.well-known/openid-configuration`,
    `OIDCCABundlePath ${party.caFile}`,
    `OIDCClientID ${party.clientId}`,
    `OIDCClientSecret ${party.clientSecret}`,
    `OIDCRedirectURI ${party.origin}/protected/answer`,
    `OIDCDefaultURL ${party.origin}/protected/`,
    'OIDCCryptoPassphrase only-for-tests',
    'OIDCScope "openid profile company permissions"',
    'OIDCPKCEMethod S256',
    'OIDCCacheType shm',
    '<Location /protected>',
    '  AuthType openid-connect',
    '  Require valid-user',
    '  Options +Includes',
    '  SetOutputFilter INCLUDES',
    '</Location>',
  ].join('\n')
}

/**
 * Starts Debian's Apache with the stock module `mod_auth_openidc`, as a child of its own that ends with the test, and waits
 * until it listens. Its page below `/protected/` shows what the portal says of whoever came in.
 */
export const startApache = async (party: RelyingParty): Promise<RunningApache> => {
  if (apache2 === undefined || authOpenidc === undefined) throw new Error('Apache is missing')
  const folder = await mkdtemp(join(tmpdir(), 'sekisho-apache-'))
  await mkdir(join(folder, 'site', 'protected'), { recursive: true })
  await chmod(folder, 0o755)
  await writeFile(join(folder, 'site', 'protected', 'index.html'), protectedPage)
  await writeFile(join(folder, 'site', 'bye.html'), '<h1>Bye</h1>')
  const configuration = join(folder, 'apache.conf')
  await writeFile(configuration, configurationOf(folder, dirname(authOpenidc), party))
  const child = spawn(apache2, ['-D', 'FOREGROUND', '-f', configuration], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  await once(child, 'spawn')
  const killWithUs = () => void child.kill('SIGKILL')
  process.on('exit', killWithUs)
  const complaints = () => readFile(join(folder, 'error.log'), 'utf8').catch(() => '')
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
    }
    process.off('exit', killWithUs)
    await rm(folder, { recursive: true, force: true })
  }
  const limit = performance.now() + 60_000
  const answers = () =>
    fetch(`${party.origin}/bye.html`).then(
      ({ ok }) => ok,
      () => false,
    )
  while (!(await answers())) {
    if (child.exitCode === null && performance.now() < limit) {
      await pause(50)
      continue
    }
    const said = await complaints()
    await stop()
    throw new Error(`Apache did not start:\n${said}`)
  }
  return { complaints, stop }
}
