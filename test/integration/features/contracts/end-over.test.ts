import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findCandidate } from '../../../../src/features/candidates/index.ts'
import { createMaster } from '../../../../src/features/company/index.ts'
import { endDueContracts, settleEndedContracts } from '../../../../src/features/contracts/index.ts'
import { holdUnchanged } from '../../../../src/features/passwords/index.ts'
import { receiveFile } from '../../../../src/features/user-csv/receive.ts'
import { confirmingActor, registerFile } from '../../../../src/features/user-csv/register.ts'
import { system } from '../../../../src/kernel/actor.ts'
import { businessDayOf, lastSecondOf, plusDays, toColumn } from '../../../../src/kernel/business-day.ts'
import { plusSeconds } from '../../../../src/kernel/clock.ts'
import { inTx } from '../../../../src/platform/db/in-tx.ts'
import { approveContract, contractPaper } from '../../../support/contracts.ts'
import { sql } from '../../../support/database.ts'
import { newUser } from '../../../support/enrolment.ts'
import { textsOn, valueOn, versionOn } from '../../../support/forms.ts'
import { meanwhile } from '../../../support/meanwhile.ts'
import { logInAsStaff } from '../../../support/officers.ts'
import { demo, openPortal, type Portal } from '../../../support/portal.ts'
import { codeFor, contractFor, redeem, userinfo } from '../../../support/services.ts'
import { basics, csv, row, startImporting } from '../user-csv/importing.ts'
import { fillIn, submit } from '../users/registering.ts'

const actor = system('test')
let portal: Portal
let shoko: string
let other: string
/** The one that a round comes to first, and the other. */
let stuck: string
let well: string

beforeAll(async () => {
  portal = await openPortal({ presets: ['shoko', 'sevenbank'], generalUsers: false })
  const idOf = async (contractNumber: string) =>
    (await portal.deps.db.company.findUniqueOrThrow({ where: { contractNumber } })).id
  shoko = await idOf('2004000000')
  other = await idOf('7001000000')
  ;[stuck, well] = shoko < other ? [shoko, other] : [other, shoko]
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

  it('H-06 A-03 is withdrawn by nobody, and no policy is changed after it, whatever was prepared before', async () => {
    // Noon: by midnight the officers' sessions are over, whenever the test runs.
    const noon = plusSeconds(lastSecondOf(businessDayOf(portal.clock.now())), 12 * 3_600 + 1)
    portal.clock.goTo(noon)
    await endCase(other)
    await setLastDay(other, 0)
    const midnight = plusSeconds(lastSecondOf(businessDayOf(noon)), 1)
    const officer = async (name: 'operator' | 'approver') =>
      logInAsStaff(portal, portal.visitor(await portal.identity(name)))
    const operator = await officer('operator')
    const withdrawal = `/helpdesk/companies/${other}/contract-end-withdrawal`
    await operator.get(withdrawal)
    const caseId = valueOn(operator.page, 'caseId')
    const filled = { ...contractPaper(portal), ...{ caseId, basis: valueOn(operator.page, 'basis') } }
    await operator.post(`${withdrawal}/confirmation`, filled)
    await operator.post(withdrawal, filled)
    expect(operator.page.path).toBe(`/helpdesk/contract-cases/${caseId}`)
    const policy = `/helpdesk/companies/${other}/policy`
    expect((await operator.get(policy)).status).toBe(200)
    portal.clock.goTo(midnight)
    const approver = await officer('approver')
    await approveContract(approver, caseId)
    expect([approver.page.status, approver.page.text]).toEqual([
      409,
      expect.stringContaining('お手続きはできません'),
    ])
    const again = await officer('operator')
    const fields = { caseId: portal.deps.ids.next(), baseVersion: '1', entrance: 'sevenbank' }
    for (const page of [
      await again.get(withdrawal),
      await again.get(policy),
      await again.post(policy, { ...fields, lockFailures: '4', reason: '変更' }),
    ])
      expect([page.status, page.text]).toEqual([409, expect.stringContaining('お手続きはできません')])
    expect((await companyRow(other)).lastDay).not.toBeNull()
    expect(await portal.deps.db.companyPolicy.count({ where: { companyId: other } })).toBe(1)
  })

  it('H-06 D-13 an end that commits during a registration refuses it, by words and for good', async () => {
    const { db } = portal.deps
    await setLastDay(shoko, null)
    const wanted = {
      ...{ loginId: '2004000099', name: '後任　一郎', email: 'kounin@demo.sekisho.example' },
      ...{ loginPassword: 'Kounin2026', forceChange: true },
    }
    const ending = `UPDATE company SET contract_ended_at = now() WHERE id = '${shoko}'`
    let made: unknown
    await meanwhile(
      portal,
      { companyId: shoko },
      async () => {
        made = await createMaster(portal.deps, actor, '2004000000', wanted)
      },
      ending,
    )
    expect(made).toEqual({ ok: false, reason: 'contract.ended' })
    await db.company.update({ where: { id: shoko }, data: { contractEndedAt: null } })

    await startImporting(portal)
    const owner = await db.user.findFirstOrThrow({ where: { companyId: shoko, role: 'administrator' } })
    const importer = confirmingActor(owner, {})
    const received = await receiveFile(portal.deps, importer, {
      fileName: 'a.csv',
      content: Readable.from([Buffer.from(csv(basics, row('owari001')))]),
    })
    if (!received.ok) throw new Error(received.reason)
    const { importId: id } = received.value
    const file = () => db.userImport.findUniqueOrThrow({ where: { id } })
    await expect.poll(async () => (await file()).state).toBe('checked')
    await db.userImport.update({ where: { id }, data: { state: 'registering', confirmation: {} } })
    await meanwhile(portal, { companyId: shoko }, () => registerFile(portal.deps, importer, id), ending)
    expect(await file()).toMatchObject({ state: 'checked', problem: { reason: 'contract.ended' } })
    expect(await db.user.count({ where: { loginId: 'owari001' } })).toBe(0)
    await db.company.update({ where: { id: shoko }, data: { contractEndedAt: null } })
  })

  it('H-06 D-02 an end that commits during 「実行」 of 利用者登録 registers nobody, and its page is that of an ended contract', async () => {
    const admin = await portal.administrator()
    const { confirmationPassword } = demo.administrator
    const ending = `UPDATE company SET contract_ended_at = now() WHERE id = '${shoko}'`
    await fillIn(admin, '2004990002')
    await meanwhile(portal, { changesOf: shoko }, () => submit(admin, { confirmationPassword }), ending)
    expect([admin.page.status, admin.page.text]).toEqual([401, expect.stringContaining('ご契約が終了')])
    expect(await portal.deps.db.user.count({ where: { loginId: '2004990002' } })).toBe(0)
    const last = await portal.deps.db.history.findFirst({
      where: { chainId: shoko },
      orderBy: { seq: 'desc' },
    })
    expect(last).toMatchObject({ operation: 'access.refused', reason: 'session.ended.contract' })
    await portal.deps.db.company.update({ where: { id: shoko }, data: { contractEndedAt: null } })
  })

  it('H-06 what no command has asked for itself is refused in the same words where the database refuses it', async () => {
    const admin = portal.visitor(await portal.identity('admin'))
    await admin.logIn(demo.administrator.password)
    // Their session of before goes on, for what ended their contract has been taken back.
    await admin.post('/login/takeover')
    await admin.get('/personal-information')
    await admin.post('/personal-information/change')
    await admin.post(admin.page.path, {
      version: versionOn(admin.page),
      ...textsOn(admin.page),
      department: '解約部',
    })
    expect(admin.page.path).toMatch(/\/confirm$/)
    const { id } = await portal.deps.db.user.findFirstOrThrow({
      where: { loginId: demo.administrator.loginId },
    })
    await sql(
      portal.database.ownerUrl,
      `CREATE TRIGGER as_if_ended BEFORE UPDATE OF department ON "user" FOR EACH ROW
         EXECUTE FUNCTION user_of_ended_contract()`,
    )
    const execute = () =>
      admin.post(admin.page.path, {
        version: versionOn(admin.page),
        confirmationPassword: demo.administrator.confirmationPassword,
      })
    await meanwhile(portal, id, execute, `UPDATE company SET contract_ended_at = now() WHERE id = '${shoko}'`)
    await sql(portal.database.ownerUrl, 'DROP TRIGGER as_if_ended ON "user"')
    expect([admin.page.status, admin.page.text]).toEqual([401, expect.stringContaining('ご契約が終了')])
    expect((await portal.deps.db.user.findUniqueOrThrow({ where: { id } })).department).toBe('')
    await portal.deps.db.company.update({ where: { id: shoko }, data: { contractEndedAt: null } })
  })

  it('H-06 one contract that can’t be ended keeps no other from its end, and is ended as soon as it can be', async () => {
    await endCase(shoko)
    await setLastDay(stuck, -1)
    await setLastDay(well, -1)
    await sql(
      portal.database.ownerUrl,
      `CREATE FUNCTION in_the_way() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'in the way'; END $$;
       CREATE TRIGGER in_the_way BEFORE UPDATE OF contract_ended_at ON company FOR EACH ROW
         WHEN (NEW.id = '${stuck}') EXECUTE FUNCTION in_the_way()`,
    )
    expect(await endDueContracts(portal.deps, actor)).toBe(1)
    expect((await companyRow(stuck)).contractEndedAt).toBeNull()
    expect((await companyRow(well)).contractEndedAt).not.toBeNull()
    expect(await settleEndedContracts(portal.deps, actor)).toBe(1)
    await sql(portal.database.ownerUrl, 'DROP TRIGGER in_the_way ON company')
  })

  it('C-13 B-07 B-15 H-05 all that leads in goes with the end, of each user whatever stands in another’s way', async () => {
    const { db } = portal.deps
    const now = portal.clock.now()
    const later = plusSeconds(now, 86_400)
    const { id: userId } = await db.user.findFirstOrThrow({
      where: { companyId: stuck, role: 'administrator' },
    })
    const { contractNumber } = await companyRow(stuck)
    for (let more = 0; more < 3; more++) await newUser(portal, contractNumber)
    // The last of them all, by login ID.
    const waiting = await newUser(portal, contractNumber)
    const holder = { companyId: stuck, userId }
    const id = () => portal.deps.ids.next()
    const tokenHash = () => new Uint8Array(32).fill(9)
    await db.passkey.create({
      data: {
        ...{ id: id(), ...holder, credentialId: 'of-owari', publicKey: new Uint8Array(32) },
        ...{ transports: [], name: '鍵', backedUp: false, createdAt: now },
      },
    })
    await db.passwordReset.create({
      data: { id: id(), ...holder, tokenHash: tokenHash(), issuedAt: now, expiresAt: later },
    })
    await db.knownBrowser.create({
      data: {
        ...{ id: id(), ...holder, tokenHash: tokenHash() },
        ...{ knownSince: now, lastUsedAt: now, expiresAt: later },
      },
    })
    await db.shownOnce.create({
      data: { id: id(), ...holder, opens: ['login'], sealed: new Uint8Array(8), keptUntil: later },
    })
    await db.draft.create({
      data: {
        ...{ id: id(), wizard: 'user-registration', companyId: stuck, ownerId: userId },
        ...{ answers: {}, createdAt: now, expiresAt: later },
      },
    })

    expect(await endDueContracts(portal.deps, actor)).toBe(1)
    expect(await db.draft.count({ where: { companyId: stuck, state: 'open' } })).toBe(0)
    expect(await db.shownOnce.count({ where: { companyId: stuck, sealed: { not: null } } })).toBe(0)

    // One whose row somebody holds is left to a later job, however late it comes.
    await db.$transaction(
      async tx => {
        await tx.$queryRaw`SELECT 1 FROM "user" WHERE id = ${waiting.id}::uuid FOR UPDATE`
        const stopped = { signal: AbortSignal.abort() }
        expect(await settleEndedContracts(portal.deps, actor, stopped)).toBe(0)
        // Everybody else is done at once, however few are read at a time.
        expect(await settleEndedContracts(portal.deps, actor, { atATime: 2 })).toBe(4)
      },
      { timeout: 20_000 },
    )
    expect(await db.passkey.count({ where: holder })).toBe(0)
    expect(await db.passwordReset.count({ where: { ...holder, voidedAt: null } })).toBe(0)
    expect(await db.knownBrowser.count({ where: holder })).toBe(0)
    await portal.clock.standAt(plusSeconds(now, 400 * 86_400), async () => {
      expect(await settleEndedContracts(portal.deps, actor)).toBe(1)
      expect(await settleEndedContracts(portal.deps, actor)).toBe(0)
    })
    expect(await db.user.count({ where: { companyId: stuck, serviceState: { not: 'deleted' } } })).toBe(0)
  })
})
