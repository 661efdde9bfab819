import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { meanwhile } from '../../../support/meanwhile.ts'
import { openPortal, type Portal } from '../../../support/portal.ts'
import type { Visitor } from '../../../support/visitor.ts'
import { atHome, callerOf, sameBrowser } from '../../../support/ways-in.ts'
import { newPerson } from '../users/changing.ts'
import { press } from './importing.ts'

let portal: Portal
let admin: Visitor
let companyId: string
const confirmationPassword = 'Kakunin26'

beforeAll(async () => {
  portal = await openPortal({ presets: ['sevenbank'], generalUsers: false })
  admin = await atHome(portal, 'sevenbank', 'administrator')
  companyId = (await portal.deps.db.company.findFirstOrThrow({ where: { contractNumber: '7001000000' } })).id
})
afterAll(() => portal.close())

/** Somebody who came from a file: nobody has given them a password yet. */
const withoutPassword = async (): Promise<string> => {
  const { id } = await newPerson(portal, companyId, 'user')
  await portal.deps.db.credential.deleteMany({ where: { userId: id, kind: 'login_password' } })
  return id
}

/** A window of the administrator's at the confirm page of a sheet of its own. */
const atConfirm = async (): Promise<Visitor> => {
  const window = (await callerOf(portal, 'sevenbank', 'administrator')).visitor
  sameBrowser(admin, window)
  await window.get('/users/import')
  await window.post('/users/first-passwords')
  if (!window.page.path.endsWith('/confirm')) throw new Error(`at ${window.page.path}: ${window.page.text}`)
  return window
}

const issued = (id: string) =>
  portal.deps.db.history.count({ where: { subjectId: id, operation: 'user-csv.password-issued' } })

const passwordOf = (id: string) =>
  portal.deps.db.credential.findFirstOrThrow({ where: { userId: id, kind: 'login_password' } })

describe('first passwords on a sheet', () => {
  it('D-13, H-05 of sheets executed at the same moment one is issued, and its passwords are the ones that hold', async () => {
    const ids = [await withoutPassword(), await withoutPassword()]
    const windows = [await atConfirm(), await atConfirm(), await atConfirm(), await atConfirm()]
    await meanwhile(portal, ids[0] ?? '', () =>
      Promise.all(windows.map(window => press(window, confirmationPassword))),
    )
    const done = windows.filter(({ page }) => page.path.endsWith('/result'))
    expect(done).toHaveLength(1)
    for (const { page } of windows.filter(window => !done.includes(window))) {
      expect(page.status).toBe(422)
      expect(page.text).toContain('別の管理者がログインパスワードを設定したか')
    }
    const [winner] = done
    const sheet = await winner?.post(winner.page.path)
    for (const id of ids) {
      expect(await issued(id)).toBe(1)
      const { loginId } = await portal.deps.db.user.findUniqueOrThrow({ where: { id } })
      const [, password = ''] =
        new RegExp(`${loginId}<[\\s\\S]*?<td[^>]*>[\\s\\S]*?</td>\\s*<td[^>]*>\\s*(\\S+)\\s*</td>`).exec(
          sheet?.html ?? '',
        ) ?? []
      expect(await portal.deps.hasher.verify((await passwordOf(id)).hash, password)).toBe(true)
    }
  })

  it('D-13 a sheet waits for nobody who changes other users or the contract at that moment', async () => {
    const id = await withoutPassword()
    const window = await atConfirm()
    await portal.deps.db.$transaction(
      async tx => {
        await tx.$queryRaw`SELECT id FROM company WHERE id = ${companyId}::uuid FOR NO KEY UPDATE`
        await press(window, confirmationPassword)
      },
      { timeout: 20_000 },
    )
    expect(window.page.path).toMatch(/\/result$/)
    expect(await issued(id)).toBe(1)
  })

  it('D-03 a password that another administrator types meanwhile is not replaced by the sheet’s', async () => {
    const [typed, other] = [await withoutPassword(), await withoutPassword()]
    const window = await atConfirm()
    const hash = await portal.deps.hasher.hash('Utsushita26')
    await meanwhile(
      portal,
      typed,
      () => press(window, confirmationPassword),
      `INSERT INTO credential (id, company_id, user_id, kind, hash, set_at, set_on, force_change)
       VALUES ('${portal.deps.ids.next()}', '${companyId}', '${typed}', 'login_password', '${hash}', now(), '2026-11-20', true)`,
    )
    expect(window.page.status).toBe(422)
    expect((await passwordOf(typed)).hash).toBe(hash)
    // All of the sheet or none of it.
    expect(await portal.deps.db.credential.count({ where: { userId: other, kind: 'login_password' } })).toBe(
      0,
    )
    expect([await issued(typed), await issued(other)]).toEqual([0, 0])
  })
})
