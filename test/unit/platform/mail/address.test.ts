import { expect, it } from 'vitest'
import { isMailAddress } from '../../../../src/platform/mail/address.ts'

it('takes one address as people have them', () => {
  for (const address of [
    'taro@example.jp',
    "o'hara+bank@mail.example.co.jp",
    'taro..yamada.@docomo.ne.jp',
    'a@localhost',
  ])
    expect(isMailAddress(address), address).toBe(true)
})

it('I-05 refuses what would add a header, a second recipient or a source route', () => {
  for (const address of [
    'taro@example.jp\r\nBcc: all@example.jp',
    'taro@example.jp\n',
    'taro@example.jp, hanako@example.jp',
    'taro@example.jp;hanako@example.jp',
    '"Taro" <taro@example.jp>',
    '<taro@example.jp>',
    '@relay.example:taro@example.jp',
    'taro@example.jp\0',
    'taro @example.jp',
    'taro@',
    'taro',
    '',
    'ｔａｒｏ@example.jp',
    `${'a'.repeat(65)}@example.jp`,
    `taro@${'a.'.repeat(130)}jp`,
  ])
    expect(isMailAddress(address), JSON.stringify(address)).toBe(false)
})
