import { describe, expect, it } from 'vitest'
import { readSettings, SettingsError } from '../../../src/platform/settings.ts'

const production = {
  NODE_ENV: 'production',
  DATABASE_URL: 'postgresql://app:x@db/sekisho',
  DATABASE_OWNER_URL: 'postgresql://owner:x@db/sekisho',
  SECRET_KEY_FILE: '/etc/sekisho/secret.key',
  SMTP_URL: 'smtp://mail.example.jp',
  PORTAL_ORIGIN: 'https://portal.example.jp',
  CERT_DOMAIN: 'cert.example.jp',
  FRONT_SOCKET: '/var/lib/sekisho/front/a.sock',
}

const sentencesOf = (environment: Record<string, string>): string[] => {
  try {
    readSettings(environment)
    return []
  } catch (error) {
    if (error instanceof SettingsError) return error.sentences
    throw error
  }
}

describe('the settings of production', () => {
  it('are complete with a database, two roles, a key, a mail server and nginx', () => {
    const settings = readSettings(production)
    expect(settings).toMatchObject({ production: true, frontSocket: '/var/lib/sekisho/front/a.sock' })
    // Certificate hosts are found where the portal is, at the front's port.
    expect(settings.certPort).toBe(443)
  })

  it.each([
    ['DATABASE_URL', /embedded database does not run in production/],
    ['SMTP_URL', /development mailbox does not run in production/],
    ['SECRET_KEY_FILE', /32 random bytes/],
    ['FRONT_SOCKET', /nginx stands in front/],
    ['PORTAL_ORIGIN', /say what browsers see/],
  ])('are refused without %s, in a sentence that says why', (name, sentence) => {
    const { [name]: _without, ...rest } = production as Record<string, string>
    const told = sentencesOf(rest).filter(each => each.startsWith(`${name} `))
    expect(told).toHaveLength(1)
    expect(told[0]).toMatch(sentence)
  })

  it('reach an authority elsewhere over TLS alone', () => {
    const elsewhere = { CA_CERT_FILE: '/etc/sekisho/ca.pem', CA_AUTH_KEY_FILE: '/etc/sekisho/ca.key' }
    const at = (address: string) => sentencesOf({ ...production, ...elsewhere, CA_URL: address })
    expect(at('https://ca.example.jp:8888')).toEqual([])
    expect(at('http://ca.example.jp:8888')).toEqual([expect.stringMatching(/^CA_URL is not https: /)])
    // A server of one's own machine, to try it out.
    expect(sentencesOf({ ...elsewhere, CA_URL: 'http://localhost:8888' })).toEqual([])
    expect(sentencesOf({ ...elsewhere, CA_URL: 'ftp://localhost:8888' })).toHaveLength(1)
  })

  it('may do without nginx where the listeners have a certificate of their own', () => {
    const { FRONT_SOCKET: _none, ...rest } = production
    const files = { TLS_CERT_FILE: '/etc/sekisho/tls.pem', TLS_KEY_FILE: '/etc/sekisho/tls.key' }
    expect(readSettings({ ...rest, ...files }).tlsFiles).toEqual({
      cert: '/etc/sekisho/tls.pem',
      key: '/etc/sekisho/tls.key',
    })
    expect(sentencesOf({ ...rest, TLS_CERT_FILE: '/etc/sekisho/tls.pem' })[0]).toMatch(/belong together/)
  })
})

it.each(['postgresql://', 'postgresql://user:pass@:5432x/db', 'postgresql://[::1/db', 'mysql://a/b'])(
  'a database address like %s is refused in a sentence',
  address => {
    for (const name of ['DATABASE_URL', 'DATABASE_OWNER_URL'])
      expect(sentencesOf({ DATABASE_URL: 'postgresql://app:x@db/sekisho', [name]: address }).join()).toMatch(
        new RegExp(`^${name} is not a PostgreSQL address: write it as`),
      )
  },
)

describe('a front', () => {
  it('tells where certificate hosts are by the portal’s own port', () => {
    const settings = readSettings({ FRONT_SOCKET: '/tmp/a.sock', PORTAL_ORIGIN: 'https://localhost:22500' })
    expect(settings.certPort).toBe(22_500)
  })

  it('leaves the ports of the program’s own listeners aside, and keeps the others apart', () => {
    const front = { FRONT_SOCKET: '/tmp/a.sock', PORTAL_ORIGIN: 'https://localhost' }
    expect(sentencesOf({ ...front, PORTAL_PORT: '9000', CERT_PORT: '9000' })).toEqual([])
    expect(sentencesOf({ ...front, HTTP_PORT: '9000', MAILBOX_PORT: '9000' })[0]).toMatch(/are both 9000/)
  })

  it('needs a path that a socket can have', () => {
    const long = `/tmp/${'a'.repeat(100)}`
    expect(sentencesOf({ FRONT_SOCKET: long, PORTAL_ORIGIN: 'https://localhost' })[0]).toMatch(/too long/)
  })
})
