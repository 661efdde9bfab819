import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openPortal, type Portal } from '../../../support/portal.ts'
import type { Visitor } from '../../../support/visitor.ts'
import { basics, check, csv, mistakesOn, row, startImporting } from './importing.ts'

const most = 100_000
/** A file of this size takes some seconds to check, more where other work goes on beside it. */
const longest = 300_000

let portal: Portal
let admin: Visitor

beforeAll(async () => {
  portal = await openPortal({ generalUsers: false })
  await startImporting(portal)
  admin = await portal.administrator()
})
afterAll(() => portal.close())

/** As many users, each hundredth with something that is no mail address. */
const people = (count: number): string[][] =>
  Array.from({ length: count }, (_, index) => {
    const [loginId = '', name = '', email = '', role = ''] = row(`oki${String(index).padStart(6, '0')}`)
    return [loginId, name, index % 100 === 0 ? 'no address' : email, role]
  })

describe('a file as large as may be', () => {
  it(
    'D-13 with a thousand mistakes in a hundred thousand rows names every one, and registers nobody',
    async () => {
      const page = await check(admin, csv(basics, ...people(most)))
      for (const words of ['100000行', '99000名', 'エラー一覧', '1000件']) expect(page.text).toContain(words)
      expect(mistakesOn(page)[0]).toEqual(
        expect.arrayContaining(['2', expect.stringContaining('メールアドレス'), 'no address']),
      )
      expect(page.html).not.toContain('/registration"')
      expect(await portal.deps.db.userImportMistake.count()).toBe(1000)
      expect(await portal.deps.db.user.count({ where: { loginIdKey: { startsWith: 'oki' } } })).toBe(0)
    },
    longest,
  )

  it(
    'D-13, I-05 with one row more is refused, and says how many may be in one',
    async () => {
      const page = await check(admin, csv(basics, ...people(most + 1)))
      expect(page.text).toContain('利用者の行が多すぎます。100000行以内')
      expect(page.html).not.toContain('/registration"')
      expect(await portal.deps.db.user.count({ where: { loginIdKey: { startsWith: 'oki' } } })).toBe(0)
    },
    longest,
  )
})
