import { describe, expect, it } from 'vitest'
import { acquisitionPasswordState, checkPaper } from '../../../../src/features/cases/case.ts'
import { caseValues, readCase, readSearch } from '../../../../src/features/cases/forms.ts'
import { readDay } from '../../../../src/features/cases/paper-form.ts'
import { searchKeys } from '../../../../src/features/cases/search.ts'
import type { BusinessDay } from '../../../../src/kernel/business-day.ts'

const now = new Date('2026-11-20T09:00:00Z') // 18:00 on the 20th in Japan
const today = '2026-11-20' as BusinessDay
const paper = { reason: '入力誤り', formNumber: 'R8-0001', formReceivedOn: today, sealChecked: true }

describe('the paper of a case', () => {
  it('H-04 needs a reason of 1 to 400 characters, counted as people count', () => {
    expect(checkPaper(paper, now)).toMatchObject({ ok: true })
    expect(checkPaper({ ...paper, reason: ' \n ' }, now)).toMatchObject({ reason: 'case.reasonMissing' })
    expect(checkPaper({ ...paper, reason: '𠮷'.repeat(400) }, now)).toMatchObject({ ok: true })
    expect(checkPaper({ ...paper, reason: '𠮷'.repeat(401) }, now)).toMatchObject({
      reason: 'case.reasonTooLong',
    })
  })

  it('H-04 needs the form received, by the Japanese calendar, and its seal compared', () => {
    expect(checkPaper({ ...paper, formReceivedOn: '2026-11-21' as BusinessDay }, now)).toMatchObject({
      reason: 'case.formInFuture',
    })
    // Five minutes past midnight in Japan it is the 21st.
    expect(
      checkPaper({ ...paper, formReceivedOn: '2026-11-21' as BusinessDay }, new Date('2026-11-20T15:05:00Z')),
    ).toMatchObject({ ok: true })
    expect(checkPaper({ ...paper, formReceivedOn: '2025-11-20' as BusinessDay }, now)).toMatchObject({
      ok: true,
    })
    expect(checkPaper({ ...paper, formReceivedOn: '2025-11-19' as BusinessDay }, now)).toMatchObject({
      reason: 'case.formTooOld',
    })
    expect(checkPaper({ ...paper, sealChecked: false }, now)).toMatchObject({ reason: 'case.sealUnchecked' })
  })
})

describe('the form of a case', () => {
  const asks = { paper: true, delivers: false, email: false, mobile: false, passkeys: null }
  const filled = {
    reasonChoice: 'mistyped',
    formNumber: 'R8-0001',
    formReceivedOn: '2026-11-20',
    sealChecked: 'on',
  }
  const read = (fields: Record<string, unknown>) =>
    readCase('lock_release', asks, caseValues({ ...filled, ...fields }), now, choice => `<${choice}>`)
  const fieldsOf = (fields: Record<string, unknown>) => read(fields).mistakes.map(each => each.field)

  it('H-04 takes a usual reason, one of its own, or both', () => {
    expect(read({}).filled?.paper.reason).toBe('<mistyped>')
    expect(read({ reasonText: ' 三回とも ' }).filled?.paper.reason).toBe('<mistyped>\n三回とも')
    expect(read({ reasonChoice: 'other', reasonText: '窓口\r\nで確認' }).filled?.paper.reason).toBe(
      '窓口\nで確認',
    )
  })

  it('I-03 names every mistake at once', () => {
    expect(fieldsOf({ reasonChoice: '', formNumber: ' ', formReceivedOn: '', sealChecked: '' })).toEqual([
      'reasonChoice',
      'formNumber',
      'formReceivedOn',
      'sealChecked',
    ])
    expect(fieldsOf({ formNumber: 'あ'.repeat(30) })).toEqual([])
    expect(fieldsOf({ formNumber: 'あ'.repeat(31) })).toEqual(['formNumber'])
    expect(fieldsOf({ formNumber: 'a\u0007' })).toEqual(['formNumber'])
    expect(fieldsOf({ reasonChoice: 'other' })).toEqual(['reasonText'])
    expect(fieldsOf({ reasonChoice: 'other', formReceivedOn: '2026-11-21' })).toEqual([
      'reasonText',
      'formReceivedOn',
    ])
    expect(fieldsOf({ reasonChoice: 'newComputer' })).toEqual(['reasonChoice'])
    expect(fieldsOf({ reasonText: 'a\u0007b' })).toEqual(['reasonText'])
    expect(fieldsOf({ reasonText: 'あ'.repeat(400) })).toEqual(['reasonText'])
    expect(fieldsOf({ reasonChoice: ['mistyped', 'other'] })).toEqual(['reasonChoice'])
  })

  it('H-05 asks how an acquisition password reaches its owner', () => {
    const values = caseValues({ ...filled, reasonChoice: 'first' })
    const delivers = { ...asks, delivers: true }
    const asked = readCase('acquisition_password', delivers, values, now, String)
    expect(asked.mistakes).toEqual([{ field: 'delivery', reason: 'case.deliveryUnchosen' }])
    const mail = readCase('acquisition_password', delivers, { ...values, delivery: 'mail' }, now, String)
    expect(mail.filled).toBeUndefined()
    const post = readCase('acquisition_password', delivers, { ...values, delivery: 'post' }, now, String)
    expect(post.filled?.delivery).toBe('post')
  })

  it('I-06 reads a day as people write it, and no day that is none', () => {
    for (const typed of ['2026-11-05', '2026/11/5', '２０２６／１１／０５', '2026年11月5日', ' 2026.11.05 '])
      expect([typed, readDay(typed)]).toEqual([typed, '2026-11-05'])
    for (const typed of ['2026-02-30', '20261105', '11/05', 'きのう', '2026-13-01', ''])
      expect([typed, readDay(typed)]).toEqual([typed, undefined])
  })
})

describe('the search box', () => {
  it('H-02 compares names without spaces, half- and full-width', () => {
    expect(searchKeys('name', '山田 ABC').names).toEqual(['山田abc', '山田ａｂｃ'])
  })

  it('H-02 takes a serial with colons, in any case, and only what can be one', () => {
    expect(searchKeys('serial', '00:AB:CD:EF:12:34')).toEqual({ serial: 'abcdef1234' })
    expect(searchKeys('serial', 'not hexadecimal')).toEqual({})
    expect(searchKeys('all', '1234')).not.toHaveProperty('serial')
  })

  it('I-05 says what is wrong with what was typed', () => {
    expect(readSearch({})).toBeUndefined()
    expect(readSearch({ q: ' 　' })?.mistake?.reason).toBe('search.missing')
    expect(readSearch({ q: 'あ'.repeat(101) })?.mistake?.reason).toBe('search.tooLong')
    expect(readSearch({ q: 'a\u0008' })?.mistake?.reason).toBe('search.unprintable')
    expect(readSearch({ q: 'yamada', field: 'nonsense' })).toMatchObject({
      field: 'all',
      text: 'yamada',
    })
    expect(readSearch({ q: ['a', 'b'] })?.mistake?.reason).toBe('search.missing')
  })
})

describe('an acquisition password', () => {
  it('C-09 is usable until its last moment, and never after use', () => {
    const row = { usedAt: null, voidedAt: null, expiresAt: now }
    expect(acquisitionPasswordState(row, new Date(now.getTime() - 1))).toBe('unused')
    expect(acquisitionPasswordState(row, now)).toBe('expired')
    expect(acquisitionPasswordState({ ...row, usedAt: now }, now)).toBe('used')
    expect(acquisitionPasswordState({ ...row, voidedAt: now }, now)).toBe('void')
  })
})
