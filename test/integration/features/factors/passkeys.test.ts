import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { plusSeconds } from '../../../../src/kernel/clock.ts'
import { sql } from '../../../support/database.ts'
import { demoOf, passwordLogin, userOf } from '../../../support/factors.ts'
import { meanwhile } from '../../../support/meanwhile.ts'
import { challengeAt, Device, registeredDevice } from '../../../support/passkeys.ts'
import { openPortal, type Portal } from '../../../support/portal.ts'
import type { Visitor } from '../../../support/visitor.ts'
import { atHome, sameBrowser } from '../../../support/ways-in.ts'

const preset = 'recommended'
let portal: Portal
beforeAll(async () => {
  portal = await openPortal({ presets: [preset], generalUsers: false })
})
afterAll(() => portal.close())

beforeEach(() =>
  sql(
    portal.database.ownerUrl,
    `UPDATE session SET ended_at = now(), end_reason = 'logout' WHERE ended_at IS NULL`,
    'DELETE FROM passkey',
    'DELETE FROM passkey_ticket',
    'DELETE FROM rate_window',
  ),
)

const { password } = demoOf(preset).administrator
const device = () => new Device(portal.settings.portalOrigin)

/** A certificate session that has just authenticated anew, and the ticket it was given. */
const withTicket = async () => {
  const someone = await atHome(portal, preset, 'administrator')
  await someone.post('/reauthentication', { proof: 'password', loginPassword: password, next: '/security' })
  const { headers } = await someone.post('/security/passkeys', {}, { follow: false })
  const there = new URL(String(headers.location))
  expect(there.origin).toBe(portal.settings.portalOrigin)
  return { someone, ticket: there.searchParams.get('ticket') ?? '', there: there.href }
}

/** A browser on the ticket's page; it has no cookie of the session. */
const atThePage = async (there: string): Promise<Visitor> => {
  const visitor = portal.visitor()
  await visitor.get(there)
  return visitor
}

const optionsAddress = '/passkeys/registration/options'

describe('a ticket for a passkey', () => {
  it('B-19 spent three times at once registers one passkey', async () => {
    const { ticket, there } = await withTicket()
    const tries = []
    for (let made = 0; made < 3; made++) {
      const visitor = await atThePage(there)
      const passkey = device().register(await challengeAt(visitor, optionsAddress, { ticket }))
      tries.push({ visitor, passkey })
    }
    const pages = await Promise.all(
      tries.map(({ visitor, passkey }, number) =>
        visitor.post('/passkeys/registration', { ticket, name: `端末${number}`, passkey }),
      ),
    )
    expect(pages.map(page => page.status).sort()).toEqual([200, 403, 403])
    expect(await portal.deps.db.passkey.count()).toBe(1)
  })

  it('B-19 stays good for another try where nothing was registered', async () => {
    const { ticket, there } = await withTicket()
    const visitor = await atThePage(there)
    await visitor.post('/passkeys/registration', { ticket, name: '端末', passkey: '{}' })
    expect(visitor.page.status).toBe(422)
    const passkey = device().register(await challengeAt(visitor, optionsAddress, { ticket }))
    await visitor.post('/passkeys/registration', { ticket, name: '端末', passkey })
    expect(visitor.page.status).toBe(200)
    await visitor.get(there)
    expect(visitor.page.status).toBe(403)
  })

  it('B-19 registers no passkey of a device that did not verify who is there', async () => {
    const { ticket, there } = await withTicket()
    const visitor = await atThePage(there)
    const passkey = device().register(await challengeAt(visitor, optionsAddress, { ticket }), {
      verified: false,
    })
    await visitor.post('/passkeys/registration', { ticket, name: '端末', passkey })
    expect(visitor.page.status).toBe(422)
    expect(await portal.deps.db.passkey.count()).toBe(0)
  })

  it('B-12, B-19 opens nothing once its session has been idle too long', async () => {
    const begun = portal.clock.now()
    const { ticket, there } = await portal.clock.standAt(begun, withTicket)
    await sql(portal.database.ownerUrl, 'UPDATE session SET idle_seconds = 300')
    const visitor = portal.visitor()
    const passkey = await portal.clock.standAt(plusSeconds(begun, 299), async () => {
      await visitor.get(there)
      expect(visitor.page.status).toBe(200)
      return device().register(await challengeAt(visitor, optionsAddress, { ticket }))
    })
    await portal.clock.standAt(plusSeconds(begun, 300), async () => {
      await visitor.post('/passkeys/registration', { ticket, name: '端末', passkey })
      expect(visitor.page.status).toBe(403)
      await visitor.get(there)
      expect(visitor.page.status).toBe(403)
    })
    expect(await portal.deps.db.passkey.count()).toBe(0)
  })
})

describe('a session that has ended since the form was sent', () => {
  const ended = (id: string) =>
    `UPDATE session SET ended_at = now(), end_reason = 'logout' WHERE user_id = '${id}' AND ended_at IS NULL`

  it('B-19, B-22 registers no passkey by its ticket', async () => {
    const { id } = await userOf(portal, preset, 'administrator')
    const { ticket, there } = await withTicket()
    const visitor = await atThePage(there)
    const passkey = device().register(await challengeAt(visitor, optionsAddress, { ticket }))
    const form = { ticket, name: '端末', passkey }
    await meanwhile(portal, id, () => visitor.post('/passkeys/registration', form), ended(id))
    expect(visitor.page.status).toBe(403)
    expect(await portal.deps.db.passkey.count()).toBe(0)
  })

  it('B-22 removes no passkey', async () => {
    const { id } = await userOf(portal, preset, 'administrator')
    await registeredDevice(portal, 'administrator')
    const passkey = await portal.deps.db.passkey.findFirstOrThrow()
    await sql(portal.database.ownerUrl, ended(id))
    const someone = await atHome(portal, preset, 'administrator')
    await someone.post('/reauthentication', { proof: 'password', loginPassword: password, next: '/security' })
    await meanwhile(portal, id, () => someone.post(`/security/passkeys/${passkey.id}/removal`), ended(id))
    expect(someone.page.status).toBe(401)
    expect(await portal.deps.db.passkey.count()).toBe(1)
  })
})

describe('a certificate session whose user holds a passkey', () => {
  it('B-22 is asked for the password, and told why the passkey is not among the choices', async () => {
    await registeredDevice(portal, 'administrator')
    await portal.deps.db.session.updateMany({ data: { endedAt: portal.clock.now(), endReason: 'logout' } })
    const someone = await atHome(portal, preset, 'administrator')
    await someone.get('/reauthentication?next=/security')
    expect(someone.page.text).toContain(
      '電子証明書でログイン中の画面では、パスキーで再確認することができません',
    )
    expect(someone.page.html).not.toContain('data-passkey')
    await someone.post('/reauthentication', { proof: 'passkey', passkey: '{}', next: '/security' })
    expect(someone.page.status).toBe(422)
    await someone.post('/reauthentication', {
      proof: 'password',
      loginPassword: password,
      next: '/security',
    })
    expect(someone.page.path).toBe('/security')
  })
})

describe('a passkey asked for once more', () => {
  it('B-22 answers the session that asked, and no other one of its user', async () => {
    const { ticket, there } = await withTicket()
    const key = device()
    const page = await atThePage(there)
    const passkey = key.register(await challengeAt(page, optionsAddress, { ticket }))
    await page.post('/passkeys/registration', { ticket, name: '端末', passkey })
    expect(page.page.status).toBe(200)

    /** ID, password, passkey on the portal, in place of whatever session was open. */
    const byPasskey = async () => {
      const visitor = await passwordLogin(portal, preset, 'administrator')
      const answer = key.authenticate(await challengeAt(visitor, '/login/second-factor/passkey'))
      await visitor.post('/login/second-factor', { proof: 'passkey', passkey: answer })
      if (visitor.page.path === '/login/takeover') await visitor.post('/login/takeover')
      expect(visitor.page.path).toBe('/home')
      await visitor.get('/reauthentication?next=/security')
      return visitor
    }
    const prove = (visitor: Visitor, answer: string) =>
      visitor.post('/reauthentication', { proof: 'passkey', passkey: answer, next: '/security' })

    const first = await byPasskey()
    const forFirst = key.authenticate(await challengeAt(first, '/reauthentication/passkey'))
    const second = await byPasskey()
    await prove(second, forFirst)
    expect(second.page.status).toBe(422)
    await prove(second, key.authenticate(await challengeAt(second, '/reauthentication/passkey')))
    expect(second.page.path).toBe('/security')
  })
})

describe('a passkey that counts', () => {
  it('B-19 is refused with a number that it has given before, also where another answer was a moment earlier', async () => {
    const key = await registeredDevice(portal, 'administrator')
    await portal.deps.db.session.updateMany({ data: { endedAt: portal.clock.now(), endReason: 'logout' } })
    const { id } = await portal.deps.db.passkey.findFirstOrThrow()
    const visitor = await passwordLogin(portal, preset, 'administrator')
    const answered = async (count: number) => {
      const passkey = key.authenticate(await challengeAt(visitor, '/login/second-factor/passkey'), { count })
      return () => visitor.post('/login/second-factor', { proof: 'passkey', passkey })
    }
    await meanwhile(
      portal,
      { table: 'passkey', id },
      await answered(7),
      `UPDATE passkey SET counter = 7 WHERE id = '${id}'`,
    )
    expect(visitor.page.status).toBe(422)
    await (await answered(7))()
    expect(visitor.page.status).toBe(422)
    await (await answered(8))()
    expect(visitor.page.path).toBe('/home')
    expect((await portal.deps.db.passkey.findFirstOrThrow()).counter).toBe(8n)
  })
})

describe('B-07 wrong passwords of strangers at a login by password and passkey', () => {
  const opened = '/login/second-factor'
  const type = async (visitor: Visitor, typed: string) => {
    await visitor.get(`${portal.settings.portalOrigin}/e/${preset}/login/password`)
    await visitor.post(`/e/${preset}/login/password`, {
      loginId: demoOf(preset).administrator.loginId,
      password: typed,
    })
  }
  const finish = async (visitor: Visitor, key: Device) => {
    const answer = key.authenticate(await challengeAt(visitor, '/login/second-factor/passkey'))
    await visitor.post('/login/second-factor', { proof: 'passkey', passkey: answer })
    expect(visitor.page.path).toBe('/home')
    await visitor.post('/logout')
  }
  /** The owner at a browser that they have logged in with before. */
  const ownersBrowser = async () => {
    const key = await registeredDevice(portal, 'administrator')
    await sql(
      portal.database.ownerUrl,
      `UPDATE session SET ended_at = now(), end_reason = 'logout' WHERE ended_at IS NULL`,
    )
    const visitor = portal.visitor()
    await type(visitor, password)
    await finish(visitor, key)
    return { visitor, key }
  }
  const counts = async () => {
    const [row] = await sql<{ failures: number; strangers: number; browser: number }>(
      portal.database.ownerUrl,
      `SELECT c.failures, c.stranger_failures AS strangers, coalesce(max(k.failures), 0)::int AS browser
         FROM credential c JOIN "user" u ON u.id = c.user_id LEFT JOIN known_browser k ON k.user_id = u.id
        WHERE u.login_id = '${demoOf(preset).administrator.loginId}' AND c.kind = 'login_password'
        GROUP BY c.id`,
    )
    return row
  }
  const strangersHaveTried = (failures: number) =>
    sql(
      portal.database.ownerUrl,
      `UPDATE credential SET stranger_failures = ${failures}, stranger_retry_after = NULL WHERE kind = 'login_password'`,
    )

  it('neither their waits nor their end keep its owner out of a browser that they have logged in with', async () => {
    const { visitor, key } = await ownersBrowser()
    const stranger = portal.visitor()
    await strangersHaveTried(20)
    await portal.clock.standAt(portal.clock.now(), async () => {
      await type(stranger, 'chigau-yama-ni-kumo-99')
      expect(await counts()).toEqual({ failures: 0, strangers: 21, browser: 0 })
      await type(stranger, password)
      expect(stranger.page.status).toBe(422)
      await type(visitor, password)
    })
    expect(visitor.page.path).toBe(opened)
    await finish(visitor, key)

    await strangersHaveTried(99)
    await type(stranger, 'chigau-yama-ni-kumo-99')
    expect(await counts()).toEqual({ failures: 0, strangers: 100, browser: 0 })
    await type(stranger, password)
    expect(stranger.page.status).toBe(422)
    await type(visitor, password)
    expect(visitor.page.path).toBe(opened)
    // The owner's success begins the strangers' count anew.
    expect(await counts()).toEqual({ failures: 0, strangers: 0, browser: 0 })
  })

  it('such a browser has waits and an end of its own, and locks nobody', async () => {
    const { visitor, key } = await ownersBrowser()
    await portal.clock.standAt(portal.clock.now(), async () => {
      for (let n = 0; n < 7; n++) await type(visitor, `chigau-yama-ni-kumo-${n}`)
      // Four are free; after the fifth nothing is compared within the wait, the right one neither.
      expect(await counts()).toEqual({ failures: 0, strangers: 0, browser: 5 })
      await type(visitor, password)
      expect(visitor.page.status).toBe(422)
    })
    portal.clock.move(6)
    await type(visitor, password)
    expect(visitor.page.path).toBe(opened)
    expect(await counts()).toEqual({ failures: 0, strangers: 0, browser: 0 })
    await finish(visitor, key)

    await sql(portal.database.ownerUrl, 'UPDATE known_browser SET failures = 20')
    const tab = (n: number) => {
      const copy = portal.visitor()
      sameBrowser(visitor, copy)
      return type(copy, `chigau-yama-ni-kumo-${n}`)
    }
    // Guessed all at once, they are one before the next wait.
    await Promise.all([1, 2, 3, 4, 5].map(tab))
    expect(await counts()).toEqual({ failures: 0, strangers: 0, browser: 21 })

    // At the end of its tries it is a browser that nobody knows.
    await sql(portal.database.ownerUrl, 'UPDATE known_browser SET failures = 99, retry_after = NULL')
    await type(visitor, 'chigau-yama-ni-kumo-99')
    expect(await counts()).toEqual({ failures: 0, strangers: 0, browser: 100 })
    await type(visitor, 'chigau-yama-ni-kumo-99')
    expect(await counts()).toEqual({ failures: 0, strangers: 1, browser: 100 })
    await type(visitor, password)
    expect(visitor.page.path).toBe(opened)
    await finish(visitor, key)
    expect((await portal.deps.db.knownBrowser.findMany()).map(each => each.failures)).toContain(0)
  })
})
