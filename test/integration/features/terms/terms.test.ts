import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoCompanies } from '../../../../src/demo-companies.ts'
import { publishTerms } from '../../../../src/features/terms/index.ts'
import { system } from '../../../../src/kernel/actor.ts'
import { plusSeconds } from '../../../../src/kernel/clock.ts'
import { sql } from '../../../support/database.ts'
import { openPortal, type Portal } from '../../../support/portal.ts'

let portal: Portal
beforeAll(async () => {
  portal = await openPortal({ presets: ['omakase'], generalUsers: true })
})
afterAll(() => portal.close())

const publish = (textJa: string, mustAccept: boolean, inSeconds = 0) =>
  publishTerms(portal.deps, system('test'), 'omakase', {
    textJa,
    textEn: `In English: ${textJa}`,
    mustAccept,
    effectiveAt: plusSeconds(portal.deps.clock.now(), inSeconds),
  })

const logIn = async (next?: string) => {
  const { user } = demoCompanies.find(each => each.company.entrance.preset === 'omakase') ?? {}
  const visitor = portal.visitor()
  await sql(
    portal.database.ownerUrl,
    `UPDATE session SET ended_at = now(), end_reason = 'logout' WHERE ended_at IS NULL`,
  )
  await visitor.get(`${portal.settings.portalOrigin}/e/omakase/login/password`)
  await visitor.post('/e/omakase/login/password', {
    loginId: user?.loginId ?? '',
    password: user?.password ?? '',
    ...(next && { next }),
  })
  return visitor
}
const shownId = (html: string) => /name="terms" value="([^"]+)"/.exec(html)?.[1] ?? ''

describe('利用規定', () => {
  it('B-15 nobody is asked before there is one, and the page says that there is none', async () => {
    expect((await logIn()).page.path).toBe('/home')
    expect(
      (await portal.visitor().get(`${portal.settings.portalOrigin}/e/omakase/terms-of-use`)).status,
    ).toBe(404)
  })

  it('B-15 a version that demands it is asked for after the password; nothing else works until it is accepted', async () => {
    await publish('第一条　本サービスをご利用いただけます。', true)
    const visitor = await logIn('/history')
    expect(visitor.page.path).toBe('/terms')
    expect(visitor.page.text).toContain('第一条')
    await visitor.get('/home')
    expect(visitor.page.path).toBe('/terms')
    const terms = shownId(visitor.page.html)
    await visitor.post('/terms', { terms })
    expect(visitor.page.status).toBe(422)
    expect(visitor.page.text).toContain('承諾の欄が選択されていません')
    await visitor.post('/terms', { terms, accept: 'yes' })
    expect(visitor.page.path).toBe('/history')
    const [accepted] = await portal.deps.db.history.findMany({ where: { operation: 'terms.accepted' } })
    expect(JSON.parse(accepted?.details ?? '{}')).toEqual({ version: 1 })
    expect((await logIn()).page.path).toBe('/home')
  })

  it('B-15 a version that demands nothing is shown only; the next that does is asked for on its day', async () => {
    await publish('第一条　字句を改めました。', false)
    expect((await logIn()).page.path).toBe('/home')
    const page = await portal.visitor().get(`${portal.settings.portalOrigin}/e/omakase/terms-of-use`)
    expect(page.text).toContain('字句を改めました')
    await publish('第一条　大きく改めました。', true, 86_400)
    expect((await logIn()).page.path).toBe('/home')
    portal.clock.move(86_401)
    expect((await logIn()).page.path).toBe('/terms')
  })

  it('B-15 nobody accepts a version that they were not shown', async () => {
    const visitor = await logIn()
    const terms = shownId(visitor.page.html)
    await publish('第一条　さらに改めました。', true)
    await visitor.post('/terms', { terms, accept: 'yes' })
    expect(visitor.page.status).toBe(422)
    expect(visitor.page.text).toContain('さらに改めました')
    await visitor.post('/terms', { terms: shownId(visitor.page.html), accept: 'yes' })
    expect(visitor.page.path).toBe('/home')
  })

  it('B-15 a version announced for a later day comes into force on it, whatever was published meanwhile', async () => {
    await publish('第一条　十日後から改めます。', true, 10 * 86_400)
    await publish('第一条　誤字を直しました。', true)
    const visitor = await logIn()
    expect(visitor.page.text).toContain('誤字を直しました')
    await visitor.post('/terms', { terms: shownId(visitor.page.html), accept: 'yes' })
    expect(visitor.page.path).toBe('/home')
    portal.clock.move(10 * 86_400 + 1)
    const later = await logIn()
    expect(later.page.path).toBe('/terms')
    expect(later.page.text).toContain('十日後から改めます')
    await later.post('/terms', { terms: shownId(later.page.html), accept: 'yes' })
    expect((await logIn()).page.path).toBe('/home')
    const page = await portal.visitor().get(`${portal.settings.portalOrigin}/e/omakase/terms-of-use`)
    expect(page.text).toContain('十日後から改めます')
  })

  it('a published version and an acceptance can be changed by nobody who serves', async () => {
    await expect(portal.deps.db.terms.updateMany({ data: { textJa: 'x' } })).rejects.toThrow()
    await expect(portal.deps.db.termsAcceptance.deleteMany()).rejects.toThrow()
  })
})
