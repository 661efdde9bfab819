import { afterAll, beforeAll, expect, it } from 'vitest'
import { type BusinessDay, businessDayOf, plusDays } from '../../../../src/kernel/business-day.ts'
import { nextWorkingDay } from '../../../../src/policy/working-day.ts'
import { sql } from '../../../support/database.ts'
import { versionOn } from '../../../support/forms.ts'
import { officerAtWork, proofOf } from '../../../support/officers.ts'
import { openPortal, type Portal } from '../../../support/portal.ts'

let portal: Portal
beforeAll(async () => {
  portal = await openPortal()
})
afterAll(() => portal.close())

const wanted = {
  opensAt: '8:30',
  closesAt: '20:00',
  phone: '0120-000-000',
  yearlyClosed: '12-31\n01-01',
  closedDays: '2027-05-06',
}

it('H-07 the bank edits hours, number and closed days; pages and history have them at once', async () => {
  const editor = await officerAtWork(portal, 'editor', 'jikan1')
  await editor.get('/helpdesk/hours')
  expect(editor.page.text).toContain('平日 9:00～18:00（土曜・日曜、祝日、12月31日～1月3日を除きます）')
  const version = versionOn(editor.page)
  expect((await editor.post('/helpdesk/hours', { ...wanted, version, closesAt: '8:00' })).status).toBe(422)
  expect(editor.page.text).toContain('受付開始より後の時刻')
  await editor.post('/helpdesk/hours', { ...wanted, version, opensAt: 'x', closesAt: 'y' })
  for (const field of ['受付開始', '受付終了'])
    expect(editor.page.text).toContain(`${field}：時刻に誤りがあります`)
  await editor.post('/helpdesk/hours', { ...wanted, version, ...proofOf(editor) })
  expect(editor.page.text).toContain('ヘルプデスクの受付時間を登録しました')
  const visitor = portal.visitor()
  await visitor.get('/')
  expect(visitor.page.text).toContain('平日 8:30～20:00（土曜・日曜、祝日、12月31日～1月1日を除きます）')
  expect(visitor.page.text).toContain('0120-000-000')
  // What somebody else has changed meanwhile is not written over, however many try.
  const { page } = editor
  const proofs = [1, 2, 3, 4, 5].map(() => proofOf(editor))
  const answers = await Promise.all(
    ['1', '1', '2', '2', '2'].map((each, n) => {
      editor.page = page
      return editor.post('/helpdesk/hours', { ...wanted, version: each, ...proofs[n] }, { follow: false })
    }),
  )
  expect(answers.filter(({ status }) => status === 303)).toHaveLength(1)
  const told = await sql<{ details: string }>(
    portal.database.ownerUrl,
    `SELECT details FROM history WHERE operation = 'helpdesk.hours-changed' AND outcome = 'done' ORDER BY seq`,
  )
  expect(told).toHaveLength(2)
  expect(JSON.parse(told[0]?.details ?? '')).toMatchObject({
    before: { opensAt: '9:00' },
    after: { opensAt: '8:30', phone: '0120-000-000' },
  })
})

it('H-07 a long list of closed days is kept or refused, never cleared; slashes are read as hyphens', async () => {
  const editor = await officerAtWork(portal, 'editor', 'jikan2')
  const store = async (closedDays: string) => {
    await editor.get('/helpdesk/hours')
    const version = versionOn(editor.page)
    return (await editor.post('/helpdesk/hours', { ...wanted, version, closedDays, ...proofOf(editor) })).text
  }
  const stored = async () => {
    await editor.get('/helpdesk/hours')
    return /name="closedDays"[^>]*>([^<]*)</.exec(editor.page.html)?.[1]?.trim().split('\n')
  }
  expect(await store('2027/05/06\n'.repeat(2_000))).toContain('受付時間を登録しました')
  expect(await stored()).toEqual(['2027-05-06'])
  const days = Array.from({ length: 401 }, (_each, n) => plusDays('2027-01-01' as BusinessDay, n))
  expect(await store(days.join('\n'.repeat(60)))).toContain('休業日が多すぎます')
  expect(await stored()).toEqual(['2027-05-06'])
})

it('H-07 says when the helpdesk answers next while it does not', async () => {
  const visitor = portal.visitor()
  // Noon and 21:00 of the next Wednesday that is a working day, wherever the machine's clock stands.
  const now = portal.clock.now()
  const day = nextWorkingDay(businessDayOf(now))
  portal.clock.goTo(new Date(`${day}T12:00:00+09:00`))
  expect((await visitor.get('/')).text).not.toContain('ただいま受付時間外です')
  portal.clock.move(9 * 3600)
  expect((await visitor.get('/')).text).toMatch(
    /ただいま受付時間外です。次の受付は\d+月\d+日（.）8:30からです。/,
  )
})

it('H-01 H-07 another number to call is put on every page by nobody who does not prove anew who they are', async () => {
  const editor = await officerAtWork(portal, 'editor', 'jikan3')
  await editor.get('/helpdesk/hours')
  const form = { ...wanted, version: versionOn(editor.page), phone: '03-6666-6666' }
  const proof = proofOf(editor)
  for (const [typed, field] of [
    [{}, 'ご自身のパスワード'],
    [{ ...proof, officerPassword: 'Chigau-2026' }, 'ご自身のパスワード'],
    [{ ...proof, oneTimePassword: '' }, 'ワンタイムパスワード'],
  ] as const) {
    expect((await editor.post('/helpdesk/hours', { ...form, ...typed })).status, JSON.stringify(typed)).toBe(
      422,
    )
    expect(editor.page.text).toContain(field)
    // Nothing typed besides is lost.
    expect(editor.page.html).toContain('value="03-6666-6666"')
  }
  expect((await portal.visitor().get('/')).text).not.toContain('03-6666-6666')
  expect((await editor.post('/helpdesk/hours', { ...form, ...proof })).text).toContain(
    '受付時間を登録しました',
  )
  expect((await portal.visitor().get('/')).text).toContain('03-6666-6666')
})

it('H-07 operators and auditors edit no hours', async () => {
  for (const role of ['operator', 'auditor'] as const) {
    const officer = await officerAtWork(portal, role, `jikan.${role}`)
    expect((await officer.get('/helpdesk/hours')).html).not.toContain('name="opensAt"')
    await officer.get('/helpdesk/home')
    expect((await officer.post('/helpdesk/hours', { ...wanted, version: '1' })).status).toBe(403)
  }
})
