import type { PresetName } from '../src/policy/policy.ts'

/** An item of chapters A and B as the table of `npm run conformance` lists it, and whose manuals speak of it. */
export type Item = {
  id: string
  title: string
  presets?: readonly PresetName[]
  /** Where the item does not hold though it should: which presets, in what, and the decision that keeps it so. */
  deviation?: { presets: readonly PresetName[]; what: string; decision: string }
}

const withCertificates: readonly PresetName[] = ['shoko', 'rokin', 'prosrv', 'recommended']

/** Items without `presets` hold for every preset. */
export const items: readonly Item[] = [
  { id: 'A-00', title: '日付の境界・IDの大文字小文字' },
  { id: 'A-02', title: '変更前の試算' },
  { id: 'A-03', title: '下限と二人の行員による承認' },
  { id: 'B-00', title: '入口' },
  { id: 'B-01', title: '入口のメニュー' },
  { id: 'B-02', title: '電子証明書ログイン', presets: withCertificates },
  { id: 'B-03', title: '証明書の選び直し', presets: withCertificates },
  { id: 'B-04', title: 'ご契約番号でのログイン', presets: ['prosrv'] },
  { id: 'B-05', title: '存在を明かさない応答' },
  { id: 'B-06', title: 'ロック・閉塞・解除' },
  { id: 'B-07', title: '他人によるロックの防止' },
  { id: 'B-08', title: 'パスワードの強制変更' },
  { id: 'B-09', title: 'パスワードの任意変更' },
  { id: 'B-10', title: '前回ログイン日時の表示' },
  { id: 'B-11', title: 'ソフトウェアキーボード' },
  { id: 'B-12', title: '無操作によるタイムアウト' },
  { id: 'B-13', title: '再ログイン' },
  { id: 'B-14', title: 'ログアウト' },
  { id: 'B-15', title: 'パスワードをお忘れの方・利用規定' },
  { id: 'B-16', title: '初期登録', presets: ['rokin'] },
  { id: 'B-17', title: 'ワンタイムパスワード', presets: ['sevenbank', 'omakase', 'recommended'] },
  { id: 'B-18', title: 'SMS認証コード', presets: ['omakase'] },
  { id: 'B-19', title: 'パスキー・リカバリーコード', presets: ['recommended'] },
  { id: 'B-20', title: 'ログイン履歴' },
  { id: 'B-21', title: '確認用パスワード', presets: ['sevenbank'] },
  { id: 'B-22', title: '変更前の再認証' },
]
