import { type Language, languages } from '../i18n.ts'
import type { Letter, LetterContent } from './letter.ts'
import type { AnyMailKind } from './mail-kind.ts'

/** A letter of a kind as somebody could get it: one for each paragraph that it may choose. */
export type MailSample = { name: string; kind: AnyMailKind; content: Omit<LetterContent, 'locale'> }

/** What samples say where a kind shows a text: as people would have it, in nobody's name. */
const texts: Record<string, string | number> = {
  from: '203.0.113.7',
  by: '管理　花子',
  registeredBy: '管理　花子',
  changedBy: '管理　花子',
  requestedBy: '管理　花子',
  decidedBy: '管理　花子',
  preparedBy: '窓口　花子',
  doneBy: '窓口　花子',
  serial: '00c0ffee',
  daysLeft: 14,
  remaining: 9,
  device: '会社のノートPC',
  code: '012345',
  link: 'portal.bank.example/password-reset/abc',
  before: '*******5678',
  after: '*******4321',
}

const moments: Record<string, string> = {
  at: '2026-11-20T08:55:03.000Z',
  until: '2026-11-20T09:55:03.000Z',
  expiresAt: '2026-12-04T08:55:03.000Z',
  notAfter: '2027-11-20T08:55:03.000Z',
}

const sampleValue = (kind: AnyMailKind, name: string): string | number => {
  const how = kind.shown[name]
  if (how === 'moment') return moments[name] ?? '2026-11-20T08:55:03.000Z'
  if (how === 'choice') return kind.choices[name]?.[0] ?? ''
  return texts[name] ?? '見本'
}

/** The kinds that go to the bank's own officers. */
const toOfficers = /^(case|officer)\./

/** Every way in which the paragraphs of a letter can be chosen, the first of each for all but one. */
const waysOf = (kind: AnyMailKind): Record<string, string>[] => {
  const chosen = kind.letter.flatMap(part =>
    typeof part !== 'string' && 'choice' in part ? [part.choice] : [],
  )
  const ways = chosen.flatMap(name => (kind.choices[name] ?? []).map(value => ({ [name]: value })))
  return ways.length > 0 ? ways : [{}]
}

/** Samples of each kind of mail, for people and tests to read (I-03): made up, the same whenever they are made. */
export const mailSamples = (kinds: readonly AnyMailKind[]): MailSample[] =>
  kinds.flatMap(kind =>
    waysOf(kind).map(way => ({
      name: [kind.kind, ...Object.values(way)].join('.'),
      kind,
      content: {
        id: '01a0b1c2-d3e4-7f50-8a6b-8c2f41d09a77',
        addressee: toOfficers.test(kind.kind)
          ? { name: '役席　一郎' }
          : { company: '株式会社　山田商店', name: '山田　太郎' },
        params: {
          ...Object.fromEntries(Object.keys(kind.shown).map(name => [name, sampleValue(kind, name)])),
          ...way,
        },
      },
    })),
  )

/** A sample as a letter, in one language. */
export type MailPreview = { name: string; language: Language; subject: string; text: string; html: string }

/** Every sample in every language of the portal, for the development mailbox and for tests. */
export const mailPreviews = (
  kinds: readonly AnyMailKind[],
  write: (kind: AnyMailKind, content: LetterContent) => Letter,
): MailPreview[] =>
  mailSamples(kinds).flatMap(({ name, kind, content }) =>
    languages.map(language => {
      const { subject, text, html } = write(kind, { ...content, locale: language })
      return { name, language, subject, text, html }
    }),
  )
