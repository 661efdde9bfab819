import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findImport, removeOldImports } from '../../../../src/features/user-csv/imports.ts'
import { receiveFile } from '../../../../src/features/user-csv/receive.ts'
import { confirmingActor, registerFile } from '../../../../src/features/user-csv/register.ts'
import { workOnImport } from '../../../../src/features/user-csv/work.ts'
import { newUser } from '../../../support/enrolment.ts'
import { duringImport, mistakenCounts } from '../../../support/held-import.ts'
import { meanwhile } from '../../../support/meanwhile.ts'
import { demo, openPortal, type Portal } from '../../../support/portal.ts'
import type { Visitor } from '../../../support/visitor.ts'
import { execute, fillInChange, send } from '../users/changing.ts'
import { fillIn, submit } from '../users/registering.ts'
import {
  basics,
  check,
  confirm,
  csv,
  mistakesOn,
  press,
  row,
  settled,
  startImporting,
  toConfirm,
  translations,
} from './importing.ts'

let portal: Portal
let admin: Visitor

beforeAll(async () => {
  portal = await openPortal()
  await startImporting(portal)
  admin = await portal.administrator()
})
afterAll(() => portal.close())

const { confirmationPassword } = demo.administrator
const stored = (loginId: string) =>
  portal.deps.db.user.count({ where: { loginIdKey: loginId.toLowerCase() } })

const ownerOf = () => portal.deps.db.user.findFirstOrThrow({ where: { loginId: demo.administrator.loginId } })

/** A checked file of theirs, confirmed. */
const prepared = async (owner: Parameters<typeof confirmingActor>[0], ...rows: string[][]) => {
  const actor = confirmingActor(owner, {})
  const content = Readable.from([Buffer.from(csv(basics, ...rows))])
  const received = await receiveFile(portal.deps, actor, { fileName: 'a.csv', content })
  if (!received.ok) throw new Error(received.reason)
  const { importId: id } = received.value
  await expect
    .poll(async () => (await portal.deps.db.userImport.findUniqueOrThrow({ where: { id } })).state)
    .toBe('checked')
  await portal.deps.db.userImport.update({ where: { id }, data: { state: 'registering', confirmation: {} } })
  return { actor, id }
}

describe('between the check of a file and its registration', () => {
  const ready = async (...loginIds: string[]) => {
    await check(admin, csv(basics, ...loginIds.map(loginId => row(loginId))))
    expect(admin.page.text).toContain('誤りはありませんでした')
    return admin.page.path
  }

  it('D-12, D-03 a login ID that is taken meanwhile registers nobody, and the next check says which', async () => {
    const path = await ready('saki0001', 'saki0002')
    await toConfirm(admin)
    const { companyId } = await ownerOf()
    const taken = { id: portal.deps.ids.next(), companyId, loginId: 'SAKI0002', loginIdKey: 'saki0002' }
    await portal.deps.db.user.create({
      data: {
        ...taken,
        loginIdScope: 'bank',
        name: '先',
        email: 'a@b.co',
        role: 'user',
        createdAt: portal.clock.now(),
      },
    })
    await press(admin, confirmationPassword)
    await admin.get(path)
    await settled(admin)
    expect(await stored('saki0001')).toBe(0)
    expect(mistakesOn(admin.page).map(cells => cells.slice(0, 3))).toEqual([['3', 'ログインID', 'saki0002']])
    expect(admin.page.text).toContain('同じログインIDの利用者が登録されたため、登録していません')
    const refused = { operation: 'user-csv.refused', reason: 'userCsv.takenMeanwhile' }
    expect(await portal.deps.db.history.count({ where: refused })).toBe(1)
  })

  it('D-13 the page of a registration that is over leads to how it ended, however soon that was', async () => {
    const path = await ready('haya0001')
    const draft = (await toConfirm(admin)).path.replace('/confirm', '')
    await press(admin, confirmationPassword)
    await admin.get(path)
    expect((await settled(admin)).text).toContain('1名の利用者を登録しました')
    const late = await admin.get(`${draft}/result`)
    expect(late.path).toBe(path)
    expect(late.text).toContain('1名の利用者を登録しました')
  })

  it('D-06 a wrong confirmation password registers nobody; another file takes the place of this one', async () => {
    const path = await ready('kaku0001')
    await toConfirm(admin)
    const page = await press(admin, 'Chigau-2026')
    expect(page.status).toBe(422)
    expect(await stored('kaku0001')).toBe(0)
    const confirmPath = admin.page.path
    const other = portal.visitor(await portal.identity('admin'))
    expect(other).toBeDefined()
    await ready('kaku0002')
    expect((await admin.get(path)).status).toBe(404)
    await admin.get(confirmPath)
    expect((await press(admin, confirmationPassword)).status).toBe(422)
    expect(await stored('kaku0001')).toBe(0)
  })

  it('D-04, D-13 a contract that changed is checked against anew', async () => {
    const path = await ready('kei00001')
    await toConfirm(admin)
    const { companyId } = await ownerOf()
    await portal.deps.db.account.create({
      data: {
        id: portal.deps.ids.next(),
        companyId,
        branchCode: '909',
        branchName: '増設',
        kind: 'ordinary',
        number: '9090909',
      },
    })
    await press(admin, confirmationPassword)
    await admin.get(path)
    await settled(admin)
    expect(admin.page.text).toContain('権限の設定が変わったため、登録していません')
    expect(await stored('kei00001')).toBe(0)
    expect((await confirm(admin, confirmationPassword)).text).toContain('1名の利用者を登録しました')
  })

  it('D-11, D-13 an administrator registers and changes users, and settings, while a file is being registered', async () => {
    const { companyId } = await ownerOf()
    const before = await portal.deps.db.user.count({ where: { companyId } })
    const someone = await newUser(portal)
    const proof = { confirmationPassword }
    await duringImport(portal, companyId, async () => {
      await fillIn(admin, '2004990001')
      expect((await submit(admin, proof)).path).toMatch(/\/result$/)
      await fillInChange(admin, someone.id, { basic: { name: '改名　太郎' } })
      expect((await execute(admin, proof)).path).toMatch(/\/result$/)
      await admin.get('/company')
      await admin.post('/company/change')
      const account = await portal.deps.db.account.findFirstOrThrow({ where: { companyId } })
      await send(admin, { [`memo-${account.id}`]: '経費' })
      expect((await execute(admin, proof)).path).toMatch(/\/result$/)
    })
    expect(await portal.deps.db.user.count({ where: { companyId } })).toBe(before + 1 + 1 + 200)
    expect(await mistakenCounts(portal)).toEqual([])
  })

  it('D-11 what others have changed meanwhile counts: a requester of a file finds the approvers there are then', async () => {
    const owner = await ownerOf()
    const { id: approverId } = await newUser(portal)
    const { companyId } = owner
    const ofTransfer = { companyId, serviceCode: 'transfer' }
    const { userId, permissionCode } = { userId: approverId, permissionCode: 'approve' }
    const { approval } = await portal.deps.db.companyService.findUniqueOrThrow({
      where: { companyId_serviceCode: ofTransfer },
    })
    const kept = await portal.deps.db.userPermission.findMany({ where: ofTransfer })
    await portal.deps.db.userPermission.deleteMany({ where: ofTransfer })
    await portal.deps.db.companyService.update({
      where: { companyId_serviceCode: ofTransfer },
      data: { approval: 'single' },
    })
    await portal.deps.db.userPermission.create({ data: { ...ofTransfer, userId, permissionCode } })
    const taken = `DELETE FROM user_permission WHERE user_id = '${approverId}' AND service_code = 'transfer'`
    const registering = async (loginId: string, ...statements: string[]) => {
      const file = await prepared(owner, row(loginId))
      await portal.deps.db.userImportRow.updateMany({
        where: { importId: file.id },
        data: { permissions: ['transfer.request_new'] },
      })
      const done = () => registerFile(portal.deps, file.actor, file.id)
      await meanwhile(portal, { changesOf: companyId }, done, ...statements)
      return portal.deps.db.userImport.findUniqueOrThrow({ where: { id: file.id } })
    }
    expect(await registering('shonin01', taken)).toMatchObject({
      state: 'checked',
      problem: { reason: 'approval.tooFew.transfer.one' },
    })
    expect(await stored('shonin01')).toBe(0)
    await portal.deps.db.userPermission.create({ data: { ...ofTransfer, userId, permissionCode } })
    expect(await registering('shonin02')).toMatchObject({ state: 'registered' })
    expect(await stored('shonin02')).toBe(1)
    await portal.deps.db.userPermission.deleteMany({ where: ofTransfer })
    await portal.deps.db.userPermission.createMany({ data: kept })
    await portal.deps.db.companyService.update({
      where: { companyId_serviceCode: ofTransfer },
      data: { approval },
    })
  })

  it('D-12 what was contracted otherwise while a file was being registered is noticed at its end', async () => {
    const owner = await ownerOf()
    const file = await prepared(owner, row('keiyaku1'))
    await meanwhile(
      portal,
      { changesOf: owner.companyId },
      () => registerFile(portal.deps, file.actor, file.id),
      `INSERT INTO account (id, company_id, branch_code, branch_name, kind, number)
       VALUES (gen_random_uuid(), '${owner.companyId}', '910', '増設二', 'ordinary', '9090910')`,
    )
    expect(await stored('keiyaku1')).toBe(0)
    const found = await portal.deps.db.userImport.findUniqueOrThrow({ where: { id: file.id } })
    expect(found.problem).toMatchObject({ reason: 'userCsv.basisChanged' })
  })

  it('D-13 of two files with one login ID confirmed at once, one is registered whole and the other not at all', async () => {
    const { id: secondId } = await newUser(portal)
    const second = await portal.deps.db.user.findUniqueOrThrow({ where: { id: secondId } })
    const files = [
      await prepared(await ownerOf(), row('douji001'), row('douji010')),
      await prepared(second, row('douji001'), row('douji011')),
    ]
    await Promise.all(files.map(({ actor, id }) => registerFile(portal.deps, actor, id)))
    expect(await stored('douji001')).toBe(1)
    expect((await stored('douji010')) + (await stored('douji011'))).toBe(1)
    // What follows is written once, however often and by however many it is begun.
    const [one] = files
    const job = { importId: one?.id ?? '', step: 'register' as const }
    await Promise.all([1, 2, 3].map(() => workOnImport(portal.deps, [translations('ja')], job)))
    await Promise.all(
      files.map(({ id }) =>
        workOnImport(portal.deps, [translations('ja')], { importId: id, step: 'register' }),
      ),
    )
    const told = await portal.deps.db.history.count({
      where: { operation: 'user.registered', subjectLabel: 'douji001' },
    })
    expect(told).toBe(1)
  })

  it('another company’s administrator, or anybody with an invented id, finds no such file', async () => {
    const path = await ready('hoka0001')
    const owner = await ownerOf()
    const stranger = confirmingActor({ ...owner, companyId: portal.deps.ids.next() }, {})
    expect(await findImport(portal.deps, stranger, path.split('/').at(-1) ?? '')).toMatchObject({ ok: false })
    for (const page of ['', '/state', '/mistakes'])
      expect((await admin.get(`/users/import/${portal.deps.ids.next()}${page}`)).status).toBe(404)
    portal.clock.move(25 * 60 * 60)
    expect(await removeOldImports(portal.deps)).toBeGreaterThan(0)
    expect(await portal.deps.db.userImportPart.count()).toBe(0)
  })
})
