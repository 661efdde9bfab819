import { afterAll, beforeAll, expect, it } from 'vitest'
import { expireCases } from '../../../../src/features/two-officers/index.ts'
import { openCase } from '../../../support/cases.ts'
import { sql } from '../../../support/database.ts'
import { newUser } from '../../../support/enrolment.ts'
import { officerAtWork } from '../../../support/officers.ts'
import { openPortal, type Portal } from '../../../support/portal.ts'

// While a release goes on, the copy before it serves beside the new one, on the new one's database.
let portal: Portal
beforeAll(async () => {
  portal = await openPortal()
})
afterAll(() => portal.close())

it('I-04 cases of a kind that only the next release knows are its own: pages of officers stay whole', async () => {
  const operator = await officerAtWork(portal, 'operator', 'release.operator')
  const user = await newUser(portal)
  const theirs = await openCase(portal, operator, user.id, 'password-reset')
  await sql(portal.database.ownerUrl, `ALTER TYPE case_kind ADD VALUE 'of_the_next_release'`)
  await sql(
    portal.database.ownerUrl,
    `UPDATE helpdesk_case SET kind = 'of_the_next_release', review_due_on = '2026-01-05' WHERE id = '${theirs}'`,
  )
  const ours = await openCase(portal, operator, (await newUser(portal)).id, 'password-reset')
  for (const path of ['home', 'approvals', 'reviews'])
    expect((await operator.get(`/helpdesk/${path}`)).status, path).toBe(200)
  const { html } = await operator.get('/helpdesk/approvals')
  expect(html).toContain(ours)
  expect(html).not.toContain(theirs)
  await sql(
    portal.database.ownerUrl,
    `UPDATE helpdesk_case SET expires_at = '2026-01-05' WHERE id IN ('${theirs}', '${ours}')`,
  )
  expect(await expireCases(portal.deps)).toBe(1)
  expect(
    await sql(portal.database.ownerUrl, `SELECT state FROM helpdesk_case WHERE id = '${theirs}'`),
  ).toEqual([{ state: 'prepared' }])
})
