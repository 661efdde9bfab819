import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findCandidate } from '../../../../src/features/candidates/index.ts'
import { endDueContracts, settleEndedContracts } from '../../../../src/features/contracts/index.ts'
import { holdUnchanged } from '../../../../src/features/passwords/index.ts'
import { system } from '../../../../src/kernel/actor.ts'
import { businessDayOf, plusDays, toColumn } from '../../../../src/kernel/business-day.ts'
import { plusSeconds } from '../../../../src/kernel/clock.ts'
import { inTx } from '../../../../src/platform/db/in-tx.ts'
import { demo, openPortal, type Portal } from '../../../support/portal.ts'
import { codeFor, contractFor, redeem, userinfo } from '../../../support/services.ts'

const actor = system('test')
let portal: Portal
let shoko: string
let other: string

beforeAll(async () => {
  portal = await openPortal({ presets: ['shoko', 'sevenbank'], generalUsers: false })
  const idOf = async (contractNumber: string) =>
    (await portal.deps.db.company.findUniqueOrThrow({ where: { contractNumber } })).id
  shoko = await idOf('2004000000')
  other = await idOf('7001000000')
})
afterAll(() => portal?.close())

const companyRow = (id: string) => portal.deps.db.company.findUniqueOrThrow({ where: { id } })
const setLastDay = async (id: string, days: number | null) => {
  const lastDay = days === null ? null : toColumn(plusDays(businessDayOf(portal.clock.now()), days))
  await portal.deps.db.company.update({ where: { id }, data: { lastDay } })
}

/** The case by which two officers set a last day. */
const endCase = async (companyId: string) => {
  const { id: preparedById } = await portal.deps.db.staff.findFirstOrThrow({ where: { role: 'operator' } })
  const now = portal.clock.now()
  await portal.deps.db.helpdeskCase.create({
    data: {
      ...{ id: portal.deps.ids.next(), companyId, kind: 'company_contract', state: 'done' },
      ...{ reason: '解約のため', proposal: { change: 'end' }, preparedById, preparedAt: now, decidedAt: now },
      expiresAt: plusSeconds(now, 86_400),
    },
  })
}

describe('H-06 a last day that has passed', () => {
  it('H-06 B-05 C-14 G-05 keeps everybody out though no job has run', async () => {
    const { db } = portal.deps
    const admin = await portal.administrator()
    const home = admin.page.url
    const service = await contractFor(portal, { contractNumber: '2004000000' })
    const { answer } = await redeem(portal, service, await codeFor(portal, admin, service))
    const user = await db.user.findFirstOrThrow({ where: { companyId: shoko, role: 'administrator' } })
    const held = () =>
      inTx(portal.deps, tx =>
        holdUnchanged(portal.deps, tx, { companyId: shoko, userId: user.id }, portal.clock.now()),
      )
    const inService = async () =>
      (await findCandidate(portal.deps, user.loginId, { companyId: shoko }))?.user.serviceState

    await setLastDay(shoko, 0)
    await admin.get(home)
    expect([admin.page.status, admin.page.path]).toEqual([200, '/home'])
    expect((await userinfo(portal, answer.access_token)).status).toBe(200)
    expect([await inService(), (await held()).ok]).toEqual(['available', true])

    await setLastDay(shoko, -1)
    expect((await userinfo(portal, answer.access_token)).status).toBe(401)
    // What a login, an enrolment and a forgotten password look up, and what they hold when they come to their end.
    expect([await inService(), (await held()).ok]).toEqual(['suspended', false])
    await admin.get(home)
    expect([admin.page.status, admin.page.text]).toEqual([
      401,
      expect.stringContaining('貴社のご契約が終了したため'),
    ])
    const again = portal.visitor(await portal.identity('admin'))
    await again.logIn(demo.administrator.password)
    expect(again.page.text).toContain('ご契約は終了しています')
    expect(await db.session.count({ where: { companyId: shoko, endedAt: null } })).toBe(0)
    // It is the contract that does, not a state to be written for each of its users.
    expect(await db.user.findUniqueOrThrow({ where: { id: user.id } })).toMatchObject({
      serviceState: 'available',
      version: user.version,
    })
  })

  it('H-06 one contract that can’t be ended keeps no other from its end, and is ended as soon as it can be', async () => {
    const [stuck, well] = shoko < other ? [shoko, other] : [other, shoko]
    // The case on which it stands can't be found: whatever it is, it stands in the way of this one alone.
    await endCase(well)
    await setLastDay(stuck, -1)
    await setLastDay(well, -1)
    expect(await endDueContracts(portal.deps, actor)).toBe(1)
    expect((await companyRow(stuck)).contractEndedAt).toBeNull()
    expect((await companyRow(well)).contractEndedAt).not.toBeNull()
    expect(await settleEndedContracts(portal.deps, actor)).toBe(1)
    await endCase(stuck)
    expect(await endDueContracts(portal.deps, actor)).toBe(1)
    expect((await companyRow(stuck)).contractEndedAt).not.toBeNull()
  })
})
