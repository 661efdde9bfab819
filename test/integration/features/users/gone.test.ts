import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sql } from '../../../support/database.ts'
import { beginOn, execute, newPerson, send } from './changing.ts'
import { fillIn } from './registering.ts'
import { confirmationPassword, type SevenbankAtWork, sevenbankAtWork } from './sevenbank-at-work.ts'

let { portal, admin, companyId, person: newcomer } = {} as SevenbankAtWork

beforeAll(async () => {
  ;({ portal, admin, companyId, person: newcomer } = await sevenbankAtWork())
})
afterAll(() => portal?.close())

const person = () => newcomer('user', ['balance.view'])
const put = (id: string, state: 'deleted' | 'available') =>
  portal.deps.db.user.update({ where: { id }, data: { serviceState: state } })
const lastEntry = async () => {
  const [entry] = await sql<{ operation: string; outcome: string; reason: string | null }>(
    portal.database.ownerUrl,
    `SELECT operation, outcome::text, reason FROM history WHERE chain_id = '${companyId}' ORDER BY seq DESC LIMIT 1`,
  )
  return entry
}

/** Fills in the steps before this page of a wizard, and leaves `admin` on it. */
const upTo = async (userId: string, path: string, pages: readonly string[], page: string) => {
  await beginOn(admin, userId, path)
  for (const before of pages.slice(0, pages.indexOf(page)))
    await send(admin, before === 'reason' ? { reason: '休職のため' } : {})
  expect(admin.page.path.endsWith(`/${page}`)).toBe(true)
}

const wizards = [
  { path: 'change', pages: ['basic', 'permissions', 'accounts', 'confirm'] },
  { path: 'deletion', pages: ['confirm'] },
  { path: 'suspension', pages: ['reason', 'confirm'] },
]
const everyPage = wizards.flatMap(({ path, pages }) => pages.map(page => ({ path, pages, page })))

describe('a user whom another administrator has deleted meanwhile', () => {
  it.each(everyPage)(
    'D-12 I-05 $path, $page: says that the user is there no more, to look and to send',
    async ({ path, pages, page }) => {
      const { id } = await person()
      await upTo(id, path, pages, page)
      const shown = admin.page
      await put(id, 'deleted')
      await execute(admin, { confirmationPassword })
      expect(admin.page.status).toBe(404)
      expect(admin.page.text).toContain('指定された利用者は見つかりません')
      expect(await lastEntry()).toMatchObject({ outcome: 'refused', reason: 'user.notFound' })
      expect((await admin.get(shown.path)).status).toBe(404)
    },
  )

  it.each(everyPage)(
    'D-12 $path, $page: a deletion in the middle of the page’s own reads is no fault',
    async ({ path, pages, page }) => {
      const { id } = await person()
      await upTo(id, path, pages, page)
      const shown = admin.page.path
      for (let round = 0; round < 6; round++) {
        const [answer] = await Promise.all([admin.get(shown), put(id, 'deleted')])
        expect([200, 404]).toContain(answer.status)
        await put(id, 'available')
      }
    },
  )
})

describe('what the rules say at 「実行」', () => {
  it('F-02 D-03 a login ID that was taken while the confirm page was open is a refused try of the history', async () => {
    await fillIn(admin, 'torareta1')
    await newPerson(portal, companyId, 'user', { loginId: 'torareta1' })
    await execute(admin, { confirmationPassword })
    expect(admin.page.status).toBe(422)
    expect(admin.page.text).toContain('既に使用されています')
    expect(await lastEntry()).toEqual({
      operation: 'user.registration-refused',
      outcome: 'refused',
      reason: 'user.loginId.taken',
    })
  })
})
