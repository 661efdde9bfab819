import { afterAll, beforeAll, expect, it } from 'vitest'
import { officerAtWork } from '../../../support/officers.ts'
import { openPortal, type Portal } from '../../../support/portal.ts'
import type { Visitor } from '../../../support/visitor.ts'
import { publish, typed } from './writing.ts'

let portal: Portal
let editor: Visitor
beforeAll(async () => {
  portal = await openPortal()
  editor = await officerAtWork(portal, 'editor', 'henshu1')
})
afterAll(() => portal.close())

it.each(['auditor', 'operator'] as const)(
  'H-01 H-06 an %s reads what the bank writes, its readers and answers, terms and hours, and changes none of it',
  async role => {
    const survey = await publish(
      editor,
      'surveys',
      typed(`使い心地 ${role}`, {
        'questionKind-1': 'text',
        'question-1': 'ご意見',
        answerDay: '2090-01-01',
        answerTime: '24:00',
      }),
    )
    const announcement = await publish(editor, 'announcements', typed(`停止 ${role}`))
    await editor.get('/helpdesk/terms/shoko')
    const tooLong = await editor.post('/helpdesk/terms/shoko', {
      textJa: '条'.repeat(50_001),
      textEn: 'Article 1',
      effectiveOn: '2090-01-01',
    })
    expect(tooLong.status).toBe(422)
    expect(tooLong.text).toContain('利用規定（日本語）が長すぎます。50,000文字以内')
    await editor.post('/helpdesk/terms/shoko', {
      textJa: `第一条 ${role}\n第二条`,
      textEn: 'Article 1',
      effectiveOn: '2090-01-01',
    })
    const officer = await officerAtWork(portal, role, `mite.${role}`)
    const menu = await officer.get('/helpdesk/home')
    const question = (await portal.deps.db.surveyQuestion.findFirstOrThrow({ where: { postingId: survey } }))
      .id
    const version = role === 'auditor' ? 1 : 2
    for (const [address, words] of [
      ['/helpdesk/announcements', `停止 ${role}`],
      [`/helpdesk/announcements/${announcement}`, '2020年1月1日'],
      ['/helpdesk/information', 'インフォメーション'],
      ['/helpdesk/surveys', `使い心地 ${role}`],
      [`/helpdesk/surveys/${survey}/results`, 'ご意見'],
      [`/helpdesk/surveys/${survey}/results/${question}`, 'ご意見'],
      ['/helpdesk/hours', '受付開始 9:00'],
      ['/helpdesk/terms', '施行中の版'],
      ['/helpdesk/terms/shoko', '利用規定の内容を見る'],
      [`/helpdesk/terms/shoko/${version}`, `第一条 ${role}`],
    ] as const) {
      const page = await officer.get(address)
      expect(page.status, address).toBe(200)
      expect(page.text, address).toContain(words)
      // Nothing to press that would be refused: but for the search of readers, only the frame's own forms are there.
      expect(page.html, address).not.toMatch(/\/(new|change|withdrawal)"|action="\/helpdesk\/(hours|terms)/)
      const [, area = ''] = /^(\/helpdesk\/[a-z]+)/.exec(address) ?? []
      expect(menu.html).toContain(`href="${area}"`)
    }
    for (const address of [
      '/helpdesk/announcements/new',
      `/helpdesk/announcements/${announcement}/change`,
      `/helpdesk/announcements/${announcement}/withdrawal`,
      '/helpdesk/hours',
      '/helpdesk/terms/shoko',
    ])
      expect((await officer.post(address, { version: '0' })).status, address).toBe(403)
    for (const missing of [
      '/helpdesk/terms/shoko/99',
      '/helpdesk/terms/shoko/0x1',
      '/helpdesk/terms/nowhere/1',
    ])
      expect((await officer.get(missing)).status, missing).toBe(404)
    // Who looked at the customers' names is kept (F-04).
    expect(
      await portal.deps.db.history.count({
        where: { operation: 'posting.readers-viewed', actorLoginId: `mite.${role}` },
      }),
    ).toBe(2)
  },
)
