import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { bankChain } from '../../../../src/platform/audit/chain.ts'
import { sql } from '../../../support/database.ts'
import { demo, openPortal, type Portal } from '../../../support/portal.ts'

let portal: Portal
beforeAll(async () => {
  portal = await openPortal()
})
afterAll(() => portal.close())
// The minute in which one entry is written for the same certificate from the same address is over.
beforeEach(() => portal.clock.move(61))

const failed = () =>
  portal.deps.db.history.findMany({ where: { operation: 'login.failed' }, orderBy: { id: 'asc' } })

it('F-02 an officer’s certificate at the customers’ door is in the bank’s own history, once a minute', async () => {
  const before = (await failed()).length
  const officer = portal.visitor(await portal.identity('operator'))
  await officer.get('/login/certificate')
  await officer.post('/login', { password: demo.staffPassword })
  const entries = await failed()
  expect(entries).toHaveLength(before + 1)
  expect(entries.at(-1)).toMatchObject({
    chainId: bankChain,
    actorKind: 'stranger',
    reason: 'certificate.staff',
  })
})

it('F-02 a revoked certificate is in the history of its user’s company, with the serial that was shown', async () => {
  const user = await portal.deps.db.user.findFirstOrThrow({
    where: { loginIdKey: demo.administrator.loginId },
  })
  await sql(portal.database.ownerUrl, `UPDATE certificate SET state = 'revoked' WHERE user_id = '${user.id}'`)
  try {
    const admin = portal.visitor(await portal.identity('admin'))
    await admin.get('/login/certificate')
    expect(admin.page.status).toBe(403)
    const entry = (await failed()).at(-1)
    expect(entry).toMatchObject({
      chainId: user.companyId,
      actorKind: 'stranger',
      actorLoginId: null,
      subjectId: user.id,
      subjectLabel: demo.administrator.loginId,
      reason: 'certificate.revoked',
    })
    expect(entry?.certificateSerial).toMatch(/^[0-9A-F]{16,}$/)
  } finally {
    await sql(
      portal.database.ownerUrl,
      `UPDATE certificate SET state = 'active' WHERE user_id = '${user.id}'`,
    )
  }
})

it('F-02 no certificate at all is not written down: somebody has not chosen yet', async () => {
  const before = (await failed()).length
  await portal.visitor().get('/login/certificate')
  expect(await failed()).toHaveLength(before)
})
