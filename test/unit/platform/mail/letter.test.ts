import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { mailKinds } from '../../../../src/jobs/mail-kinds.ts'
import { createTranslations, languages } from '../../../../src/platform/i18n.ts'
import { createLetterWriter, mailNumber } from '../../../../src/platform/mail/letter.ts'
import { type AnyMailKind, defineMail } from '../../../../src/platform/mail/mail-kind.ts'

const root = join(import.meta.dirname, '../../../..')
const translations = createTranslations({
  root: join(root, 'locales'),
  onMissingKey: (language, key) => {
    throw new Error(`${key} has no text in ${language}`)
  },
})
const write = createLetterWriter({ views: join(root, 'views'), translations })

const id = '01a0b1c2-d3e4-7f50-8a6b-8c2f41d09a77'
const addressee = { company: '株式会社 山田商店', name: '山田 太郎' }
// 17:55:03 in Japan; a row keeps moments as ISO text.
const at = '2026-11-20T08:55:03.000Z'

const kind = (name: string): AnyMailKind => {
  const found = mailKinds.find(each => each.kind === name)
  if (!found) throw new Error(`no mail ${name}`)
  return found
}

const locked = (locale: string, params: Record<string, unknown> = {}, to = addressee) =>
  write(kind('lock.locked'), {
    id,
    locale,
    addressee: to,
    params: { at, from: '203.0.113.7', release: 'helpdesk', ...params },
  })

/** Params that fit every kind, for what all letters have in common. */
const anyParams = {
  at,
  from: '203.0.113.7',
  by: 'helpdesk',
  release: 'itself',
  until: '2026-11-20T09:55:03.000Z',
  need: 'certificate',
  registeredBy: '管理 花子',
  changedBy: '管理 花子',
  requestedBy: '管理 花子',
  decidedBy: '管理 花子',
  purpose: 'renewal',
  notAfter: '2027-11-20T08:55:03.000Z',
  serial: '00c0ffee',
  credential: 'login_password',
  expiresAt: '2026-12-04T08:55:03.000Z',
  delivery: 'post',
  code: '012345',
  link: 'portal.bank.example/password-reset/abc',
  codeFor: 'registration',
  ask: 'helpdesk',
  reason: 'lost',
  revokedBy: 'administrator',
  stage: 'coming',
  way: 'issue',
  daysLeft: 14,
  device: '会社のノートPC',
  remaining: 9,
  contact: 'mobile',
  change: 'appointed',
  before: '*******5678',
  after: '*******4321',
}

describe('the letter at a lock', () => {
  it('I-01 is written in Japanese with times in JST', () => {
    const { subject, text, html } = locked('ja')
    expect(subject).toBe('【Sekisho 法人ポータル】ログインロックのお知らせ')
    expect(text).toBe(`株式会社 山田商店
山田 太郎 様

平素より格別のお引き立てを賜り、厚く御礼申し上げます。

■ ログインロックのお知らせ

パスワードの誤入力が所定の回数に達したため、お客様のログインをロックしました。ロックが解除されるまでは、正しいパスワードを入力されてもログインできません。

・ロック日時：2026年11月20日 17時55分03秒
・接続元のIPアドレス：203.0.113.7

ロックの解除には、お届出印を押した依頼書が必要です。お取引店またはヘルプデスクにご連絡ください。

誤入力にお心当たりがないときは、第三者がログインを試みたおそれがあります。すぐにヘルプデスクへご連絡ください。

----------------------------------------

■ 当行からのメールの見分け方
・当行がメールで、パスワード、認証コードまたは暗証番号をお尋ねすることはありません。
・当行からのメールには、ログイン画面へのリンクを記載していません。ポータルへは、ブックマーク（お気に入り）からアクセスしてください。
・当行からのメールかどうかをお確かめになりたいときは、下記のメール番号をヘルプデスクへお知らせください。

■ お問い合わせ先（ヘルプデスク）
受付時間：平日 9:00～18:00（土曜・日曜、祝日、12月31日～1月3日を除きます）

本メールは送信専用のアドレスからお送りしています。ご返信いただいてもお答えできません。
メール番号：8C2F-41D0-9A77

Sekisho 法人ポータル
`)
    expect(html).toContain('<html lang="ja">')
    expect(html).toContain('<th scope="row">ロック日時</th><td>2026年11月20日 17時55分03秒</td>')
  })

  it('I-01 is written in English for those who chose it', () => {
    const { subject, text, html } = locked('en')
    expect(subject).toBe('[Sekisho Corporate portal] Your login has been locked')
    expect(text).toContain('Dear 山田 太郎,')
    expect(text).toContain('- Locked at: 20 November 2026, 17:55:03 (JST)')
    expect(html).toContain('<html lang="en">')
  })

  it('B-06 says how this lock ends', () => {
    expect(locked('ja', { release: 'administrator' }).text).toContain('貴社の管理者にご依頼ください。')
    expect(locked('ja', { release: 'itself', until: '2026-11-20T09:55:03.000Z' }).text).toContain(
      'ロックは 2026年11月20日 18時55分03秒 に自動で解除されます。',
    )
  })

  it('leaves out what is not known', () => {
    expect(locked('ja', { from: undefined }).text).not.toContain('接続元')
    expect(locked('ja', {}, { company: '', name: '銀行 一郎' }).text.startsWith('銀行 一郎 様\n')).toBe(true)
  })

  it('I-05 shows what people typed as text, never as markup, lines or instructions of its own', () => {
    const { text, html } = locked(
      'ja',
      { from: '{{name}} $t(mail.brand)' },
      { company: '<img src=x onerror=alert(1)>"\'&', name: '山田\r\nBcc: a@example.jp\u2028\u202e太郎' },
    )
    expect(html).toContain('&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;')
    expect(html).not.toContain('<img')
    expect(text).toContain('<img src=x onerror=alert(1)>"\'&\n山田 Bcc: a@example.jp 太郎 様\n')
    expect(text).toContain('接続元のIPアドレス：{{name}} $t(mail.brand)')
  })
})

/** What happened has words of its own in some kinds. */
const ownParams: Record<string, Record<string, string>> = {
  'recovery-codes.changed': { happening: 'issued' },
  'code.suspension': { happening: 'suspended' },
  'access.changed': { change: 'suspended' },
  'contract.end': { change: 'ended' },
  'user.changed': { after: 'reset' },
  'user.service-state': { act: 'suspend' },
  'change-request.decided': { decision: 'approved' },
  'officer.changed': { officerChange: 'role' },
}
const paramsOf = ({ kind: name }: AnyMailKind) => ({
  ...anyParams,
  happening: 'registered',
  ...ownParams[name],
})

describe('every letter', () => {
  for (const language of languages)
    for (const mail of mailKinds)
      it(`I-01 ${mail.kind} has all its words in ${language}, and the same ones in both parts`, () => {
        const { subject, text, html } = write(mail, {
          id,
          locale: language,
          addressee,
          params: paramsOf(mail),
        })
        expect(subject).not.toContain('{{')
        expect(text).not.toMatch(/\{\{|undefined|null|\[object/)
        expect(html).not.toMatch(/\{\{|undefined|null|\[object|<script|style=|\son\w+=/)
        const shown = html
          .replace(/<style>[\s\S]*<\/style>/, '')
          .replace(/<[^>]+>/g, '\n')
          .split('\n')
          .filter(line => line.trim())
        for (const words of shown)
          expect(text).toContain(words.replaceAll('&#39;', "'").replaceAll('&amp;', '&'))
      })

  it('says that we never ask for a password, gives the helpdesk its hours, and holds no link (experience, 14)', () => {
    for (const mail of mailKinds) {
      const { text, html } = write(mail, { id, locale: 'ja', addressee, params: paramsOf(mail) })
      for (const part of [text, html]) {
        expect(part).toContain('パスワード、認証コードまたは暗証番号をお尋ねすることはありません')
        expect(part).toContain('平日 9:00～18:00')
        expect(part).toContain('8C2F-41D0-9A77')
        expect(part).not.toMatch(/https?:|<a\s|<form|<img/)
      }
    }
  })

  it('is in Japanese where the row names no language of the portal', () => {
    expect(locked('fr').language).toBe('ja')
  })

  it('H-07 gives the number and hours that the bank has set', () => {
    const own = createLetterWriter({
      views: join(root, 'views'),
      translations,
      helpdesk: () => ({ phone: '0120-000-000', hours: '平日 8:00～20:00' }),
    })
    const { text } = own(kind('lock.released'), { id, locale: 'ja', addressee, params: anyParams })
    expect(text).toContain('電話番号：0120-000-000\n受付時間：平日 8:00～20:00')
  })
})

describe('defineMail', () => {
  it('H-05 refuses params that sound like a secret', () => {
    for (const name of ['password', 'initialPassword', 'code', 'accessToken', 'pkcs12', 'secret', 'pin'])
      expect(() => defineMail('test.mail', z.strictObject({ [name]: z.string() }), [])).toThrow('secret')
  })

  it("refuses the addressee's names", () => {
    expect(() => defineMail('test.mail', z.strictObject({ company: z.string() }), [])).toThrow('addressee')
  })
})

it('a mail number is the end of the id, in groups that can be read over the telephone', () => {
  expect(mailNumber(id)).toBe('8C2F-41D0-9A77')
})
