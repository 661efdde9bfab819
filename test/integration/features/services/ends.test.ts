import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { revoke } from '../../../../src/features/certificates/index.ts'
import { endContracts, endSpentSessions, tellServices } from '../../../../src/features/services/index.ts'
import { system } from '../../../../src/kernel/actor.ts'
import { inTx } from '../../../../src/platform/db/in-tx.ts'
import { type BackChannel, openBackChannel } from '../../../support/back-channel.ts'
import { openCase } from '../../../support/cases.ts'
import { enrolledUser } from '../../../support/certificates.ts'
import { demoOf } from '../../../support/factors.ts'
import { officerAtWork } from '../../../support/officers.ts'
import { openPortal, type Portal } from '../../../support/portal.ts'
import {
  claimsIn,
  codeFor,
  contractFor,
  redeem,
  type TestService,
  userinfo,
} from '../../../support/services.ts'
import type { Visitor } from '../../../support/visitor.ts'
import { atHome, typeAtPortal } from '../../../support/ways-in.ts'
import { beginOn, execute, fillInChange, newPerson, send } from '../users/changing.ts'

/** G-05: however a session ends, or what it opened, the service that was entered from it is told. */
let portal: Portal
let service: TestService
let certified: TestService
let companyId: string
let admin: Visitor
let officer: Visitor
let channel: BackChannel

beforeAll(async () => {
  channel = await openBackChannel()
  portal = await openPortal({ presets: ['sevenbank', 'shoko'], generalUsers: false })
  const backchannelLogoutUri = channel.uri
  const { contractNumber } = demoOf('sevenbank').company
  service = await contractFor(portal, { contractNumber, backchannelLogoutUri })
  const { contractNumber: certifiedNumber } = demoOf('shoko').company
  certified = await contractFor(portal, { contractNumber: certifiedNumber, backchannelLogoutUri })
  companyId = (await portal.deps.db.company.findUniqueOrThrow({ where: { contractNumber } })).id
  admin = await atHome(portal, 'sevenbank', 'administrator')
  officer = await officerAtWork(portal, 'operator', 'madoguchi')
})
afterAll(async () => {
  await portal?.close()
  channel?.close()
})

/** Whoever an earlier test has left inside is none of the next one's. */
beforeEach(async () => {
  const endedAt = portal.clock.now()
  await portal.deps.db.serviceEntry.updateMany({ data: { endedAt, nextTryAt: null } })
})

/** Somebody who is in the portal, at home. */
type Person = { id: string; visitor: Visitor; logInElsewhere: () => Promise<Visitor> }

const withoutCertificate = async (): Promise<Person> => {
  const permissions = ['statement.view', 'balance.view']
  const { id, loginId, password } = await newPerson(portal, companyId, 'user', { permissions })
  const logIn = () => typeAtPortal(portal, 'sevenbank', { loginId, password })
  return { id, visitor: await logIn(), logInElsewhere: logIn }
}

const confirmationPassword = 'Kakunin26'

/** Ends somebody's session, or their way into the service, by what people really do. */
const ends: Record<string, (person: Person) => Promise<unknown>> = {
  'their logout': async ({ visitor }) => {
    await visitor.get(`${portal.settings.portalOrigin}/home`)
    await visitor.post('/logout')
  },
  'their login elsewhere (takeover)': async ({ logInElsewhere }) => {
    const other = await logInElsewhere()
    expect(other.page.path).toBe('/login/takeover')
    await other.post('/login/takeover')
  },
  'an administrator’s suspension': async ({ id }) => {
    await beginOn(admin, id, 'suspension')
    await send(admin, { reason: '休職のため' })
    await execute(admin, { confirmationPassword })
  },
  'an administrator’s deletion': async ({ id }) => {
    await beginOn(admin, id, 'deletion')
    await execute(admin, { confirmationPassword })
  },
  'an administrator’s new password': async ({ id }) => {
    const word = 'Atarashii26'
    const basic = { changeLoginPassword: 'on', loginPassword: word, loginPasswordAgain: word }
    await fillInChange(admin, id, { basic })
    await execute(admin, { confirmationPassword })
    expect(admin.page.path, admin.page.text).toMatch(/\/result$/)
  },
  'the permission taken away': async ({ id }) => {
    await fillInChange(admin, id, { permissions: ['balance.view'] })
    await execute(admin, { confirmationPassword })
  },
  'the bank’s lock': ({ id }) => openCase(portal, officer, id, 'lock'),
  'the bank’s suspension': ({ id }) => openCase(portal, officer, id, 'suspension'),
  'the bank’s end of the session': ({ id }) => openCase(portal, officer, id, 'session-end'),
  'rest, noticed at the next click': async ({ visitor }) => {
    portal.clock.move(30 * 60)
    await visitor.get(`${portal.settings.portalOrigin}/home`)
    expect(visitor.page.status).toBe(401)
    admin = await atHome(portal, 'sevenbank', 'administrator')
  },
}

/** Somebody inside the service; gives what it knows of them. */
const enter = async ({ visitor }: Pick<Person, 'visitor'>, of = service) => {
  if (visitor.page.path !== '/home') throw new Error(visitor.page.text)
  const { answer } = await redeem(portal, of, await codeFor(portal, visitor, of))
  return { sid: claimsIn(answer.id_token).sid, token: answer.access_token }
}

const expectTold = async (inside: Awaited<ReturnType<typeof enter>>) => {
  expect((await userinfo(portal, inside.token)).status).toBe(401)
  expect(await tellServices(portal.deps)).toBe(1)
  expect(channel.news().map(({ sid }) => sid)).toEqual([inside.sid])
}

it.each(Object.keys(ends))('G-05 the service is told of %s', async name => {
  const person = await withoutCertificate()
  const inside = await enter(person)
  expect((await userinfo(portal, inside.token)).status).toBe(200)
  await ends[name]?.(person)
  await expectTold(inside)
})

it('G-05 a change of rights that leaves the permission as it is, ends nothing', async () => {
  const person = await withoutCertificate()
  const { token } = await enter(person)
  await fillInChange(admin, person.id, { permissions: ['statement.view'] })
  await execute(admin, { confirmationPassword })
  expect(admin.page.path).toMatch(/\/result$/)
  expect((await userinfo(portal, token)).status).toBe(200)
  expect(await tellServices(portal.deps)).toBe(0)
})

it('G-05 the service is told of a certificate’s revocation', async () => {
  const { id: userId, certificateId, identity, companyId: theirs, password } = await enrolledUser(portal)
  const right = { companyId: theirs, userId, serviceCode: 'statement', permissionCode: 'view' }
  await portal.deps.db.userPermission.createMany({ data: [right], skipDuplicates: true })
  const visitor = portal.visitor(identity)
  await visitor.logIn(password)
  const inside = await enter({ visitor }, certified)
  await inTx(portal.deps, tx => revoke(portal.deps, tx, system('test'), certificateId, 'lost'))
  await expectTold(inside)
})

it('G-04 G-05 rest alone is the service’s own affair; the longest life of a session is told without anybody there', async () => {
  const inside = await enter(await withoutCertificate())
  portal.clock.move(31 * 60)
  expect(await endSpentSessions(portal.deps)).toBe(0)
  portal.clock.move(12 * 3_600)
  expect(await endSpentSessions(portal.deps)).toBe(1)
  await expectTold(inside)
})

it('H-06 G-05 the service is told of the contract’s end, and lets nobody in afterwards', async () => {
  const person = await withoutCertificate()
  const inside = await enter(person)
  await inTx(portal.deps, tx => endContracts(portal.deps, tx, companyId, { signOn: ['cash'], business: [] }))
  await expectTold(inside)
  await person.visitor.get(`${portal.settings.portalOrigin}/services/cash`)
  expect(person.visitor.page.status).toBe(404)
})
