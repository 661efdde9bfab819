import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createMaster } from '../../../../src/features/company/index.ts'
import { system } from '../../../../src/kernel/actor.ts'
import { approveCase, openCase } from '../../../support/cases.ts'
import { sql } from '../../../support/database.ts'
import { codeBySms, demoOf, overridePolicy, userOf } from '../../../support/factors.ts'
import { officerAtWork } from '../../../support/officers.ts'
import { openPortal, type Portal } from '../../../support/portal.ts'
import type { Visitor } from '../../../support/visitor.ts'
import { atHome, callerOf, ownerOf } from '../../../support/ways-in.ts'
import { newPerson } from '../users/changing.ts'

let portal: Portal
let operator: Visitor
let approver: Visitor
let administrator: Visitor
let contractor: { id: string; companyId: string }
let beside: { id: string }

beforeAll(async () => {
  portal = await openPortal({ presets: ['omakase'], generalUsers: true })
  operator = await officerAtWork(portal, 'operator', 'ct.operator')
  approver = await officerAtWork(portal, 'approver', 'ct.approver')
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

const stored = (id: string) => portal.deps.db.user.findUniqueOrThrow({ where: { id } })

const mailsOf = (userId: string, kind: string) =>
  portal.deps.db.outboxMail.findMany({ where: { userId, kind }, orderBy: { createdAt: 'asc' } })

describe('B-18 H-03 a mobile number that is gone', () => {
  const [old, now] = ['+819012345601', '+819087654321']

  it('the page says whom to ask: the bank where nobody of the company can, an administrator otherwise', async () => {
    await overridePolicy(portal, 'omakase', { login: { secondFactor: 'sms' } })
    await run(`UPDATE "user" SET mobile = '${old}' WHERE id IN ('${contractor.id}', '${beside.id}')`)
    for (const [role, words] of [
      ['administrator', 'ヘルプデスクへご連絡ください'],
      ['user', '貴社の管理者'],
    ] as const) {
      const caller = await callerOf(portal, 'omakase', role)
      await caller.enter()
      expect(caller.visitor.page.path).toBe('/login/second-factor')
      expect([role, caller.visitor.page.text]).toEqual([role, expect.stringContaining(words)])
    }
  })

  it('is corrected by two officers, told to the address and the number of before, and used from then on', async () => {
    for (const [mobile, status, words] of [
      ['', 422, '携帯電話番号が入力されていません'],
      ['03-1234-5678', 422, '携帯電話番号が正しくありません'],
      ['090-1234-5601', 409, '現在の携帯電話番号と同じです'],
    ] as const) {
      await openCase(portal, operator, contractor.id, 'mobile-correction', { mobile })
      expect([mobile, operator.page.status]).toEqual([mobile, status])
      expect(operator.page.text).toContain(words)
    }
    const caseId = await openCase(portal, operator, contractor.id, 'mobile-correction', {
      mobile: '０９０ー８７６５ー４３２１',
      reasonChoice: 'numberGone',
      reasonText: '',
    })
    expect((await stored(contractor.id)).mobile).toBe(old)
    await approver.get(`/helpdesk/cases/${caseId}`)
    expect(approver.page.text).toContain('090-8765-4321')
    expect(approver.page.text).toContain('090-1234-5601')
    await approveCase(approver, caseId)
    expect((await stored(contractor.id)).mobile).toBe(now)
    expect(await mailsOf(contractor.id, 'contact.changed')).toHaveLength(1)
    expect(
      await portal.deps.db.outboxSms.findMany({ where: { userId: contractor.id, kind: 'number-changed' } }),
    ).toMatchObject([{ recipient: old }])
    const entry = await portal.deps.db.history.findFirstOrThrow({
      where: { operation: 'contact.number-corrected', subjectId: contractor.id },
    })
    expect(JSON.parse(entry.details)).toMatchObject({
      caseId,
      before: { mobile: old },
      after: { mobile: now },
    })
    const caller = await callerOf(portal, 'omakase', 'administrator')
    await caller.enter()
    await caller.visitor.post('/login/second-factor/message')
    const code = await codeBySms(portal.deps)
    await caller.visitor.post('/login/second-factor', { proof: 'sms', code })
    expect(caller.visitor.page.path).toMatch(/^\/(home|login\/takeover)$/)
    await overridePolicy(portal, 'omakase', {})
  })
})

describe('D-14 H-03 a contractor who has left', () => {
  const successor = { reasonChoice: 'contractorLeft', reasonText: '' }

  it('appoints nobody once the bank has suspended them: administrators do until there is another', async () => {
    administrator = await atHome(portal, 'omakase', 'user')
    const other = await newPerson(portal, contractor.companyId, 'administrator')
    await administrator.get('/users')
    expect((await administrator.post(`/users/${other.id}/change`)).status).toBe(403)
    await openCase(portal, operator, contractor.id, 'suspension', {
      reasonChoice: 'userLeft',
      reasonText: '',
    })
    await administrator.get('/users')
    expect((await administrator.post(`/users/${other.id}/change`)).path).toMatch(/\/basic$/)
    expect(administrator.page.html).toMatch(/name="role"/)
    // The contractor stays the bank's to manage.
    await administrator.get('/users')
    expect((await administrator.post(`/users/${contractor.id}/change`)).status).toBe(403)
  })

  it('is succeeded by whom two officers appoint, and is an administrator from then on; both are told', async () => {
    const caseId = await openCase(portal, operator, beside.id, 'contractor-appointment', successor)
    expect(operator.page.text).toContain('承認待ち')
    expect((await stored(beside.id)).role).toBe('administrator')
    await approveCase(approver, caseId)
    expect(await stored(beside.id)).toMatchObject({ role: 'contractor' })
    expect(await stored(contractor.id)).toMatchObject({ role: 'administrator', serviceState: 'suspended' })
    for (const [id, change] of [
      [beside.id, 'appointed'],
      [contractor.id, 'succeeded'],
    ] as const)
      expect(await mailsOf(id, 'contractor.changed')).toMatchObject([{ params: { change } }])
    const entries = await portal.deps.db.history.findMany({
      where: { operation: { in: ['user.contractor-appointed', 'user.contractor-succeeded'] } },
      orderBy: { seq: 'asc' },
    })
    expect(entries.map(({ operation, subjectId }) => [operation, subjectId])).toEqual([
      ['user.contractor-succeeded', contractor.id],
      ['user.contractor-appointed', beside.id],
    ])
    expect(await opensAt(beside.id, 'contractor-appointment')).toBe(409)
    // The successor manages whoever was it before.
    await administrator.get('/users')
    expect((await administrator.post(`/users/${contractor.id}/deletion`)).status).toBe(200)
  })

  it('H-04 of two successors approved at once one becomes it, the other’s case says what has changed', async () => {
    const second = await officerAtWork(portal, 'approver', 'ct.approver2')
    const people = [
      await newPerson(portal, contractor.companyId, 'administrator'),
      await newPerson(portal, contractor.companyId, 'user'),
    ]
    const cases: string[] = []
    for (const { id } of people)
      cases.push(await openCase(portal, operator, id, 'contractor-appointment', successor))
    const [one = '', two = ''] = cases
    await Promise.all([approveCase(approver, one), approveCase(second, two)])
    expect(
      await portal.deps.db.user.count({ where: { companyId: contractor.companyId, role: 'contractor' } }),
    ).toBe(1)
    expect((await stored(beside.id)).role).toBe('administrator')
    expect([approver.page.status, second.page.status].toSorted()).toEqual([200, 409])
  })

  it('is succeeded by the master whom the command line registers, where nobody else is left', async () => {
    await run(
      `UPDATE "user" SET service_state = 'suspended', suspended_by_bank = true
        WHERE company_id = '${contractor.companyId}' AND role = 'contractor'`,
    )
    const register = (loginId: string) =>
      createMaster(portal.deps, system('test'), demoOf('omakase').company.contractNumber, {
        loginId,
        name: '後任　一郎',
        email: `${loginId}@omakase.sekisho.example`,
        loginPassword: 'Hikitsugi2026',
        forceChange: true,
      })
    // Of two at the same moment the second finds a contractor, and is an administrator.
    const made = await Promise.all(['kounin01', 'kounin02', 'kounin03'].map(register))
    expect(made.map(({ ok }) => ok)).toEqual([true, true, true])
    const roles = await portal.deps.db.user.findMany({
      where: { companyId: contractor.companyId, loginId: { startsWith: 'kounin' } },
      select: { role: true },
    })
    expect(roles.map(({ role }) => role).toSorted()).toEqual(['administrator', 'administrator', 'contractor'])
    expect(
      await portal.deps.db.user.count({ where: { companyId: contractor.companyId, role: 'contractor' } }),
    ).toBe(1)
  })
})
