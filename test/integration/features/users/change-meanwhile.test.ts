import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sql } from '../../../support/database.ts'
import { beginOn, execute, fillInChange, send, untouched } from './changing.ts'
import { confirmationPassword, type SevenbankAtWork, sevenbankAtWork } from './sevenbank-at-work.ts'

let { portal, admin, companyId, person, logIn, stored } = {} as SevenbankAtWork

beforeAll(async () => {
  ;({ portal, admin, companyId, person, logIn, stored } = await sevenbankAtWork())
})
afterAll(() => portal?.close())

describe('two administrators at one user', () => {
  it('D-12 the second is told and shown the difference, nothing is overwritten; taking over keeps both changes', async () => {
    const { id } = await person('user', ['balance.view'])
    const second = await logIn(await person('administrator'))
    await fillInChange(admin, id, { basic: { name: '甲の　変更' } })
    await fillInChange(second, id, { permissions: ['statement.view'] })
    await execute(second, { confirmationPassword })
    expect(second.page.path).toMatch(/\/result$/)
    await execute(admin, { confirmationPassword })
    expect(admin.page.status).toBe(409)
    expect(admin.page.text).toContain('先に変更しています')
    expect(admin.page.text).toContain('入出金明細照会：照会')
    expect((await stored(id)).name).not.toBe('甲の　変更')
    const [, merge = ''] = /action="([^"]+\/merge)"/.exec(admin.page.html) ?? []
    await admin.post(merge)
    expect(admin.page.path).toMatch(/\/confirm$/)
    expect(admin.page.html).not.toMatch(/class="matrix__answer[^"]*changed/)
    await execute(admin, { confirmationPassword })
    const user = await stored(id)
    expect(user.name).toBe('甲の　変更')
    expect(user.permissions.map(({ serviceCode }) => serviceCode)).toEqual(['statement'])
  })

  it('D-12 taking over keeps what both have changed of one list, box by box', async () => {
    const { id } = await person('user', ['balance.view', 'incoming.view'])
    const own = await portal.deps.db.account.findFirstOrThrow({ where: { companyId, closedAt: null } })
    const others = portal.deps.ids.next()
    await sql(
      portal.database.ownerUrl,
      `INSERT INTO account SELECT (jsonb_populate_record(account, '{"id": "${others}", "number": "7654321"}')).*
         FROM account WHERE id = '${own.id}'`,
    )
    await portal.deps.db.userAccount.create({ data: { companyId, userId: id, accountId: own.id } })
    const second = await logIn(await person('administrator'))
    await fillInChange(admin, id, { permissions: ['balance.view'], accounts: { accounts: [] } })
    await fillInChange(second, id, {
      permissions: ['balance.view', 'incoming.view', 'statement.view'],
      accounts: { accounts: [own.id, others] },
    })
    await execute(second, { confirmationPassword })
    expect(second.page.path).toMatch(/\/result$/)
    await execute(admin, { confirmationPassword })
    expect(admin.page.status).toBe(409)
    expect(admin.page.text).not.toContain('両方で変更')
    const [, merge = ''] = /action="([^"]+\/merge)"/.exec(admin.page.html) ?? []
    await admin.post(merge)
    await execute(admin, { confirmationPassword })
    expect(admin.page.path).toMatch(/\/result$/)
    const user = await stored(id)
    expect(user.permissions.map(({ serviceCode }) => serviceCode).sort()).toEqual(['balance', 'statement'])
    expect(user.accounts.map(({ accountId }) => accountId)).toEqual([others])
  })

  it('D-12 what both have changed is said so, and starting again shows what is there now', async () => {
    const { id } = await person()
    const second = await logIn(await person('administrator'))
    await fillInChange(admin, id, { basic: { name: '甲の　名' } })
    await fillInChange(second, id, { basic: { name: '乙の　名' } })
    await execute(second, { confirmationPassword })
    await admin.get(admin.page.path)
    expect(admin.page.status).toBe(409)
    for (const words of ['甲の　名', '乙の　名', '両方で変更']) expect(admin.page.text).toContain(words)
    await admin.post(`/users/${id}/change`)
    expect(untouched(admin.page.html).name).toBe('乙の　名')
  })

  it('D-12 what changes nothing on the pages stops nobody: the user was suspended meanwhile, and stays so', async () => {
    const { id } = await person()
    const second = await logIn(await person('administrator'))
    await fillInChange(admin, id, { basic: { name: '停止中の　変更' } })
    await beginOn(second, id, 'suspension')
    await send(second, { reason: '長期休暇のため' })
    await execute(second, { confirmationPassword })
    expect(second.page.path).toMatch(/\/result$/)
    expect((await admin.get(admin.page.path)).status).toBe(200)
    await execute(admin, { confirmationPassword })
    expect(admin.page.path).toMatch(/\/result$/)
    expect(await stored(id)).toMatchObject({ name: '停止中の　変更', serviceState: 'suspended', version: 2 })
  })

  it('D-12, B-18 a mobile number that was taken away meanwhile is among the items', async () => {
    const { id } = await person()
    await portal.deps.db.user.update({ where: { id }, data: { mobile: '+819012345678' } })
    await fillInChange(admin, id, { basic: { name: '携帯の　変更' } })
    await portal.deps.db.user.update({ where: { id }, data: { mobile: null, version: { increment: 1 } } })
    await execute(admin, { confirmationPassword })
    expect(admin.page.status).toBe(409)
    expect(admin.page.text).toContain('+819012345678')
  })

  it('D-12 of two executed at the same moment one changes the user, the other is told', async () => {
    const { id } = await person()
    const second = await logIn(await person('administrator'))
    const admins = [admin, second]
    for (const [index, who] of admins.entries())
      await fillInChange(who, id, { basic: { name: `同時　${index === 0 ? '甲' : '乙'}` } })
    await Promise.all(admins.map(who => execute(who, { confirmationPassword })))
    expect(admins.map(who => (who.page.path.endsWith('/result') ? 200 : who.page.status)).sort()).toEqual([
      200, 409,
    ])
    expect((await stored(id)).version).toBe(1)
  })

  it('D-09 a user deleted meanwhile is gone from every page of the change, without a 5xx', async () => {
    const { id } = await person()
    const draft = await beginOn(admin, id)
    await portal.deps.db.user.update({ where: { id }, data: { serviceState: 'deleted' } })
    for (const page of ['basic', 'permissions', 'accounts', 'confirm'])
      expect((await admin.get(`${draft}/${page}`)).status).toBe(404)
    await admin.get('/users')
    expect((await admin.post(`${draft}/confirm`, { version: '0', confirmationPassword })).status).toBe(404)
  })
})
