import { describe, expect, it } from 'vitest'
import { readPhone, writtenNumber } from '../../../../src/features/factors/phone.ts'
import {
  detailsForm,
  longestOrganisation,
  type PersonalInformation,
  readDetails,
  valuesOf,
} from '../../../../src/features/personal-information/personal-information.ts'
import { policyOf } from '../../../../src/policy/policy.ts'

const withSms = policyOf({ preset: 'omakase', overrides: { login: { secondFactor: 'sms' } } })
const withoutSms = policyOf({ preset: 'shoko', overrides: null })

const stored: PersonalInformation = {
  name: '鈴木　花子',
  phone: '+81312345678',
  mobile: '+819012345678',
  organisation: '○○事業部',
  department: '○○部',
}
const form = (changed: Partial<ReturnType<typeof valuesOf>>) => ({ ...valuesOf(stored), ...changed })
const problems = (changed: Partial<ReturnType<typeof valuesOf>>, policy = withoutSms) => {
  const parsed = detailsForm(policy, stored).safeParse(form(changed))
  return parsed.success ? [] : parsed.error.issues.map(({ path, message }) => `${String(path[0])} ${message}`)
}

describe('個人情報', () => {
  it('G-06 I-06 reads a telephone number however it is typed, and writes it as it is written here', () => {
    for (const typed of [
      '03-1234-5678',
      '０３（１２３４）５６７８',
      ' 0312345678',
      '+81 3 1234 5678',
      '03ー1234ー5678',
    ])
      expect(readPhone(typed), typed).toBe('+81312345678')
    expect(readPhone('+44 20 7946 0958')).toBe('+442079460958')
    expect(writtenNumber('+81312345678')).toBe('03-1234-5678')
    expect(writtenNumber('+819012345678')).toBe('090-1234-5678')
    expect(writtenNumber('+442079460958')).toBe('+44 20 7946 0958')
    for (const typed of [
      '110',
      '03-1234-567',
      '03-1234-56789',
      '0000000000',
      '03-1234-5678x3',
      'でんわ',
      '\u0000',
      '1'.repeat(41),
    ])
      expect(readPhone(typed), typed).toBeUndefined()
  })

  it('G-06 I-05 names each field that is wrong, at its bound and one past', () => {
    expect(problems({})).toEqual([])
    expect(problems({ name: '' })).toEqual(['name personalInformation.name.blank'])
    expect(problems({ name: '全'.repeat(30) })).toEqual([])
    expect(problems({ name: '全'.repeat(31) })).toEqual(['name personalInformation.name.tooLong'])
    expect(problems({ name: '絵文字😀' })).toEqual(['name personalInformation.name.width'])
    expect(problems({ phone: '123', mobile: '03-1234-5678' })).toEqual([
      'phone personalInformation.phone.unreadable',
      'mobile mobile.unreadable',
    ])
    for (const field of ['organisation', 'department'] as const) {
      expect(problems({ [field]: '𠮷'.repeat(longestOrganisation) })).toEqual([])
      expect(problems({ [field]: '𠮷'.repeat(longestOrganisation + 1) })).toEqual([
        `${field} personalInformation.${field}.tooLong`,
      ])
      for (const unseen of ['\n', '\u0000', '\u202e', '\u200b'])
        expect(problems({ [field]: `部${unseen}署` })).toEqual([
          `${field} personalInformation.${field}.characters`,
        ])
    }
  })

  it('G-06 B-18 needs a mobile number where logins use SMS, and nowhere else', () => {
    expect(problems({ mobile: '' }, withSms)).toEqual(['mobile mobile.required'])
    expect(problems({ mobile: '' }, withoutSms)).toEqual([])
    expect(problems({ name: '', phone: '', organisation: '', department: '' }, withSms)).toHaveLength(1)
  })

  it('G-06 I-06 keeps what was left as it stands, and what is blank is given up', () => {
    expect(readDetails(form({}), stored)).toEqual(stored)
    const odd = { ...stored, mobile: '+8112' }
    expect(readDetails(valuesOf(odd), odd)).toEqual(odd)
    expect(
      readDetails(form({ name: 'ｽｽﾞｷ hanako', phone: '', mobile: ' ', organisation: '　本社　' }), stored),
    ).toEqual({
      name: 'スズキ　ｈａｎａｋｏ',
      phone: null,
      mobile: null,
      organisation: '本社',
      department: '○○部',
    })
  })
})
