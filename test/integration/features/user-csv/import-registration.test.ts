import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { keepingApprovers } from '../../../../src/features/approvals/index.ts'
import { findImport, removeOldImports } from '../../../../src/features/user-csv/imports.ts'
import { receiveFile } from '../../../../src/features/user-csv/receive.ts'
import { confirmingActor, registerFile } from '../../../../src/features/user-csv/register.ts'
import { workOnImport } from '../../../../src/features/user-csv/work.ts'
import { ok } from '../../../../src/kernel/result.ts'
import { isDatabaseBusy } from '../../../../src/platform/db/client.ts'
import { inTx } from '../../../../src/platform/db/in-tx.ts'
import { newUser } from '../../../support/enrolment.ts'
import { duringImport } from '../../../support/held-import.ts'
import { demo, openPortal, type Portal } from '../../../support/portal.ts'
import type { Visitor } from '../../../support/visitor.ts'
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

describe('between the check of a file and its registration', () => {
  const ready = async (...loginIds: string[]) => {
    await check(admin, csv(basics, ...loginIds.map(loginId => row(loginId))))
    expect(admin.page.text).toContain('誤りはありませんでした')
    return admin.page.path
  }

  it('D-12, D-03 a login ID that is taken meanwhile registers nobody, and the next check says which', async () => {
    const path = await ready('saki0001', 'saki0002')
    await toConfirm(admin)
    const { companyId } = await portal.deps.db.user.findFirstOrThrow({
      where: { loginId: demo.administrator.loginId },
    })
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
    const { companyId } = await portal.deps.db.user.findFirstOrThrow({
      where: { loginId: demo.administrator.loginId },
    })
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

  it('D-11 nobody else changes who approves while a file is being registered, by a file or otherwise', async () => {
    const { companyId } = await portal.deps.db.user.findFirstOrThrow({
      where: { loginId: demo.administrator.loginId },
    })
    await duringImport(portal, companyId, async () => {
      for (const slow of [false, true]) {
        const second = inTx(portal.deps, async tx => {
          await tx.$executeRaw`SELECT set_config('lock_timeout', '100ms', true)`
          return keepingApprovers(tx, companyId, async () => ok(null), { slow })
        })
        await expect(second, `slow: ${slow}`).rejects.toSatisfy(isDatabaseBusy)
      }
    })
  })

  it('D-13 of two files with one login ID confirmed at once, one is registered whole and the other not at all', async () => {
    const administrator = await portal.deps.db.user.findFirstOrThrow({
      where: { loginId: demo.administrator.loginId },
    })
    const { id: secondId } = await newUser(portal)
    const second = await portal.deps.db.user.findUniqueOrThrow({ where: { id: secondId } })
    const files = await Promise.all(
      [administrator, second].map(async (owner, index) => {
        const actor = confirmingActor(owner, {})
        const content = Readable.from([Buffer.from(csv(basics, row('douji001'), row(`douji01${index}`)))])
        const received = await receiveFile(portal.deps, actor, { fileName: 'a.csv', content })
        if (!received.ok) throw new Error(received.reason)
        const { importId: id } = received.value
        await expect
          .poll(async () => (await portal.deps.db.userImport.findUniqueOrThrow({ where: { id } })).state)
          .toBe('checked')
        await portal.deps.db.userImport.update({
          where: { id },
          data: { state: 'registering', confirmation: {} },
        })
        return { actor, id }
      }),
    )
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
    const owner = await portal.deps.db.user.findFirstOrThrow({
      where: { loginId: demo.administrator.loginId },
    })
    const stranger = confirmingActor({ ...owner, companyId: portal.deps.ids.next() }, {})
    expect(await findImport(portal.deps, stranger, path.split('/').at(-1) ?? '')).toMatchObject({ ok: false })
    for (const page of ['', '/state', '/mistakes'])
      expect((await admin.get(`/users/import/${portal.deps.ids.next()}${page}`)).status).toBe(404)
    portal.clock.move(25 * 60 * 60)
    expect(await removeOldImports(portal.deps)).toBeGreaterThan(0)
    expect(await portal.deps.db.userImportPart.count()).toBe(0)
  })
})
