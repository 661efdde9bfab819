import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openCustomerCase } from '../../../../src/features/cases/index.ts'
import type { StaffActor } from '../../../../src/kernel/actor.ts'
import { businessDayOf } from '../../../../src/kernel/business-day.ts'
import { casePaper, fetchSecret, shownSecret } from '../../../support/cases.ts'
import { sql } from '../../../support/database.ts'
import { officerAtWork, proofOf } from '../../../support/officers.ts'
import { demo, openPortal, type Portal } from '../../../support/portal.ts'
import type { Page, Visitor } from '../../../support/visitor.ts'

let portal: Portal
let customer: { id: string; companyId: string }
let operator: Visitor
let second: Visitor
beforeAll(async () => {
  portal = await openPortal()
  customer = await portal.deps.db.user.findFirstOrThrow({ where: { loginId: demo.administrator.loginId } })
  operator = await officerAtWork(portal, 'operator', 'case.operator')
  second = await officerAtWork(portal, 'approver', 'case.approver')
})
afterAll(() => portal.close())

const rows = <Row extends Record<string, unknown>>(statement: string) =>
  sql<Row>(portal.database.ownerUrl, statement)

const path = (rest = '') => `/helpdesk/users/${customer.id}${rest}`

const companyHistory = () =>
  rows<{ operation: string; outcome: string; reason: string | null; actor: string; details: string }>(
    `SELECT operation, outcome, reason, actor_login_id AS actor, details FROM history
      WHERE chain_id = '${customer.companyId}' ORDER BY seq DESC LIMIT 100`,
  )

const today = () => businessDayOf(portal.clock.now())

const issuePaper = (page: Page, fields: Record<string, string> = {}) =>
  casePaper(portal, page, { reasonChoice: 'first', reasonText: '', delivery: 'post', ...fields })

/** The operator as the guard would make them. */
const operatorActor = async (): Promise<StaffActor> => {
  const [row] = await rows<{ id: string }>(`SELECT id FROM staff WHERE login_id = 'case.operator'`)
  return {
    kind: 'staff',
    id: row?.id ?? '',
    loginId: 'case.operator',
    name: '窓口',
    role: 'operator',
    origin: {},
  }
}

const usable = async () =>
  rows<{ id: string }>(
    `SELECT id FROM acquisition_password
      WHERE user_id = '${customer.id}' AND used_at IS NULL AND voided_at IS NULL`,
  )

describe('acquisition password', () => {
  it('H-05 C-09 is shown once, and its value is nowhere in the database', async () => {
    await operator.get(path('/acquisition-password'))
    const filled = issuePaper(operator.page)
    await operator.post(path('/acquisition-password/confirmation'), filled)
    expect(operator.page.text).toContain('発行後の画面から一度だけ取得できます')
    await operator.post(path('/acquisition-password'), filled)
    expect(operator.page.path).toBe(`/helpdesk/cases/${filled.caseId}`)
    expect(operator.page.text).toContain('一度だけ取得できます')
    const password = (await fetchSecret(operator, filled.caseId)) ?? ''
    expect(operator.page.status).toBe(200)
    expect(operator.page.headers['cache-control']).toBe('no-store')
    expect(password).toMatch(/^[A-Za-z0-9]{12}$/)
    expect(operator.page.text).toContain('メールでは送らないでください')

    const tables = await rows<{ name: string }>(
      `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
        WHERE schemaname IN ('public', 'pgboss')`,
    )
    for (const { name } of tables) {
      const [found] = await rows<{ count: number }>(
        `SELECT count(*)::int AS count FROM ${name} AS t WHERE strpos(t::text, '${password}') > 0`,
      )
      expect([name, found?.count]).toEqual([name, 0])
    }

    // A second sending of the form, by a double click or a reload.
    await operator.post(path('/acquisition-password'), filled)
    expect(operator.page.path).toBe(`/helpdesk/cases/${filled.caseId}`)
    expect(operator.page.text).toContain('発行済み（未使用）')
    expect(operator.page.html).not.toContain(password)
    expect(await usable()).toEqual([{ id: filled.caseId }])
    await operator.get(path())
    expect(operator.page.html).not.toContain(password)

    const [entry] = (await companyHistory()).filter(each => each.operation === 'acquisition-password.issued')
    expect(entry).toMatchObject({ outcome: 'done', actor: 'case.operator' })
    const mails = await rows<{ recipient: string; params: { delivery: string } }>(
      `SELECT recipient, params FROM outbox_mail WHERE kind = 'acquisition-password.issued'`,
    )
    expect(mails).toMatchObject([{ recipient: 'kanri@demo.sekisho.example', params: { delivery: 'post' } }])
  })

  it('C-09 voids the unused one before it, after saying so', async () => {
    const [old] = await usable()
    await operator.get(path('/acquisition-password'))
    expect(operator.page.text).toContain('先に発行したパスワードは使えなくなります')
    const filled = issuePaper(operator.page, { reasonChoice: 'lost', delivery: 'phone' })
    await operator.post(path('/acquisition-password'), filled)
    expect(await usable()).toEqual([{ id: filled.caseId }])
    const [voided] = await rows<{ voided: boolean }>(
      `SELECT voided_at IS NOT NULL AS voided FROM acquisition_password WHERE id = '${old?.id}'`,
    )
    expect(voided).toEqual({ voided: true })
  })

  it('C-09 two officers at once: one is issued, and the other is told', async () => {
    await operator.get(path('/acquisition-password'))
    await second.get(path('/acquisition-password'))
    const forms = [issuePaper(operator.page), issuePaper(second.page)] as const
    const answers = await Promise.all([
      operator.post(path('/acquisition-password'), forms[0]),
      second.post(path('/acquisition-password'), forms[1]),
    ])
    expect(answers.map(each => each.status).sort()).toEqual([200, 409])
    const told = answers.find(each => each.status === 409)
    expect(told?.text).toContain('ほかの担当者')
    const [only, ...more] = await usable()
    expect(more).toEqual([])
    expect(only?.id).toBe(forms[answers.findIndex(each => each.status === 200)]?.caseId)
  })

  it('C-09 H-05 twenty sendings of one form make one value, and six askings at once show it once', async () => {
    await operator.get(path('/acquisition-password'))
    const filled = issuePaper(operator.page)
    const atOnce = <T>(times: number, each: () => Promise<T>) =>
      Promise.all(Array.from({ length: times }, each))
    const sent = await atOnce(20, () =>
      operator.post(path('/acquisition-password'), filled, { follow: false }),
    )
    expect(sent.filter(each => each.status === 303)).toHaveLength(20)
    expect(await usable()).toEqual([{ id: filled.caseId }])
    const address = `/helpdesk/cases/${filled.caseId}`
    await operator.get(address)
    const proof = proofOf(operator)
    const asked = await atOnce(6, () => operator.post(`${address}/secret`, proof, { follow: false }))
    expect(asked.filter(each => shownSecret(each) !== undefined)).toHaveLength(1)
    expect(asked.every(each => each.status < 500)).toBe(true)
  })

  it('I-05 refuses a form that is none of ours, and another officer’s', async () => {
    await operator.get(path('/acquisition-password'))
    const filled = issuePaper(operator.page)
    await operator.post(path('/acquisition-password'), { ...filled, caseId: 'x' })
    expect(operator.page.status).toBe(403)
    await operator.get(path('/acquisition-password'))
    await operator.post(path('/acquisition-password'), filled)
    expect(operator.page.path).toBe(`/helpdesk/cases/${filled.caseId}`)
    await second.get(path('/acquisition-password'))
    await second.post(path('/acquisition-password'), filled)
    expect(second.page.status).toBe(409)
    expect(await fetchSecret(second, filled.caseId)).toBeUndefined()
  })

  it('I-05 refuses one case id for two customers at once', async () => {
    const other = portal.deps.ids.next()
    await rows(
      `INSERT INTO "user" (id, company_id, login_id, login_id_key, login_id_scope, name, email, role, created_at)
       SELECT '${other}', company_id, 'other', 'other', login_id_scope, name, email, 'user', created_at
         FROM "user" WHERE id = '${customer.id}'`,
    )
    const seen = (await usable())[0]?.id ?? null
    const actor = await operatorActor()
    const caseId = portal.deps.ids.next()
    const request = {
      caseId,
      act: 'acquisition_password' as const,
      delivery: 'post' as const,
      email: null,
      revocationReason: 'other' as const,
      sent: '二重',
      paper: { reason: '二重', formNumber: '1', formReceivedOn: today(), sealChecked: true },
    }
    const done = await Promise.all([
      openCustomerCase(portal.deps, actor, { ...request, userId: customer.id, seen }),
      openCustomerCase(portal.deps, actor, { ...request, userId: other, seen: null }),
    ])
    expect(done.filter(each => each.ok)).toHaveLength(1)
    expect(done.filter(each => !each.ok)).toEqual([{ ok: false, reason: 'case.notFound' }])
  })

  it('H-04 refuses without CSRF token and without paper', async () => {
    const [before] = await usable()
    await operator.get(path('/acquisition-password'))
    const filled = issuePaper(operator.page)
    await operator.post(path('/acquisition-password'), { ...filled, _csrf: '' })
    expect(operator.page.status).toBe(403)
    await operator.get(path('/acquisition-password'))
    for (const missing of ['reasonChoice', 'formNumber', 'formReceivedOn', 'sealChecked', 'delivery']) {
      await operator.post(path('/acquisition-password'), { ...issuePaper(operator.page), [missing]: '' })
      expect([missing, operator.page.status]).toEqual([missing, 422])
    }
    expect(await usable()).toEqual([before])
  })

  it('H-03 refuses for a suspended user, and tells why', async () => {
    await rows(`UPDATE "user" SET service_state = 'suspended' WHERE id = '${customer.id}'`)
    await operator.get(path('/acquisition-password'))
    expect(operator.page.status).toBe(409)
    expect(operator.page.text).toContain('利用可能')
    await operator.get(path())
    expect(operator.page.html).not.toContain(path('/acquisition-password'))
    await rows(`UPDATE "user" SET service_state = 'available' WHERE id = '${customer.id}'`)
  })
})
