import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { ApprovalMode } from '../../../../src/features/approvals/index.ts'
import {
  type MatrixService,
  meaningOf,
  offeredTo,
  type PermissionKind,
} from '../../../../src/features/users/matrix.ts'

/**
 * The manual's table of サービス利用権限 with its fourth service of movements and shoko's 外為予約 (D-04): what the catalogue
 * offers, in its order, against what stands in the manuals.
 */
const root = join(import.meta.dirname, '..', '..', '..', '..')
const catalogue = readFileSync(join(root, 'prisma/migrations/20261120000001_guards/migration.sql'), 'utf8')
const words = JSON.parse(readFileSync(join(root, 'locales/ja/users.json'), 'utf8'))

const services = [
  ...catalogue.matchAll(/^ {2}\('(\w+)', +(\d+), (NULL|'optional'|'required'), +(true|false)\)/gm),
].map(([, code = '', sort, approval, userLimit]) => ({
  code,
  sort: Number(sort),
  approvable: approval !== 'NULL',
  optional: approval === "'optional'",
  userLimit: userLimit === 'true',
}))
const permissions = [
  ...catalogue.matchAll(/^ {2}\('(\w+)', +'(\w+)', +(\d+), '(\w+)', +(true|false)\)/gm),
].map(([, service = '', code = '', sort, kind, administratorsOnly]) => ({
  service,
  code,
  sort: Number(sort),
  kind: kind as PermissionKind,
  administratorsOnly: administratorsOnly === 'true',
}))

const matrixWith = (mode: ApprovalMode): MatrixService[] =>
  services
    .toSorted((a, b) => a.sort - b.sort)
    .map(({ code, approvable, optional, userLimit }) => ({
      code,
      approval: approvable ? (mode === 'none' && !optional ? 'single' : mode) : null,
      userLimit,
      permissions: permissions.filter(({ service }) => service === code).toSorted((a, b) => a.sort - b.sort),
    }))

const at = (path: string): { label?: string; meaning?: string } =>
  path.split('.').reduce((node, key) => node[key], words.permissions)

const table = (mode: ApprovalMode, role: 'user' | 'administrator') =>
  offeredTo(matrixWith(mode), role).map(service => [
    words.services[service.code],
    service.permissions.map(({ code }) => at(`${service.code}.${code}`).label),
  ])

const bulk = (payees: string, ...more: string[]) => [
  '依頼（画面入力）',
  '依頼（ファイル受付）',
  payees,
  '全取引照会',
  ...more,
  '承認',
]

describe('D-04 the matrix of the manual', () => {
  it('with approval: enquiries, movements with 承認, 全操作履歴照会, and 外為予約 without ユーザ制限設定 for users', () => {
    expect(table('single', 'user')).toEqual([
      ['残高照会', ['照会']],
      ['入出金明細照会', ['照会']],
      ['振込入金明細照会', ['照会']],
      [
        '振込振替',
        [
          '依頼（事前登録口座）',
          '依頼（利用者登録口座）',
          '依頼（新規口座指定）',
          '振込先管理',
          '全取引照会',
          '承認',
        ],
      ],
      ['総合振込', bulk('振込先管理')],
      ['給与・賞与振込', bulk('振込先管理')],
      ['口座振替', bulk('請求先管理', '振替結果照会')],
      ['操作履歴', ['全操作履歴照会']],
      ['外為予約', ['為替予約取引入力', 'リーブオーダー入力', 'コンファーム', '取引管理']],
    ])
  })

  it('E-02 without approval the same boxes, for approvers come before approval; administrators are offered ユーザ制限設定 too', () => {
    expect(table('none', 'user')).toEqual(table('single', 'user'))
    expect(table('single', 'administrator').at(-1)).toEqual([
      '外為予約',
      ['為替予約取引入力', 'リーブオーダー入力', 'コンファーム', '取引管理', 'ユーザ制限設定'],
    ])
  })

  it('limits for one transaction belong to the four movements of funds', () => {
    expect(services.filter(({ userLimit }) => userLimit).map(({ code }) => code)).toEqual([
      'transfer',
      'bulk_transfer',
      'payroll',
      'direct_debit',
    ])
  })

  const meanings = (mode: ApprovalMode, code: string) =>
    matrixWith(mode)
      .filter(service => service.code === code)
      .flatMap(service =>
        service.permissions.map(permission => at(meaningOf(service, permission)).meaning ?? ''),
      )

  it.each(['single', 'double_unordered', 'double_ordered'] as const)(
    '%s: a request of 振込振替 makes data that needs an approval, and its own data only',
    mode => {
      const [preregistered, own, fresh] = meanings(mode, 'transfer')
      for (const meaning of [preregistered, own, fresh]) {
        expect(meaning).toContain('作成・編集・削除・照会')
        expect(meaning).toContain('ご自身が依頼者または承認者であるデータに限ります')
        expect(meaning).toContain('承認が必要です')
      }
    },
  )

  it('none: the same boxes move funds at once, and allow to look and to take back', () => {
    const [preregistered, own, fresh] = meanings('none', 'transfer')
    for (const meaning of [preregistered, own, fresh]) {
      expect(meaning).toContain('照会・取消ができます')
      expect(meaning).toContain('承認は不要です')
    }
  })

  it('none: 承認 of 振込振替 says from when on it counts', () => {
    expect(meanings('none', 'transfer').at(-1)).toMatch(/承認する取引はありません.*承認機能を設定すると/)
    expect(meanings('single', 'transfer').at(-1)).not.toContain('承認機能を設定すると')
  })

  it('総合振込, 給与・賞与振込 and 口座振替 say what the manual says of screen, file and all', () => {
    for (const code of ['bulk_transfer', 'payroll', 'direct_debit']) {
      const [screen, file, , all] = meanings('single', code)
      for (const meaning of [screen, file]) expect(meaning).toMatch(/作成・編集・削除・照会・引戻し・切替/)
      expect(all).toContain('企業内のほかの利用者')
    }
  })

  it('every box has its words at every mode', () => {
    for (const mode of ['none', 'single', 'double_unordered', 'double_ordered'] as const)
      for (const service of matrixWith(mode))
        for (const permission of service.permissions)
          expect(at(meaningOf(service, permission)).meaning, `${service.code}.${permission.code}`).toMatch(
            /。$/,
          )
  })
})
