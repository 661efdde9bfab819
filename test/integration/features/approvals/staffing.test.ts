import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { missingApprovers } from '../../../../src/features/approvals/approval.ts'
import { approvalModes, missingIn, staffingOf } from '../../../../src/features/approvals/index.ts'
import { sql } from '../../../support/database.ts'
import { openPortal, type Portal } from '../../../support/portal.ts'

let portal: Portal
let companyId: string
const ids = Array.from({ length: 6 }, (_, n) => `01890000-0000-7000-8000-00000000000${n}`)

beforeAll(async () => {
  portal = await openPortal()
  companyId = (await portal.deps.db.company.findFirstOrThrow()).id
  await sql(
    portal.database.ownerUrl,
    `INSERT INTO "user" (id, company_id, login_id, login_id_key, login_id_scope, name, email, role, created_at)
     SELECT id::uuid, '${companyId}', id, id, 'bank', '利用', 'a@example.co.jp', 'user', now()
       FROM unnest(ARRAY['${ids.join("','")}']) AS id`,
    `UPDATE "user" SET service_state = 'suspended' WHERE company_id = '${companyId}' AND role = 'administrator'`,
  )
})
afterAll(() => portal.close())

const person = fc.record({
  requests: fc.constantFrom('none', 'request_screen', 'request_file', 'both'),
  approves: fc.boolean(),
  available: fc.boolean(),
})

it('D-11 the database counts the approvers that the rule counts person by person', async () => {
  const staffs = fc.sample(fc.array(person, { minLength: 6, maxLength: 6 }), { numRuns: 25, seed: 5 })
  for (const staff of staffs) {
    const rows = staff.flatMap(({ requests, approves }, n) => [
      ...(requests === 'both'
        ? ['request_screen', 'request_file']
        : requests === 'none'
          ? []
          : [requests]
      ).map(code => [ids[n], code]),
      ...(approves ? [[ids[n], 'approve']] : []),
    ])
    await sql(
      portal.database.ownerUrl,
      `DELETE FROM user_permission WHERE user_id = ANY(ARRAY['${ids.join("','")}']::uuid[])`,
      ...rows.map(
        ([id, code]) => `INSERT INTO user_permission VALUES ('${companyId}', '${id}', 'payroll', '${code}')`,
      ),
      ...staff.map(
        ({ available }, n) =>
          `UPDATE "user" SET service_state = '${available ? 'available' : 'suspended'}' WHERE id = '${ids[n]}'`,
      ),
    )
    const able = staff.filter(({ available }) => available)
    const staffing = await staffingOf(portal.deps.db, companyId)
    for (const mode of approvalModes)
      expect(
        missingIn(staffing, new Map([['payroll', mode]])).get('payroll'),
        `${mode}: ${JSON.stringify(staff)}`,
      ).toBe(
        missingApprovers({
          mode,
          requesters: able.filter(({ requests }) => requests !== 'none').length,
          approvers: able.filter(({ approves }) => approves).length,
          both: able.filter(({ requests, approves }) => requests !== 'none' && approves).length,
        }),
      )
  }
})
