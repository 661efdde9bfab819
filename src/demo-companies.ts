import type { NewCompany } from './features/company/index.ts'
import type { PolicyOverrides, PresetName } from './policy/policy.ts'

/** Somebody of a demo company; `file` is the name of their certificate file where their preset logs in with one. */
export type DemoPerson = {
  role: 'administrator' | 'user'
  loginId: string
  name: string
  email: string
  password: string
  confirmationPassword?: string
  file?: string
}

export type DemoCompany = {
  company: Omit<NewCompany, 'administrator' | 'entrance'> & {
    entrance: { slug: string; name: string; preset: PresetName }
  }
  administrator: DemoPerson
  user: DemoPerson
  /** What its preset leaves to a company and this one has chosen, so that it can be tried out. */
  choices?: {
    overrides: PolicyOverrides
    /** E.164; whatever the numbers, their messages come to the mailbox (B-18). */
    mobiles?: Record<'administrator' | 'user', string>
    /** What a newcomer must know of it to log in, in Japanese as the start prints it. */
    note: string
    /** 利用規定 of its entrance, to be accepted at the first login (B-15). */
    terms?: { textJa: string; textEn: string }
  }
}

type Services = NewCompany['services']
type Accounts = NewCompany['accounts']

const enquiries: Services = [
  { code: 'balance', approval: null },
  { code: 'statement', approval: null },
  { code: 'incoming', approval: null },
]

const payments: Services = [
  { code: 'transfer', approval: 'single' },
  { code: 'bulk_transfer', approval: 'single' },
  { code: 'payroll', approval: 'single' },
  { code: 'direct_debit', approval: 'single' },
]

const history: Services = [{ code: 'history', approval: null }]

const limits: NewCompany['limits'] = [
  { service: 'bulk_transfer', kind: 'bulk_transfer', amount: 500_000_000n, ceiling: 999_999_999_999n },
  { service: 'payroll', kind: 'salary', amount: 200_000_000n, ceiling: 999_999_999_999n },
  { service: 'payroll', kind: 'bonus', amount: 200_000_000n, ceiling: 999_999_999_999n },
  { service: 'direct_debit', kind: 'direct_debit', amount: 100_000_000n, ceiling: 999_999_999_999n },
]

const mainAccount = (number: string): Accounts => [
  {
    branchCode: '001',
    branchName: '本店営業部',
    kind: 'ordinary',
    number,
    memo: '代表口座',
    limits: { total: 100_000_000n, each: 50_000_000n, preregistered: 100_000_000n },
  },
]

/**
 * What the first start makes, so that a newcomer can click through every preset at once: a company behind each
 * entrance, with an administrator and a general user whose passwords keep the preset's rule. Never in production.
 */
export const demoCompanies: readonly DemoCompany[] = [
  {
    company: {
      entrance: { slug: 'shoko', name: '関所 外為Webサービス', preset: 'shoko' },
      contractNumber: '2004000000',
      name: '株式会社関所商事',
      nameKana: 'カブシキガイシャセキショショウジ',
      overrides: { confirmation: 'password' },
      services: [...enquiries, ...payments, ...history, { code: 'fx', approval: null }],
      accounts: [
        ...mainAccount('0253226'),
        {
          branchCode: '001',
          branchName: '本店営業部',
          kind: 'checking',
          number: '0104711',
          memo: '支払用',
          limits: { total: 300_000_000n, each: 100_000_000n, preregistered: 300_000_000n },
        },
        {
          branchCode: '113',
          branchName: '新宿支店',
          kind: 'ordinary',
          number: '1180452',
          memo: '給与用',
          limits: { total: 50_000_000n, each: 10_000_000n, preregistered: 50_000_000n },
        },
      ],
      limits,
    },
    administrator: {
      role: 'administrator',
      loginId: '2004000001',
      name: '管理　太郎',
      email: 'kanri@demo.sekisho.example',
      password: 'Sekisho2026',
      confirmationPassword: 'Kakunin2026',
      file: 'admin.p12',
    },
    user: {
      role: 'user',
      loginId: '2004000002',
      name: '締結　花子',
      email: 'teiketsu@demo.sekisho.example',
      password: 'Teiketsu2026',
      file: 'user.p12',
    },
  },
  {
    company: {
      entrance: { slug: 'rokin', name: '関所 団体インターネットバンキング', preset: 'rokin' },
      contractNumber: '3001000000',
      name: '関所団体連合会',
      nameKana: 'セキショダンタイレンゴウカイ',
      overrides: {},
      services: [...enquiries, ...payments, ...history],
      accounts: mainAccount('0300118'),
      limits,
    },
    administrator: {
      role: 'administrator',
      loginId: 'Master01',
      name: '団体　一郎',
      email: 'master@rokin.sekisho.example',
      password: 'Dantai-26',
      file: 'rokin-admin.p12',
    },
    user: {
      role: 'user',
      loginId: 'Ippan01',
      name: '一般　良子',
      email: 'ippan@rokin.sekisho.example',
      password: 'Yoshiko-26',
      file: 'rokin-user.p12',
    },
  },
  {
    company: {
      entrance: { slug: 'sevenbank', name: '関所 法人インターネットバンキング', preset: 'sevenbank' },
      contractNumber: '7001000000',
      name: '株式会社関所ストア',
      nameKana: 'カブシキガイシャセキショストア',
      overrides: {},
      services: [...enquiries, ...payments, ...history],
      accounts: mainAccount('0700341'),
      limits,
    },
    administrator: {
      role: 'administrator',
      loginId: 'kanri01',
      name: '店舗　次郎',
      email: 'kanri@sevenbank.sekisho.example',
      password: 'Tenpo2026',
      confirmationPassword: 'Kakunin26',
    },
    user: {
      role: 'user',
      loginId: 'riyou01',
      name: '利用　春子',
      email: 'riyou@sevenbank.sekisho.example',
      password: 'Haruko2026',
    },
    choices: {
      overrides: { login: { secondFactor: 'totp' } },
      note: '初回ログインの画面に出るキーで、認証アプリにワンタイムパスワードを登録します',
    },
  },
  {
    company: {
      entrance: { slug: 'prosrv', name: '関所 法人プロサービス', preset: 'prosrv' },
      contractNumber: '5001000000',
      name: '関所物産株式会社',
      nameKana: 'セキショブッサンカブシキガイシャ',
      overrides: {},
      services: [...enquiries, ...payments, ...history],
      accounts: mainAccount('0500762'),
      limits,
    },
    administrator: {
      role: 'administrator',
      // The same ID as another company's: here it need be unique within the contract number only.
      loginId: 'kanri01',
      name: '物産　三郎',
      email: 'kanri@prosrv.sekisho.example',
      password: 'Bussan2026',
      file: 'prosrv-admin.p12',
    },
    user: {
      role: 'user',
      loginId: 'riyou01',
      name: '利用　夏子',
      email: 'riyou@prosrv.sekisho.example',
      password: 'Natsuko2026',
    },
  },
  {
    company: {
      entrance: { slug: 'omakase', name: '関所 おまかせポータル', preset: 'omakase' },
      contractNumber: '6001000000',
      name: '関所サービス株式会社',
      nameKana: 'セキショサービスカブシキガイシャ',
      overrides: {},
      services: [...enquiries, ...history],
      accounts: mainAccount('0600233'),
      limits: [],
    },
    administrator: {
      role: 'administrator',
      loginId: 'omakase01',
      name: '役務　四郎',
      email: 'kanri@omakase.sekisho.example',
      password: 'Ekimu2026',
    },
    user: {
      role: 'user',
      loginId: 'omakase02',
      name: '利用　秋子',
      email: 'riyou@omakase.sekisho.example',
      password: 'Akiko2026',
    },
    choices: {
      overrides: { login: { secondFactor: 'sms' } },
      mobiles: { administrator: '+819012345601', user: '+819012345602' },
      note: 'SMSの認証コードは、上の「メール・SMS」に届きます',
      terms: {
        textJa: [
          '第1条（目的）　本規定は、関所 おまかせポータル（以下「本サービス」といいます。）をご利用いただく際の取扱いを定めるものです。',
          '第2条（本人確認）　当行は、ユーザID、パスワードおよび認証コードが一致した場合に、お客様ご本人によるご利用とみなします。',
          '第3条（管理）　お客様は、パスワードおよび認証コードを他人に知られないよう、厳重に管理してください。',
          '第4条（紛失・盗難）　携帯電話の紛失、パスワードの漏えい等があったときは、ただちに貴社の管理者またはヘルプデスクにお届けください。',
          '第5条（規定の変更）　当行が本規定を変更するときは、本サービスの画面に変更後の規定を表示します。',
        ].join('\n'),
        textEn: [
          'Article 1 (Purpose). These terms govern the use of the Sekisho Omakase Portal (“the service”).',
          'Article 2 (Who is there). Where user ID, password and code agree, the bank takes the use to be the customer’s own.',
          'Article 3 (Care). The customer keeps passwords and codes where nobody else learns of them.',
          'Article 4 (Loss). A lost telephone or a password known to others is reported to the company’s administrator or the helpdesk at once.',
          'Article 5 (Changes). Where the bank changes these terms, the service shows the changed terms on its pages.',
        ].join('\n'),
      },
    },
  },
  {
    company: {
      entrance: { slug: 'recommended', name: '関所 ビジネスポータル', preset: 'recommended' },
      contractNumber: '8001000000',
      name: '関所テクノ株式会社',
      nameKana: 'セキショテクノカブシキガイシャ',
      overrides: {},
      services: [...enquiries, ...payments, ...history],
      accounts: mainAccount('0800954'),
      limits,
    },
    administrator: {
      role: 'administrator',
      loginId: 'kanri@recommended.sekisho.example',
      name: '技術　五郎',
      email: 'kanri@recommended.sekisho.example',
      password: 'aoi-yama-ni-kumo-26',
      file: 'recommended-admin.p12',
    },
    user: {
      role: 'user',
      loginId: 'riyou@recommended.sekisho.example',
      name: '利用　冬子',
      email: 'riyou@recommended.sekisho.example',
      password: 'shiroi-kawa-ni-ishi-7',
      file: 'recommended-user.p12',
    },
  },
]
