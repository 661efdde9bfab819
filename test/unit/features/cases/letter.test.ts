import { expect, it } from 'vitest'
import { letterOf } from '../../../../src/features/cases/letter.ts'
import { createTranslations } from '../../../../src/platform/i18n.ts'
import { presetNames, presetOf } from '../../../../src/policy/policy.ts'

const translations = createTranslations({
  root: 'locales',
  onMissingKey: (_, key) => {
    throw new Error(`no words for ${key}`)
  },
})
const at = new Date('2026-11-20T02:00:00Z')

it.each(presetNames)(
  'C-12 H-05 %s: the letter says that its password opens the file where it does',
  preset => {
    for (const [language, words] of [
      ['ja', '取り込むときにも、このパスワードを使用します'],
      ['en', 'opens the certificate file'],
    ] as const) {
      const policy = presetOf(preset)
      const sheet = letterOf(
        translations(language),
        language,
        { companyName: '試験商事', name: '試験　太郎', policy },
        { kind: 'acquisition', secrets: [{ kind: 'acquisition', password: 'Abcd1234Efgh', until: at }] },
        at,
        '平日 9:00～18:00',
      )
      expect(JSON.stringify(sheet.parts).includes(words)).toBe(
        policy.certificate.pkcs12Password === 'acquisition-password',
      )
    }
  },
)

it('H-06 the first letter to a company brings all that its first user needs, and says neither ID nor officer', () => {
  const sheet = letterOf(
    translations('ja'),
    'ja',
    { companyName: '試験商事', name: '試験　太郎', policy: presetOf('shoko') },
    {
      kind: 'first',
      secrets: [
        { kind: 'login', password: 'Abcd1234Efgh', until: at },
        { kind: 'acquisition', password: 'Wxyz6789Stuv', until: at },
      ],
    },
    at,
    '平日 9:00～18:00',
  )
  const text = JSON.stringify(sheet.parts)
  for (const words of [
    '試験商事',
    'Abcd1234Efgh',
    'Wxyz6789Stuv',
    '電子証明書取得用パスワードは、電子証明書を',
  ])
    expect(text).toContain(words)
})
