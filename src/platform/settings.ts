import { resolve } from 'node:path'
import { z } from 'zod'
import { StartError } from './start-error.ts'

/** What the environment decides. Paths are absolute, origins have no trailing slash. */
export type Settings = {
  production: boolean
  databaseUrl?: string
  databaseOwnerUrl?: string
  dataDir: string
  portalPort: number
  /** Where certificate hosts are found: the program's own listener, or behind a front the port that browsers see. */
  certPort: number
  httpPort: number
  /** Where `sekisho work` tells how it is; nowhere unless given. */
  workPort?: number
  mailboxPort: number
  /** The demo service's, another program that the portal's users enter (G-05). */
  servicePort: number
  listenHost: string
  /** The Unix socket that nginx speaks to; the program then has no TLS listener of its own. */
  frontSocket?: string
  /** PEM files of the server's own certificate; without them it has one of the development authority. */
  tlsFiles?: { cert: string; key: string }
  portalOrigin: string
  /** Where machines ask for the state of certificates, in plain HTTP: `http://pki.example.jp` (C-13). */
  pkiOrigin: string
  /** A cfssl server that signs users' certificates in place of the embedded authority (C-16). Files are absolute. */
  externalCa?: {
    url: string
    certificateFile: string
    authKeyFile: string
    profile: string
    ocspProfile?: string
    label?: string
  }
  certDomain: string
  smtpUrl?: string
  mailFrom: string
  /** The SMS gateway (B-18) and the file that holds its token; without one, development shows messages beside the mails. */
  smsGatewayUrl?: string
  /** How many years entries of the history are kept before they may go to an archive (F-04). */
  historyYears: number
  smsGatewayTokenFile?: string
  secretKeyFile: string
  logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent'
  defaultEntrance: string
}

/** Thrown with one sentence a mistake, each naming the variable and the remedy. */
export class SettingsError extends StartError {
  readonly sentences: string[]
  constructor(sentences: string[]) {
    super(sentences.join('\n'))
    this.sentences = sentences
  }
}

const portNumber = z
  .string()
  .regex(/^\d+$/, 'is not a port number: give a whole number from 1 to 65535')
  .transform(Number)
  .refine(n => n >= 1 && n <= 65535, 'is not a port number: give a whole number from 1 to 65535')

const port = (fallback: number) => portNumber.default(fallback)

/** The port of an origin that is known to be one. */
const publicPort = (origin = 'https://localhost'): number => Number(new URL(origin).port || 443)

const postgresUrl = z
  .string()
  .refine(
    text => /^postgres(ql)?:\/\/.+/.test(text) && URL.canParse(text),
    'is not a PostgreSQL address: write it as postgresql://user:password@host:5432/database',
  )
  .optional()

const shape = z.object({
  NODE_ENV: z.string().optional(),
  DATABASE_URL: postgresUrl,
  DATABASE_OWNER_URL: postgresUrl,
  DATA_DIR: z.string().default('.data'),
  PORTAL_PORT: port(8443),
  CERT_PORT: port(8444),
  HTTP_PORT: port(8080),
  WORK_PORT: portNumber.optional(),
  MAILBOX_PORT: port(8025),
  SERVICE_PORT: port(8026),
  LISTEN_HOST: z.string().default('127.0.0.1'),
  FRONT_SOCKET: z
    .string()
    .refine(
      path => Buffer.byteLength(resolve(path)) <= 100,
      'is too long for a Unix socket: choose a path of at most 100 bytes',
    )
    .optional(),
  TLS_CERT_FILE: z.string().optional(),
  TLS_KEY_FILE: z.string().optional(),
  PORTAL_ORIGIN: z
    .string()
    .refine(
      text => URL.canParse(text) && new URL(text).origin === text && text.startsWith('https://'),
      'is not an origin: write it as https://portal.example.jp, with neither path nor final slash',
    )
    .optional(),
  PKI_ORIGIN: z
    .string()
    .refine(
      text => URL.canParse(text) && new URL(text).origin === text && text.startsWith('http://'),
      'is not a plain origin: write it as http://pki.example.jp, with neither path nor final slash; lists of revocations are signed and need no TLS',
    )
    .optional(),
  CA_URL: z
    .string()
    .refine(
      text => /^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text,
      'is not an origin: write it as https://ca.example.jp:8888, with neither path nor final slash',
    )
    .optional(),
  CA_CERT_FILE: z.string().optional(),
  CA_AUTH_KEY_FILE: z.string().optional(),
  CA_PROFILE: z.string().default('client'),
  CA_OCSP_PROFILE: z.string().optional(),
  CA_LABEL: z.string().optional(),
  CERT_DOMAIN: z
    .string()
    .regex(
      /^[a-z0-9-]+(\.[a-z0-9-]+)+$/,
      'is not a domain: write it as cert.example.jp; its wildcard must lead here',
    )
    .default('cert.localhost'),
  SMTP_URL: z
    .string()
    .regex(/^smtps?:\/\/.+/, 'is not a mail server: write it as smtp://user:password@host:587')
    .optional(),
  MAIL_FROM: z.string().default('"関所 Sekisho" <no-reply@sekisho.localhost>'),
  SMS_GATEWAY_URL: z
    .string()
    .refine(
      text => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol),
      'is not an address: write it as https://sms.example.jp/messages',
    )
    .optional(),
  SMS_GATEWAY_TOKEN_FILE: z.string().optional(),
  HISTORY_YEARS: z
    .string()
    .regex(/^[1-9]\d?$/, 'is not a number of years: give a whole number from 1 to 99')
    .default('10'),
  SECRET_KEY_FILE: z.string().optional(),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
      error: 'is not a log level: choose fatal, error, warn, info, debug, trace or silent',
    })
    .optional(),
  DEFAULT_ENTRANCE: z
    .string()
    .regex(/^[a-z0-9-]{1,32}$/, 'is not the name of an entrance: use small letters, digits and hyphens')
    .default('shoko'),
})

/** Whether an address never leaves this machine, as one of a process beside the program that speaks TLS for it. */
const isLoopback = (address: string): boolean =>
  ['127.0.0.1', '[::1]', 'localhost'].includes(new URL(address).hostname)

/**
 * The settings the environment describes (README lists them), or a SettingsError with a sentence for every mistake
 * at once. An empty variable counts as unset, as shells and Compose files write it.
 */
export const readSettings = (environment: Record<string, string | undefined>): Settings => {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''))
  const parsed = shape.safeParse(given)
  if (!parsed.success)
    throw new SettingsError(parsed.error.issues.map(issue => `${issue.path.join('.')} ${issue.message}.`))
  const e = parsed.data
  const mistakes: string[] = []
  const production = e.NODE_ENV === 'production'
  const ports = {
    // Behind a front both are the front's own, told apart by name.
    ...(!e.FRONT_SOCKET && { PORTAL_PORT: e.PORTAL_PORT, CERT_PORT: e.CERT_PORT }),
    HTTP_PORT: e.HTTP_PORT,
    MAILBOX_PORT: e.MAILBOX_PORT,
    SERVICE_PORT: e.SERVICE_PORT,
  }
  for (const [name, number] of Object.entries(ports))
    for (const [other, same] of Object.entries(ports))
      if (name < other && number === same)
        mistakes.push(`${name} and ${other} are both ${number}: give each listener a port of its own.`)
  if (e.DATABASE_OWNER_URL && !e.DATABASE_URL)
    mistakes.push(
      'DATABASE_OWNER_URL is set without DATABASE_URL: set DATABASE_URL for the serving role too.',
    )
  if (e.FRONT_SOCKET && !e.PORTAL_ORIGIN)
    mistakes.push(
      'PORTAL_ORIGIN is missing: behind a front, say what browsers see, https://portal.example.jp.',
    )
  if (Boolean(e.TLS_CERT_FILE) !== Boolean(e.TLS_KEY_FILE))
    mistakes.push('TLS_CERT_FILE and TLS_KEY_FILE belong together: set both or neither.')
  if (production && !e.FRONT_SOCKET && !e.TLS_CERT_FILE)
    mistakes.push(
      'FRONT_SOCKET is missing: in production nginx stands in front (or name a certificate in TLS_CERT_FILE and TLS_KEY_FILE).',
    )
  if (production && !e.DATABASE_URL)
    mistakes.push(
      'DATABASE_URL is missing: the embedded database does not run in production; name a PostgreSQL 18 server.',
    )
  if (production && !e.SMTP_URL)
    mistakes.push(
      'SMTP_URL is missing: the development mailbox does not run in production; name a mail server.',
    )
  if (production && !e.SECRET_KEY_FILE)
    mistakes.push(
      'SECRET_KEY_FILE is missing: in production name a file that holds 32 random bytes (openssl rand -out FILE 32).',
    )
  if (production && e.SMS_GATEWAY_URL && !e.SMS_GATEWAY_URL.startsWith('https:'))
    mistakes.push('SMS_GATEWAY_URL is not https: codes never travel in the clear.')
  if (production && e.CA_URL && !e.CA_URL.startsWith('https:') && !isLoopback(e.CA_URL))
    mistakes.push(
      'CA_URL is not https: its authentication key proves who asks, but not that the answer is the authority’s.',
    )
  if (new Set([e.CA_URL, e.CA_CERT_FILE, e.CA_AUTH_KEY_FILE].map(Boolean)).size > 1)
    mistakes.push(
      'CA_URL, CA_CERT_FILE and CA_AUTH_KEY_FILE belong together: set all three, or none for the embedded authority.',
    )
  if (mistakes.length > 0) throw new SettingsError(mistakes)
  const dataDir = resolve(e.DATA_DIR)
  return {
    production,
    ...(e.DATABASE_URL && { databaseUrl: e.DATABASE_URL }),
    ...(e.DATABASE_OWNER_URL && { databaseOwnerUrl: e.DATABASE_OWNER_URL }),
    dataDir,
    portalPort: e.PORTAL_PORT,
    certPort: e.FRONT_SOCKET ? publicPort(e.PORTAL_ORIGIN) : e.CERT_PORT,
    httpPort: e.HTTP_PORT,
    ...(e.WORK_PORT !== undefined && { workPort: e.WORK_PORT }),
    mailboxPort: e.MAILBOX_PORT,
    servicePort: e.SERVICE_PORT,
    listenHost: e.LISTEN_HOST,
    ...(e.FRONT_SOCKET && { frontSocket: resolve(e.FRONT_SOCKET) }),
    ...(e.TLS_CERT_FILE &&
      e.TLS_KEY_FILE && { tlsFiles: { cert: resolve(e.TLS_CERT_FILE), key: resolve(e.TLS_KEY_FILE) } }),
    portalOrigin: e.PORTAL_ORIGIN ?? `https://localhost:${e.PORTAL_PORT}`,
    pkiOrigin: e.PKI_ORIGIN ?? `http://localhost:${e.HTTP_PORT}`,
    ...(e.CA_URL &&
      e.CA_CERT_FILE &&
      e.CA_AUTH_KEY_FILE && {
        externalCa: {
          url: e.CA_URL,
          certificateFile: resolve(e.CA_CERT_FILE),
          authKeyFile: resolve(e.CA_AUTH_KEY_FILE),
          profile: e.CA_PROFILE,
          ...(e.CA_OCSP_PROFILE && { ocspProfile: e.CA_OCSP_PROFILE }),
          ...(e.CA_LABEL && { label: e.CA_LABEL }),
        },
      }),
    certDomain: e.CERT_DOMAIN,
    ...(e.SMTP_URL && { smtpUrl: e.SMTP_URL }),
    mailFrom: e.MAIL_FROM,
    ...(e.SMS_GATEWAY_URL && { smsGatewayUrl: e.SMS_GATEWAY_URL }),
    historyYears: Number(e.HISTORY_YEARS),
    ...(e.SMS_GATEWAY_TOKEN_FILE && { smsGatewayTokenFile: resolve(e.SMS_GATEWAY_TOKEN_FILE) }),
    secretKeyFile: e.SECRET_KEY_FILE ? resolve(e.SECRET_KEY_FILE) : resolve(dataDir, 'secret.key'),
    // At a terminal the lines for a person are enough; in production a log collector reads along.
    logLevel: e.LOG_LEVEL ?? (production ? 'info' : 'warn'),
    defaultEntrance: e.DEFAULT_ENTRANCE,
  }
}
