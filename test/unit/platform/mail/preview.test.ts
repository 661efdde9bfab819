import { join } from 'node:path'
import { expect, it } from 'vitest'
import { mailKinds } from '../../../../src/jobs/mail-kinds.ts'
import { createTranslations, languages } from '../../../../src/platform/i18n.ts'
import { createLetterWriter } from '../../../../src/platform/mail/letter.ts'
import { mailPreviews } from '../../../../src/platform/mail/preview.ts'

const root = join(import.meta.dirname, '../../../..')
const write = createLetterWriter({
  views: join(root, 'views'),
  translations: createTranslations({
    root: join(root, 'locales'),
    onMissingKey: (language, key) => {
      throw new Error(`${key} has no text in ${language}`)
    },
  }),
})
const previews = mailPreviews(mailKinds, write)

it('I-03 there is a sample of every kind of mail in both languages, each by a name of its own', () => {
  for (const { kind } of mailKinds)
    for (const language of languages)
      expect(previews.some(each => each.name.startsWith(kind) && each.language === language)).toBe(true)
  expect(new Set(previews.map(({ name, language }) => `${name} ${language}`)).size).toBe(previews.length)
})

/** What is the same in every letter, from the rules by which one knows it on, is read once elsewhere. */
const ownPart = (text: string): string => text.split('----------------------------------------')[0] ?? ''

it('I-03 every mail reads as it was reviewed; after a change of words, read the difference and update', () => {
  const written = previews.map(
    ({ name, language, subject, text }) =>
      `### ${name} (${language})\n${subject}\n\n${ownPart(text).trim()}\n`,
  )
  return expect(written.join('\n')).toMatchFileSnapshot('mails.txt')
})
