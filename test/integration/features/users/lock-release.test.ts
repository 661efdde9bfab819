import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { businessDayOf } from '../../../../src/kernel/business-day.ts'
import { openCase } from '../../../support/cases.ts'
import { sql } from '../../../support/database.ts'
import { demoOf } from '../../../support/factors.ts'
import { valueOn } from '../../../support/forms.ts'
import { officerAtWork } from '../../../support/officers.ts'
import { openPortal, type Portal } from '../../../support/portal.ts'
import type { Visitor } from '../../../support/visitor.ts'
import { atHome, callerOf, typeAtPortal } from '../../../support/ways-in.ts'
import { execute, fillInChange } from './changing.ts'
import { submit } from './registering.ts'

let portal: Portal
beforeAll(async () => {
  portal = await openPortal({ presets: ['sevenbank', 'shoko', 'rokin'], generalUsers: true })
})
afterAll(() => portal.close())

const sevenbank = demoOf('sevenbank')

beforeEach(() =>
  sql(
    portal.database.ownerUrl,
    `UPDATE session SET ended_at = now(), end_reason = 'logout' WHERE ended_at IS NULL`,
    'UPDATE credential SET failures = 0, locked_at = NULL, locked_until = NULL, lock_count = 0',
    `UPDATE "user" SET service_state = 'available'`,
    'DELETE FROM otp_token',
    'DELETE FROM code_failures',
    'DELETE FROM rate_window',
  ),
)

const logIn = ({ loginId, password }: { loginId: string; password: string }) =>
  typeAtPortal(portal, 'sevenbank', { loginId, password })
const idOf = async (loginId: string, slug = 'sevenbank') =>
  (
    await portal.deps.db.user.findFirstOrThrow({
      where: { loginId, company: { entrance: { slug } } },
    })
  ).id

/** Six wrong passwords at the browser that the user logs in with. */
const lock = async (person: { loginId: string; password: string }) => {
  const owner = await logIn(person)
  await owner.post('/logout')
  for (let n = 0; n < 6; n++)
    await typeAtPortal(portal, 'sevenbank', { loginId: person.loginId, password: `Machigai${n}` }, owner)
}

const release = async (admin: Visitor, userId: string, reason: string, confirmationPassword: string) => {
  await admin.get('/users')
  await admin.post(`/users/${userId}/lock-release`)
  await submit(admin, { reason })
  await submit(admin, { confirmationPassword })
}

describe('ロック解除 by an administrator', () => {
  it('B-06 [7] is offered on the list and the enquiry, needs a reason and the confirmation password, and is written down', async () => {
    const { user, administrator } = sevenbank
    await lock(user)
    const userId = await idOf(user.loginId)
    const admin = await logIn(administrator)
    await admin.get('/users')
    expect(admin.page.html).toContain(`/users/${userId}/lock-release`)
    await admin.get(`/users/${userId}`)
    expect(admin.page.text).toContain('ロック解除')
    await admin.post(`/users/${userId}/lock-release`)
    await submit(admin, { reason: '  ' })
    expect(admin.page.text).toContain('解除の理由が入力されていません')
    await submit(admin, { reason: '本人から電話で依頼を受けた' })
    await submit(admin, { confirmationPassword: 'Machigai1' })
    expect(admin.page.status).toBe(422)
    await submit(admin, { confirmationPassword: administrator.confirmationPassword ?? '' })
    expect(admin.page.text).toContain('ロックを解除しました')
    const [entry] = await portal.deps.db.history.findMany({ where: { operation: 'lock.released' } })
    expect(entry).toMatchObject({ actorLoginId: administrator.loginId, subjectLabel: user.loginId })
    expect(entry?.details).toContain('本人から電話で依頼を受けた')
    expect(
      await portal.deps.db.outboxMail.count({ where: { recipient: user.email, kind: 'lock.released' } }),
    ).toBe(1)
    await admin.post('/logout')
    expect((await logIn(user)).page.path).not.toBe('/e/sevenbank/login/password')
  })

  it('B-07 [7] the end of the tries without a certificate is shown and released like a lock', async () => {
    const { user, administrator } = sevenbank
    const userId = await idOf(user.loginId)
    await sql(
      portal.database.ownerUrl,
      `UPDATE credential SET stranger_failures = 100 WHERE user_id = '${userId}' AND kind = 'login_password'`,
    )
    const admin = await logIn(administrator)
    await admin.get(`/users/${userId}`)
    expect(admin.page.text).toContain('電子証明書のない画面での誤入力が続いた')
    await release(admin, userId, '本人から依頼を受けた', administrator.confirmationPassword ?? '')
    expect(admin.page.text).toContain('ロックを解除しました')
    const credential = await portal.deps.db.credential.findFirstOrThrow({
      where: { userId, kind: 'login_password' },
    })
    expect(credential.strangerFailures).toBe(0)
  })

  it('B-06 nobody releases their own lock, what is not locked, or another company’s user', async () => {
    const { user, administrator } = sevenbank
    const admin = await logIn(administrator)
    const answers = [
      [await idOf(administrator.loginId), 403],
      [await idOf(user.loginId), 409],
      [await idOf(demoOf('shoko').user.loginId, 'shoko'), 404],
      ['00000000-0000-0000-0000-000000000000', 404],
      ['x', 404],
    ] as const
    for (const [id, status] of answers) {
      await admin.get('/users')
      await admin.post(`/users/${id}/lock-release`)
      expect(admin.page.status).toBe(status)
    }
  })

  it('B-06 of two releases that were begun for one lock one is done, and the other is told', async () => {
    const { user, administrator } = sevenbank
    await lock(user)
    const userId = await idOf(user.loginId)
    const admin = await logIn(administrator)
    const before = await portal.deps.db.history.count({
      where: { operation: 'lock.released', outcome: 'done' },
    })
    const begin = async () => {
      await admin.get('/users')
      await admin.post(`/users/${userId}/lock-release`)
      await submit(admin, { reason: '依頼' })
      return admin.page
    }
    const pages = [await begin(), await begin()]
    const done = []
    for (const page of pages) {
      admin.page = page
      done.push(await submit(admin, { confirmationPassword: administrator.confirmationPassword ?? '' }))
    }
    expect(done.map(page => page.status)).toEqual([200, 422])
    expect(admin.page.text).toContain('すでに解除されています')
    expect(
      await portal.deps.db.history.count({ where: { operation: 'lock.released', outcome: 'done' } }),
    ).toBe(before + 1)
  })

  it('B-06 [S] is neither offered nor done where the helpdesk alone releases', async () => {
    const { user, administrator } = demoOf('shoko')
    const userId = await idOf(user.loginId, 'shoko')
    await sql(
      portal.database.ownerUrl,
      `UPDATE credential SET locked_at = now(), failures = 3 WHERE user_id = '${userId}'`,
    )
    const admin = portal.visitor(await portal.identity('admin'))
    await admin.logIn(administrator.password)
    await admin.get('/users')
    expect(admin.page.text).toContain('ロック')
    expect(admin.page.html).not.toContain('/lock-release')
    await admin.post(`/users/${userId}/lock-release`)
    expect(admin.page.status).toBe(403)
    expect(admin.page.text).toContain('お取引店またはヘルプデスク')
  })

  it('B-06 [R] a master user releases the block of a general user, and they log in again', async () => {
    const { user, administrator } = demoOf('rokin')
    const userId = await idOf(user.loginId, 'rokin')
    await sql(
      portal.database.ownerUrl,
      `UPDATE credential SET locked_at = now(), failures = 6, lock_count = 3 WHERE user_id = '${userId}'`,
      `UPDATE "user" SET service_state = 'blocked' WHERE id = '${userId}'`,
    )
    const open = async (file: string, fields: { loginId: string; password: string }) => {
      const visitor = portal.visitor(await portal.identity(file))
      await visitor.get(`${portal.settings.portalOrigin}/e/rokin/login/certificate`)
      await visitor.post('/e/rokin/login', { loginId: fields.loginId, password: fields.password })
      return visitor
    }
    expect((await open('rokin-user', user)).page.text).toContain('閉塞されています')
    const master = await open('rokin-admin', administrator)
    await release(master, userId, '本人が来訪した', '')
    expect(master.page.text).toContain('ロックを解除しました')
    expect((await open('rokin-user', user)).page.path).toBe('/home')
  })

  it('B-06 [R] a master user’s new password ends the block with the lock, and is written down as a release', async () => {
    const { user } = demoOf('rokin')
    const userId = await idOf(user.loginId, 'rokin')
    const lockedAt = portal.clock.now()
    const where = { userId_kind: { userId, kind: 'login_password' as const } }
    const { hash } = await portal.deps.db.credential.findUniqueOrThrow({ where })
    await portal.deps.db.credential.update({ where, data: { failures: 6, lockedAt, lockCount: 3 } })
    await sql(portal.database.ownerUrl, `UPDATE "user" SET service_state = 'blocked' WHERE id = '${userId}'`)
    const master = await atHome(portal, 'rokin', 'administrator')
    const password = 'Atarashi-26'
    await fillInChange(master, userId, {
      basic: { changeLoginPassword: 'on', loginPassword: password, loginPasswordAgain: password },
    })
    await execute(master)
    expect(master.page.text).toContain('変更しました')
    const caller = await callerOf(portal, 'rokin', 'user', password)
    await caller.enter()
    expect(caller.visitor.page.path).toBe('/password')
    const entry = await portal.deps.db.history.findFirstOrThrow({
      where: { operation: 'lock.released', subjectId: userId },
      orderBy: { seq: 'desc' },
    })
    expect(JSON.parse(entry.details ?? '')).toMatchObject({
      which: 'login',
      lockedAt: lockedAt.toISOString(),
    })
    await portal.deps.db.credential.update({
      where,
      data: { hash, forceChange: false, temporaryUntil: null },
    })
  })

  it('B-06 [R] a block that no lock stands behind any more is released too, by the master user and the helpdesk', async () => {
    const { user } = demoOf('rokin')
    const userId = await idOf(user.loginId, 'rokin')
    const block = () =>
      sql(portal.database.ownerUrl, `UPDATE "user" SET service_state = 'blocked' WHERE id = '${userId}'`)
    const state = async () =>
      (await portal.deps.db.user.findUniqueOrThrow({ where: { id: userId } })).serviceState
    await block()
    const master = await atHome(portal, 'rokin', 'administrator')
    await release(master, userId, '本人から依頼を受けた', '')
    expect(master.page.text).toContain('ロックを解除しました')
    expect(await state()).toBe('available')

    // The helpdesk releases those whom no administrator of their company can help: here the master user.
    await sql(
      portal.database.ownerUrl,
      `UPDATE "user" SET role = 'administrator', service_state = 'blocked' WHERE id = '${userId}'`,
    )
    const operator = await officerAtWork(portal, 'operator', 'block.operator')
    await openCase(portal, operator, userId, 'lock-release')
    expect(operator.page.status).toBe(200)
    expect(await state()).toBe('available')
    await sql(portal.database.ownerUrl, `UPDATE "user" SET role = 'user' WHERE id = '${userId}'`)
  })
})

describe('ロック解除 where administrators release each other', () => {
  it('B-06 [7] two locked administrators are the helpdesk’s; one who can still log in is not stepped over', async () => {
    const { user, administrator } = sevenbank
    const ids = { first: await idOf(administrator.loginId), second: await idOf(user.loginId) }
    const owner = portal.database.ownerUrl
    await sql(owner, `UPDATE "user" SET role = 'administrator' WHERE id = '${ids.second}'`)
    const page = (id: string) => `/helpdesk/users/${id}`
    await lock(administrator)
    const operator = await officerAtWork(portal, 'operator', 'release.operator')
    // The other one can do it: what would be refused is not offered.
    await operator.get(page(ids.first))
    expect(operator.page.html).not.toContain('/lock-release')
    expect((await operator.get(`${page(ids.first)}/lock-release`)).status).toBe(409)
    expect(operator.page.text).toContain('企業の管理者が行います')

    const unable = [
      () => lock(user),
      () => sql(owner, `UPDATE "user" SET service_state = 'blocked' WHERE id = '${ids.second}'`),
      () =>
        sql(
          owner,
          `INSERT INTO otp_token (id, company_id, user_id, state, sealed_seed, created_at, registered_at, failures)
           SELECT gen_random_uuid(), company_id, id, 'active', 'x', now(), now(), 5 FROM "user" WHERE id = '${ids.second}'`,
        ),
      () =>
        sql(
          owner,
          `INSERT INTO code_failures (company_id, user_id, purpose, failures, suspended_at)
           SELECT company_id, id, 'login-sms', 20, now() FROM "user" WHERE id = '${ids.second}'`,
        ),
    ]
    for (const happens of unable) {
      await sql(
        owner,
        'DELETE FROM otp_token',
        'DELETE FROM code_failures',
        `UPDATE credential SET failures = 0, locked_at = NULL WHERE user_id = '${ids.second}'`,
        `UPDATE "user" SET service_state = 'available' WHERE id = '${ids.second}'`,
      )
      await happens()
      await operator.get(page(ids.first))
      expect(operator.page.html).toContain('/lock-release')
      expect((await operator.get(`${page(ids.first)}/lock-release`)).status).toBe(200)
    }
    const filled = {
      caseId: valueOn(operator.page, 'caseId'),
      seen: '',
      reasonChoice: 'mistyped',
      formNumber: 'R8-0001',
      formReceivedOn: businessDayOf(portal.clock.now()),
      sealChecked: 'on',
    }
    await operator.post(`${page(ids.first)}/lock-release/confirmation`, filled)
    await operator.post(`${page(ids.first)}/lock-release`, filled)
    expect(operator.page.text).toContain('ロックを解除しました')
    expect((await logIn(administrator)).page.path).toBe('/home')
    const letters = await portal.deps.db.outboxMail.findMany({
      where: { kind: 'lock.locked', userId: ids.second },
      orderBy: { id: 'desc' },
    })
    expect(letters[0]?.params).toMatchObject({ release: 'helpdesk' })
    await sql(owner, `UPDATE "user" SET role = 'user' WHERE id = '${ids.second}'`)
  })
})
