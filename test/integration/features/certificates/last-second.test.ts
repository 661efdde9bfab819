import { afterAll, beforeAll, expect, it } from 'vitest'
import { demo, openPortal, type Portal } from '../../../support/portal.ts'

/**
 * The certificates of this portal were issued more than a year ago: to OpenSSL, which looks at the machine's clock, they
 * are over, while the program's stands in their last second.
 */
let portal: Portal
beforeAll(async () => {
  portal = await openPortal(undefined, 368 * 86_400)
})
afterAll(() => portal.close())

/** The clock stands: a second that ran on would be over on a busy machine. */
const standAt = (instant: number) => {
  portal.clock.now = () => new Date(instant)
}

it('A-00, C-13 a certificate opens the portal until 23:59:59 has passed, whatever OpenSSL says of it', async () => {
  const { notAfter } = await portal.deps.db.certificate.findFirstOrThrow({
    where: { user: { loginId: demo.administrator.loginId } },
  })
  const last = notAfter?.getTime() ?? 0
  expect(last).toBeLessThan(Date.now())
  expect(notAfter?.toISOString()).toMatch(/T14:59:59\.000Z$/)
  const admin = portal.visitor(await portal.identity('admin'))
  standAt(last + 999)
  await admin.get('/login/certificate')
  expect(admin.page.text).toContain('管理　太郎')
  await admin.post('/login', { password: demo.administrator.password })
  // In: the password is older than ninety days.
  expect(admin.page.path).toBe('/password')
  standAt(last + 1000)
  const next = portal.visitor(await portal.identity('admin'))
  await next.get('/login/certificate')
  expect(next.page.status).toBe(403)
  expect(next.page.text).toContain('有効期限')
  // The connection of before ends with its certificate too.
  await admin.get('/password')
  expect(admin.page.status).toBe(401)
})

it('B-02 who it is stays known from an expired one: the history names its owner', async () => {
  const entry = await portal.deps.db.history.findFirst({
    where: { operation: 'login.failed', reason: 'certificate.expired' },
  })
  expect(entry).toMatchObject({ subjectLabel: demo.administrator.loginId })
  expect(entry?.certificateSerial).toMatch(/^[0-9A-F]{16,}$/)
})
