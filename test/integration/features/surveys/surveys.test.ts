import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sql } from '../../../support/database.ts'
import { versionOn } from '../../../support/forms.ts'
import { meanwhile } from '../../../support/meanwhile.ts'
import { officerAtWork } from '../../../support/officers.ts'
import { openPortal, type Portal } from '../../../support/portal.ts'
import type { Page, Visitor } from '../../../support/visitor.ts'
import { check, type Fields, publish, typed } from '../postings/writing.ts'

let portal: Portal
let editor: Visitor
let admin: Visitor
beforeAll(async () => {
  portal = await openPortal()
  editor = await officerAtWork(portal, 'editor', 'henshu2')
  admin = await portal.administrator()
})
afterAll(() => portal.close())

const survey = (title: string, changed: Fields = {}): Fields =>
  typed(title, {
    answerDay: '2099-12-31',
    answerTime: '24:00',
    'question-1': '使いやすいですか。',
    'questionKind-1': 'single',
    'choices-1': 'はい\r\nいいえ',
    'required-1': 'on',
    'question-2': '使う業務',
    'questionKind-2': 'multiple',
    'choices-2': '残高照会\n総合振込\n外為',
    'question-3': 'ご意見',
    'questionKind-3': 'text',
    'choices-3': '',
    rows: '3',
    ...changed,
  })

/** The questions' fields on the form on screen, in order. */
const fieldsOn = ({ html }: Page): string[] => [
  ...new Set([...html.matchAll(/name="(q-[0-9a-f-]+)"/g)].map(([, name = '']) => name)),
]
const begin = async (id: string): Promise<string[]> => {
  await admin.get(`/surveys/${id}`)
  await admin.post(`/surveys/${id}/answer`)
  return fieldsOn(admin.page)
}
const send = (fields: Fields = {}, options = {}): Promise<Page> =>
  admin.post(admin.page.path, { version: versionOn(admin.page), ...fields }, options)

describe('アンケート', () => {
  it('G-03 [P] is listed with sender and deadline, answered in steps, and stands in 回答一覧; the bank sees the results', async () => {
    const id = await publish(editor, 'surveys', survey('ご利用アンケート'))
    await admin.get('/home')
    expect(admin.page.text).toMatch(/ご利用アンケート ヘルプデスク 2099\/12\/31 24:00 未回答/)
    const [one = '', several = '', text = ''] = await begin(id)
    await send({ [several]: ['0', '2'] })
    expect(admin.page.status).toBe(422)
    expect(admin.page.text).toContain('問1に回答されていません')
    await send({ [one]: '1', [several]: ['0', '2'], [text]: '<b>とても</b>よい' })
    expect(admin.page.text).toMatch(/使いやすいですか。 いいえ.*残高照会 外為/)
    expect(admin.page.html).toContain('&lt;b')
    await send()
    expect(admin.page.text).toContain('アンケートに回答しました')
    const lists = async (filter: string) => {
      await admin.get(`/surveys?answer=${filter}`)
      return admin.page.text.includes('ご利用アンケート')
    }
    expect([await lists('unanswered'), await lists('answered'), await lists('any')]).toEqual([
      false,
      true,
      true,
    ])
    await admin.get('/surveys/answers')
    expect(admin.page.text).toContain('ご利用アンケート')
    await admin.get(`/surveys/${id}`)
    expect(admin.page.text).toContain('ご回答の内容')

    await editor.get(`/helpdesk/surveys/${id}`)
    expect(editor.page.text).toMatch(/回答済 1名/)
    await editor.get(`/helpdesk/surveys/${id}/results`)
    expect(editor.page.text).toMatch(/いいえ 1名 100%.*残高照会 1名 100% 総合振込 0名 0% 外為 1名 100%/)
    const texts = /href="([^"]+\/results\/[^"]+)"/.exec(editor.page.html)?.[1] ?? ''
    await editor.get(texts)
    expect(editor.page.text).toContain('よい')
    expect(editor.page.html).not.toContain('<b>とても')

    // Questions stay as they were answered; everything else may still be changed.
    const change = async (fields: Fields) => {
      await editor.get(`/helpdesk/surveys/${id}/change`)
      return editor.post(`/helpdesk/surveys/${id}/change`, {
        version: versionOn(editor.page),
        ...fields,
        step: 'execute',
      })
    }
    expect((await change(survey('改題', { 'question-1': '別の質問' }))).text).toContain(
      '質問を変更できません',
    )
    expect((await change(survey('改題したアンケート'))).path).toBe(`/helpdesk/surveys/${id}`)
  })

  it('G-03 twice: the second answer is refused, also at the same moment, and from a draft begun before', async () => {
    const id = await publish(editor, 'surveys', survey('一度だけ'))
    const pages: Page[] = []
    for (let n = 0; n < 3; n++) {
      const [one = ''] = await begin(id)
      pages.push(await send({ [one]: '0' }))
    }
    const answers = await Promise.all(
      pages.map(page => {
        admin.page = page
        return admin.post(page.path, { version: versionOn(page) }, { follow: false })
      }),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([303, 422, 422])
    expect(answers.find(({ status }) => status === 422)?.text).toContain('すでに回答されています')
    expect(await portal.deps.db.surveyAnswer.count({ where: { postingId: id } })).toBe(1)
    await admin.get('/surveys')
    expect((await admin.post(`/surveys/${id}/answer`)).status).toBe(409)
    expect(
      await portal.deps.db.history.count({ where: { operation: 'survey.answered', subjectId: id } }),
    ).toBe(1)
  })

  it('G-03 late: refused at the deadline, also where the answer was already on its confirm page', async () => {
    const id = await publish(editor, 'surveys', survey('期限切れ'))
    const [one = ''] = await begin(id)
    const confirm = await send({ [one]: '0' })
    await sql(
      portal.database.ownerUrl,
      `UPDATE posting SET answer_until = now() - interval '1 second' WHERE id = '${id}'`,
    )
    admin.page = confirm
    await send()
    expect(admin.page.status).toBe(422)
    expect(admin.page.text).toContain('回答期限を過ぎた')
    await admin.get(`/surveys/${id}`)
    expect(admin.page.text).toContain('回答期限を過ぎた')
    expect((await admin.post(`/surveys/${id}/answer`)).status).toBe(409)
    expect(await portal.deps.db.surveyAnswer.count({ where: { postingId: id } })).toBe(0)
    await admin.get('/surveys?answer=any')
    expect(admin.page.text).toContain('受付終了')
  })

  it('G-03 an answer waits for what the bank is just changing, and is none of a survey that is withdrawn by it', async () => {
    const id = await publish(editor, 'surveys', survey('取り下げの途中'))
    const [one = ''] = await begin(id)
    await send({ [one]: '0' })
    await meanwhile(
      portal,
      { table: 'posting', id },
      () => send(),
      `UPDATE posting SET withdrawn_at = now() WHERE id = '${id}'`,
    )
    expect(admin.page.status).toBeGreaterThanOrEqual(400)
    expect(await portal.deps.db.surveyAnswer.count({ where: { postingId: id } })).toBe(0)
  })

  it('I-05 fields and choices that do not exist are refused and written down; nothing is stored', async () => {
    const id = await publish(editor, 'surveys', survey('偽造'))
    const [one = '', several = ''] = await begin(id)
    const form = admin.page
    const forgeries: Fields[] = [
      { [one]: '0', 'q-00000000-0000-0000-0000-000000000000': '1' },
      { [one]: '2' },
      // A position written in several ways would be counted several times.
      { [one]: '0', [several]: ['0', '00', '000'] },
      { [one]: '00' },
      { [one]: ['0', '1'] },
      { [one]: '0', [several]: '-1' },
    ]
    for (const forged of forgeries) {
      admin.page = form
      await send(forged)
      expect([forged, admin.page.status]).toEqual([forged, 403])
    }
    expect(
      await portal.deps.db.history.count({
        where: { outcome: 'refused', reason: { in: ['survey.unknownField', 'survey.answer.forged'] } },
      }),
    ).toBe(forgeries.length)
    expect(await portal.deps.db.surveyAnswer.count({ where: { postingId: id } })).toBe(0)
  })

  it('I-05 a survey for others, withdrawn or invented is not there', async () => {
    const withdrawn = await publish(editor, 'surveys', survey('取り下げ'))
    await portal.deps.db.posting.update({
      where: { id: withdrawn },
      data: { withdrawnAt: portal.clock.now() },
    })
    const ids = [
      await publish(editor, 'surveys', survey('他の区分', { presets: 'rokin' })),
      withdrawn,
      '00000000-0000-0000-0000-000000000000',
      'x',
    ]
    for (const id of ids) {
      expect((await admin.get(`/surveys/${id}`)).status).toBe(404)
      await admin.get('/surveys')
      expect((await admin.post(`/surveys/${id}/answer`)).status).toBe(404)
    }
  })

  it('H-06 a survey’s form says what is wrong with questions, choices and deadline', async () => {
    const cases: [string, Fields, string][] = [
      [
        'question-1',
        { 'question-1': '', 'question-2': '', 'question-3': '', 'choices-1': '', 'choices-2': '' },
        '質問が1つも',
      ],
      ['question-1', { 'question-1': '' }, '質問が入力されていません'],
      ['question-1', { 'question-1': 'あ'.repeat(201) }, '200文字以内'],
      ['questionKind-1', { 'questionKind-1': 'essay' }, '回答の形式に誤り'],
      ['choices-1', { 'choices-1': 'はい' }, '2つ以上20以内'],
      ['choices-1', { 'choices-1': 'はい\nはい' }, '同じ選択肢が2回'],
      ['choices-3', { 'choices-3': 'よい\nわるい' }, '選択肢は使えません'],
      ['answerTime', { answerTime: '25:00' }, '時刻に誤り'],
      ['answerDay', { answerDay: '2019-12-31' }, '掲載開始より前'],
      ['endDay', { endDay: '2030-01-01', endTime: '0:00' }, '掲載終了が回答期限より前'],
    ]
    const before = await portal.deps.db.posting.count()
    for (const [field, changed, message] of cases) {
      await check(editor, 'surveys', survey('誤り', changed))
      expect([changed, editor.page.status]).toEqual([changed, 422])
      expect(editor.page.text).toContain(message)
      expect(editor.page.html).toContain(`href="#${field}"`)
    }
    expect(await portal.deps.db.posting.count()).toBe(before)
  })
})
