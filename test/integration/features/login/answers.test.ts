import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { sql } from '../../../support/database.ts'
import { demoOf as demo } from '../../../support/factors.ts'
import { countingHasher } from '../../../support/hashing.ts'
import { openPortal, type Portal } from '../../../support/portal.ts'
import { listeningDatabase } from '../../../support/statements.ts'
import type { Visitor } from '../../../support/visitor.ts'
import { ownerOf, startAfresh } from '../../../support/ways-in.ts'

let portal: Portal
beforeAll(async () => {
  portal = await openPortal({ presets: ['sevenbank'], generalUsers: true })
})
afterAll(() => portal.close())
beforeEach(async () => {
  await startAfresh(portal)
  await sql(portal.database.ownerUrl, `UPDATE "user" SET service_state = 'available'`)
})

const { user } = demo('sevenbank')

type Kind = { loginId: string; password: string; standing?: string[] }

const ofUser = `user_id = (SELECT id FROM "user" WHERE login_id = '${user.loginId}') AND kind = 'login_password'`
const wrong = 'Machigai1'
const right = user.password
const locked = [`UPDATE credential SET failures = 6, locked_at = now(), locked_until = NULL WHERE ${ofUser}`]

/** Everything that an ID may stand for, each with what is typed: whoever does not know the browser tells none of them apart. */
const kinds: Record<string, Kind> = {
  unknown: { loginId: 'nobody99', password: wrong },
  known: { loginId: user.loginId, password: wrong },
  locked: { loginId: user.loginId, password: wrong, standing: locked },
  'locked, right': { loginId: user.loginId, password: right, standing: locked },
  'blocked, right': {
    loginId: user.loginId,
    password: right,
    standing: [`UPDATE "user" SET service_state = 'blocked' WHERE login_id = '${user.loginId}'`],
  },
  'suspended, right': {
    loginId: user.loginId,
    password: right,
    standing: [`UPDATE "user" SET service_state = 'suspended' WHERE login_id = '${user.loginId}'`],
  },
  'waiting, right': {
    loginId: user.loginId,
    password: right,
    standing: [
      `UPDATE credential SET stranger_failures = 9, stranger_retry_after = now() + interval '1 hour' WHERE ${ofUser}`,
    ],
  },
  'at the strangers’ end, right': {
    loginId: user.loginId,
    password: right,
    standing: [`UPDATE credential SET stranger_failures = 100, stranger_retry_after = NULL WHERE ${ofUser}`],
  },
}

const tryAs = async (kind: Kind, visitor: Visitor) => {
  await sql(
    portal.database.ownerUrl,
    `UPDATE credential SET failures = 0, locked_at = NULL, stranger_failures = 0, stranger_retry_after = NULL`,
    'DELETE FROM rate_window',
    `UPDATE "user" SET service_state = 'available' WHERE login_id = '${user.loginId}'`,
    ...(kind.standing ?? []),
  )
  return visitor.post('/e/sevenbank/login/password', { loginId: kind.loginId, password: kind.password })
}

const atLogin = async (visitor = portal.visitor()) => {
  await visitor.get(`${portal.settings.portalOrigin}/e/sevenbank/login/password`)
  return visitor
}

/** What most of a kind's tries asked for: now and then something kept in memory is read anew, whoever is named. */
const usual = (each: string[]): string => {
  const counts = new Map<string, number>()
  for (const one of each) counts.set(one, (counts.get(one) ?? 0) + 1)
  return [...counts].toSorted(([, one], [, other]) => other - one)[0]?.[0] ?? ''
}

/** Comparisons and statements of each kind, seven tries each in turn: five would do, and caches expire at any of them. */
const workOf = async (
  names: readonly string[],
  visitor: Visitor,
): Promise<Map<string, { comparisons: Set<number>; statements: string }>> => {
  const { hasher, db } = portal.deps
  const { hasher: counting, seen } = countingHasher(hasher)
  const { db: listening, statements } = listeningDatabase(db)
  portal.deps.hasher = counting
  portal.deps.db = listening
  const comparisons = new Map(names.map(name => [name, new Set<number>()]))
  const asked = new Map<string, string[]>(names.map(name => [name, []]))
  try {
    for (let round = 0; round < 7; round++)
      for (let n = 0; n < names.length; n++) {
        const name = names[(n + round) % names.length] ?? ''
        const kind = kinds[name]
        if (!kind) throw new Error(`there is no kind ${name}`)
        const before = seen.verify + seen.nobody
        statements.length = 0
        expect((await tryAs(kind, visitor)).status).toBe(422)
        comparisons.get(name)?.add(seen.verify + seen.nobody - before)
        asked.get(name)?.push(statements.join('\n'))
      }
  } finally {
    portal.deps.hasher = hasher
    portal.deps.db = db
  }
  return new Map(
    names.map(name => [
      name,
      { comparisons: comparisons.get(name) ?? new Set(), statements: usual(asked.get(name) ?? []) },
    ]),
  )
}

describe('B-05 what a login on the portal tells', () => {
  it('whatever an ID stands for, the answer is the same to the byte', async () => {
    const visitor = await atLogin()
    const bodies = new Map<string, string>()
    for (const [name, kind] of Object.entries(kinds)) {
      const { status, html } = await tryAs(kind, visitor)
      expect([name, status]).toEqual([name, 422])
      bodies.set(
        name,
        html
          .replace(/name="_csrf" value="[^"]+"|csrf-token" content="[^"]+"/g, '')
          .replaceAll(kind.loginId, '…'),
      )
    }
    for (const [name, body] of bodies) expect(body, name).toBe(bodies.get('unknown'))
  })

  // What is done is the same, which is the proof; how long it takes on a quiet machine, `npm run bench login-answers` says.
  it('whatever an ID stands for, it costs one comparison and the same statements', async () => {
    const work = await workOf(Object.keys(kinds), await atLogin())
    expect(work.get('unknown')?.statements).toContain('UPDATE credential')
    for (const [name, { comparisons, statements }] of work) {
      expect([...comparisons], name).toEqual([1])
      expect(statements, name).toBe(work.get('unknown')?.statements)
    }
  })

  it('to a browser that the account knows, a lock looks and costs like a wrong password', async () => {
    const { visitor } = await ownerOf(portal, 'sevenbank', 'user')
    await atLogin(visitor)
    const work = await workOf(['known', 'locked', 'locked, right'], visitor)
    expect(work.get('known')?.statements).toContain('failures')
    for (const [name, { comparisons, statements }] of work) {
      expect([...comparisons], name).toEqual([1])
      expect(statements, name).toBe(work.get('known')?.statements)
    }
  })
})
