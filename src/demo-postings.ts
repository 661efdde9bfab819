import type { Deps } from './deps.ts'
import { announcementPart } from './features/announcements/index.ts'
import { type OwnPart, savePosting } from './features/postings/index.ts'
import { listServices } from './features/services/index.ts'
import { surveyPart } from './features/surveys/index.ts'
import type { SystemActor } from './kernel/actor.ts'
import { businessDayOf, plusDays, startOf } from './kernel/business-day.ts'
import { ok } from './kernel/result.ts'
import { momentAt } from './kernel/time-of-day.ts'

/** What the demo's bank has to say at first: one of each kind, so that a newcomer's home is not empty (G-01 to G-03). */
export const ensurePostings = async (deps: Deps, actor: SystemActor): Promise<void> => {
  if ((await deps.db.posting.count()) > 0) return
  const today = businessDayOf(deps.clock.now())
  const write = async (
    kind: 'announcement' | 'information' | 'survey',
    title: string,
    body: string,
    own: OwnPart,
  ): Promise<void> => {
    const made = await savePosting(deps, actor, {
      id: deps.ids.next(),
      kind,
      version: null,
      sent: null,
      written: {
        title,
        body,
        sender: 'ヘルプデスク',
        publishAt: startOf(today),
        endsAt: null,
        presets: [],
        roles: [],
        contractNumbers: null,
      },
      own,
    })
    if (!made.ok) throw new Error(`The demo's ${kind} was refused: ${made.reason}`)
  }
  const sunday = plusDays(today, 14 - new Date(`${today}T00:00:00Z`).getUTCDay())
  await write(
    'announcement',
    'システムメンテナンスのお知らせ',
    '以下の日時におきましてシステムメンテナンスを実施いたします。\nメンテナンス中は、対象システムをご利用いただけません。',
    announcementPart(await listServices(deps, 'ja'), [
      {
        serviceCode: null,
        systemName: '為替予約システム',
        startsAt: momentAt(sunday, 9 * 60),
        endsAt: momentAt(sunday, 24 * 60),
      },
    ]),
  )
  await write(
    'information',
    'ご利用環境の確認画面を追加しました',
    'ログインの前に、ご利用のパソコンで必要な設定ができているかを確認できます。\n\nログイン画面の「ご利用環境の確認」からお進みください。',
    {
      columns: { mustAcknowledge: false, followsId: null },
      store: async () => ok(null),
      details: {},
    },
  )
  await write(
    'survey',
    '画面の使いやすさに関するアンケート',
    '今後の改善の参考にいたします。ご協力をお願いいたします。',
    surveyPart(
      deps,
      [
        {
          kind: 'single',
          text: '画面は使いやすいですか。',
          required: true,
          choices: ['使いやすい', 'どちらでもない', '使いにくい'],
        },
        {
          kind: 'multiple',
          text: 'よくお使いになる業務をお選びください。',
          required: false,
          choices: ['残高照会', '振込振替', '総合振込', '給与・賞与振込'],
        },
        { kind: 'text', text: 'ご意見をお聞かせください。', required: false, choices: [] },
      ],
      momentAt(plusDays(today, 30), 24 * 60),
    ),
  )
}
