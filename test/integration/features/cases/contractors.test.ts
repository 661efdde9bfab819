import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openCase } from '../../../support/cases.ts'
import { sql } from '../../../support/database.ts'
import { overridePolicy, userOf } from '../../../support/factors.ts'
import { officerAtWork } from '../../../support/officers.ts'
import { openPortal, type Portal } from '../../../support/portal.ts'
import type { Visitor } from '../../../support/visitor.ts'
import { atHome, ownerOf } from '../../../support/ways-in.ts'
import { newPerson } from '../users/changing.ts'

let portal: Portal
let operator: Visitor
let administrator: Visitor
let contractor: { id: string; companyId: string }
let beside: { id: string }

beforeAll(async () => {
  portal = await openPortal({ presets: ['omakase'], generalUsers: true })
  operator = await officerAtWork(portal, 'operator', 'ct.operator')
  contractor = await userOf(portal, 'omakase', 'administrator')
  beside = await userOf(portal, 'omakase', 'user')
  await run(`UPDATE "user" SET role = 'administrator' WHERE id = '${beside.id}'`)
  administrator = await atHome(portal, 'omakase', 'user')
})
afterAll(() => portal.close())

const run = (...statements: string[]) => sql(portal.database.ownerUrl, ...statements)

/** Gives somebody a token that five wrong codes have suspended. */
const suspendToken = (userId: string) =>
  run(
    `DELETE FROM otp_token WHERE user_id = '${userId}'`,
    `INSERT INTO otp_token (id, company_id, user_id, state, sealed_seed, created_at, registered_at, failures, suspended_at)
     VALUES (gen_random_uuid(), '${contractor.companyId}', '${userId}', 'active', '\\x00', now(), now(), 5, now())`,
  )

const lockPassword = (userId: string, at: 'now()' | 'NULL' = 'now()') =>
  run(`UPDATE credential SET locked_at = ${at} WHERE user_id = '${userId}' AND kind = 'login_password'`)

const opensAt = async (userId: string, act: string) =>
  (await operator.get(`/helpdesk/users/${userId}/${act}`)).status

describe('D-14 H-03 a contractor is the bank’s to help, however many administrators there are', () => {
  it('B-17 the bank revokes the contractor’s token, which an administrator may not', async () => {
    await suspendToken(contractor.id)
    await administrator.get('/users')
    expect((await administrator.post(`/users/otp-tokens/${contractor.id}/revocation`)).status).toBe(403)
    await openCase(portal, operator, contractor.id, 'otp-revocation')
    expect(operator.page.text).toContain('承認待ち')
    expect(await portal.deps.db.helpdeskCase.count({ where: { userId: contractor.id } })).toBe(1)
    await run(
      `UPDATE helpdesk_case SET state = 'withdrawn' WHERE user_id = '${contractor.id}'`,
      `DELETE FROM otp_token WHERE user_id = '${contractor.id}'`,
    )
  })

  it('B-21 the bank gives the contractor another confirmation password', async () => {
    await overridePolicy(portal, 'omakase', { confirmation: 'password' })
    const hash = await portal.deps.hasher.hash('Kakunin2026')
    await run(
      `INSERT INTO credential (id, company_id, user_id, kind, hash, set_at, set_on, force_change)
       SELECT gen_random_uuid(), company_id, id, 'confirmation_password', '${hash}', now(), current_date, false
         FROM "user" WHERE id IN ('${contractor.id}', '${beside.id}')`,
    )
    expect(await opensAt(contractor.id, 'confirmation-password-reset')).toBe(200)
    expect(await opensAt(beside.id, 'confirmation-password-reset')).toBe(409)
    await overridePolicy(portal, 'omakase', {})
  })

  it('B-06 the mail of the contractor’s lock names the helpdesk, an administrator’s the administrators', async () => {
    await overridePolicy(portal, 'omakase', { lock: { seconds: null } })
    for (const [role, release] of [
      ['administrator', 'helpdesk'],
      ['user', 'administrator'],
    ] as const) {
      const owner = await ownerOf(portal, 'omakase', role)
      for (let tried = 0; tried < 5; tried++) {
        await owner.open()
        await owner.type('Wrong-2026x')
      }
      const { id } = await userOf(portal, 'omakase', role)
      const mail = await portal.deps.db.outboxMail.findFirstOrThrow({
        where: { userId: id, kind: { contains: 'lock' } },
        orderBy: { createdAt: 'desc' },
      })
      expect([role, mail.params]).toEqual([role, expect.objectContaining({ release })])
      await lockPassword(id, 'NULL')
      await run(`UPDATE credential SET failures = 0 WHERE user_id = '${id}'`)
    }
    await overridePolicy(portal, 'omakase', {})
    administrator = await atHome(portal, 'omakase', 'user')
  })

  it('B-17 an administrator whose contractor is out is the bank’s too, beside any other administrator', async () => {
    await newPerson(portal, contractor.companyId, 'administrator')
    await suspendToken(beside.id)
    expect(await opensAt(beside.id, 'otp-revocation')).toBe(409)
    await lockPassword(contractor.id)
    expect(await opensAt(beside.id, 'otp-revocation')).toBe(200)
    await lockPassword(contractor.id, 'NULL')
    await run(`DELETE FROM otp_token WHERE user_id = '${beside.id}'`)
  })
})
