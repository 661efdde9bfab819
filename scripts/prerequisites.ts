import { execFileSync, spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Where each tool of the tests lies; one that is not on this machine is absent. */
export type Prerequisites = {
  chromium?: string
  certutil?: string
  pk12util?: string
  openssl?: string
  nginx?: string
  psql?: string
  cfssl?: string
  certtool?: string
  apache2?: string
  /** Apache's module that logs people in by OpenID Connect: a stock relying party. */
  authOpenidc?: string
}

/** Debian's package for each; NSS's certutil and pk12util come together. */
const packages: Record<keyof Prerequisites, string> = {
  chromium: 'chromium',
  certutil: 'libnss3-tools',
  pk12util: 'libnss3-tools',
  openssl: 'openssl',
  nginx: 'nginx-light',
  psql: 'postgresql-client',
  cfssl: 'golang-cfssl',
  certtool: 'gnutls-bin',
  // The program and its modules alone: the package `apache2` would start a service.
  apache2: 'apache2-bin',
  authOpenidc: 'libapache2-mod-auth-openidc',
}

const usualPlaces = [
  '/usr/bin',
  '/usr/sbin',
  '/usr/local/bin',
  '/usr/lib/apache2/modules',
  '/opt/google/chrome',
  '/Applications/Google Chrome.app/Contents/MacOS',
]
const browserNames = [
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  'Google Chrome',
]

const may = (path: string, mode: number): boolean => {
  try {
    accessSync(path, mode)
    return true
  } catch {
    return false
  }
}
const isExecutable = (path: string): boolean => may(path, constants.X_OK)

/**
 * Looks for what the tests need: Chromium by the variable CHROMIUM, then on the PATH and in the usual
 * places, then in `playwrightBrowser` (Playwright's own download); the tools on the PATH and in the usual places.
 */
export const findPrerequisites = (
  environment: Record<string, string | undefined>,
  places: string[] = usualPlaces,
  playwrightBrowser?: string,
): Prerequisites => {
  const folders = [...(environment.PATH ?? '').split(delimiter).filter(folder => folder !== ''), ...places]
  const find = (names: string[], fits = isExecutable) =>
    folders.flatMap(folder => names.map(name => join(folder, name))).find(fits)
  const browsers = [environment.CHROMIUM, find(browserNames), playwrightBrowser]
  const found = {
    chromium: browsers.find(path => path !== undefined && path !== '' && isExecutable(path)),
    certutil: find(['certutil']),
    pk12util: find(['pk12util']),
    openssl: find(['openssl']),
    nginx: find(['nginx']),
    psql: find(['psql']),
    cfssl: find(['cfssl']),
    certtool: find(['certtool']),
    apache2: find(['apache2']),
    authOpenidc: find(['mod_auth_openidc.so'], path => may(path, constants.R_OK)),
  }
  return Object.fromEntries(Object.entries(found).filter(([, path]) => path !== undefined))
}

/** The Debian packages that bring what `found` lacks. */
export const missingPackages = (found: Prerequisites): string[] => {
  const names = Object.keys(packages) as (keyof Prerequisites)[]
  return [...new Set(names.filter(name => found[name] === undefined).map(name => packages[name]))]
}

const playwrightBrowser = async (): Promise<string | undefined> => {
  const { chromium } = await import('@playwright/test')
  const path = chromium.executablePath()
  return existsSync(path) ? path : undefined
}

/** How this user may install Debian's packages: directly, through sudo without a password, or not at all. */
const installer = (): string[] | undefined => {
  if (!isExecutable('/usr/bin/apt-get')) return undefined
  if (process.getuid?.() === 0) return []
  return spawnSync('sudo', ['-n', 'true']).status === 0 ? ['sudo', '-n'] : undefined
}

const installWithApt = (through: string[], wanted: string[]): boolean => {
  const script = `apt-get -qq update && apt-get -qq install -y --no-install-recommends ${wanted.join(' ')}`
  const [command = 'env', ...given] = [
    ...through,
    'env',
    'DEBIAN_FRONTEND=noninteractive',
    'sh',
    '-c',
    script,
  ]
  // Once more when it fails: a mirror that is being updated is the usual reason.
  return [1, 2].some(() => spawnSync(command, given, { stdio: ['ignore', 'ignore', 'inherit'] }).status === 0)
}

/**
 * Finds or installs what the tests need. Without Chromium and openssl they cannot run, and `remedy` says
 * in one sentence what to do. Without the NSS tools or root they present certificates through a relay of their own.
 */
export const preparePrerequisites = async (): Promise<{ found: Prerequisites; remedy?: string }> => {
  let found = findPrerequisites(process.env, usualPlaces, await playwrightBrowser())
  const through = installer()
  const wanted = missingPackages(found)
  if (wanted.length > 0 && through !== undefined) {
    process.stdout.write(`  installing ${wanted.join(', ')}\n`)
    installWithApt(through, wanted)
    found = findPrerequisites(process.env, usualPlaces, await playwrightBrowser())
  }
  if (found.chromium === undefined) {
    try {
      execFileSync('npx', ['--no', 'playwright', 'install', 'chromium'], {
        stdio: 'ignore',
        timeout: 300_000,
      })
    } catch {
      // The sentence below says what is left to do.
    }
    found = findPrerequisites(process.env, usualPlaces, await playwrightBrowser())
  }
  const lacking = (['chromium', 'openssl'] as const).filter(name => found[name] === undefined)
  if (lacking.length === 0) return { found }
  const remedy = `${lacking.join(' and ')} missing: install it (Debian: apt-get install ${missingPackages(found).join(' ')}), or name a Chromium in the variable CHROMIUM.`
  return { found, remedy }
}
