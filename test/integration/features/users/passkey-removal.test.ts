import { afterAll, beforeAll, expect, it } from 'vitest'
import { demoOf, userOf } from '../../../support/factors.ts'
import { openPortal, type Portal } from '../../../support/portal.ts'
import type { Visitor } from '../../../support/visitor.ts'
import { atHome } from '../../../support/ways-in.ts'
import { execute } from './changing.ts'

let portal: Portal
let admin: Visitor
beforeAll(async () => {
  portal = await openPortal({ presets: ['recommended', 'sevenbank'], generalUsers: true })
  admin = await atHome(portal, 'recommended', 'administrator')
})
afterAll(() => portal.close())

const { password } = demoOf('recommended').administrator

const registered = async (user: { companyId: string; id: string }, name: string): Promise<string> => {
  const id = portal.deps.ids.next()
  await portal.deps.db.passkey.create({
    data: {
      id,
      companyId: user.companyId,
      userId: user.id,
      credentialId: `of-${id}`,
      publicKey: new Uint8Array(32),
      transports: [],
      name,
      backedUp: false,
      createdAt: portal.clock.now(),
    },
  })
  return id
}
const begin = async (id: string) => {
  await admin.get('/users/passkeys')
  return admin.post(`/users/passkeys/${id}/removal`)
}

it('C-19 D-14 an administrator removes one passkey of a user who has no certificate; the others stay, and the owner is told', async () => {
  const user = await userOf(portal, 'recommended', 'user')
  const lost = await registered(user, '紛失した携帯')
  await registered(user, '机のキー')
  expect((await admin.get('/administration')).html).toContain('href="/users/passkeys"')
  const list = await admin.get(`/users/passkeys?${new URLSearchParams({ q: user.loginId })}`)
  expect(list.text).toContain('紛失した携帯')
  expect((await begin(lost)).text).toContain('次のパスキーを削除します')
  await execute(admin, { loginPassword: 'Machigatta-2026-desu' })
  expect(admin.page.status).toBe(422)
  expect(await portal.deps.db.passkey.count({ where: { userId: user.id } })).toBe(2)
  await execute(admin, { loginPassword: password })
  expect(admin.page.path).toMatch(/\/result$/)
  expect(admin.page.text).toContain('パスキーを削除しました')
  expect(
    await portal.deps.db.passkey.findMany({ where: { userId: user.id }, select: { name: true } }),
  ).toEqual([{ name: '机のキー' }])
  expect(await portal.deps.db.outboxMail.count({ where: { userId: user.id, kind: 'passkey.changed' } })).toBe(
    1,
  )
  const entry = await portal.deps.db.history.findFirstOrThrow({
    where: { operation: 'passkey.removed' },
    orderBy: { seq: 'desc' },
  })
  expect(entry).toMatchObject({
    subjectId: user.id,
    actorLoginId: demoOf('recommended').administrator.loginId,
  })
  // The second of two windows hears that it is gone.
  expect((await begin(lost)).status).toBe(404)
})

it('I-05 D-14 removes no passkey of another company, and none of their own here', async () => {
  const foreign = await registered(await userOf(portal, 'sevenbank', 'user'), 'よその')
  const own = await registered(await userOf(portal, 'recommended', 'administrator'), '自分の')
  expect((await begin(foreign)).status).toBe(404)
  expect((await begin('not-an-id')).status).toBe(404)
  expect((await begin(own)).status).toBe(409)
  expect(admin.page.text).toContain('「セキュリティ設定」で削除してください')
  expect((await admin.get('/users/passkeys')).text).not.toContain('よその')
  expect(await portal.deps.db.passkey.count({ where: { id: { in: [foreign, own] } } })).toBe(2)
})
