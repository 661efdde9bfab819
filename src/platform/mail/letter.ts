import { businessDayOf } from '../../kernel/business-day.ts'
import type { Formats } from '../formats.ts'
import { formatsOf } from '../formats.ts'
import { createTemplates } from '../http/view.ts'
import type { Language, Translate, Translations } from '../i18n.ts'
import { isLanguage } from '../i18n.ts'
import { calendarFile } from './calendar.ts'
import type { AnyMailKind, CalendarParams } from './mail-kind.ts'

/** To whom a letter speaks. The company is absent for the bank's own staff. */
export type Addressee = { company?: string; name: string }

/** What a letter is written from: a row of the outbox. */
export type LetterContent = {
  /** The row's id; its end is the number by which the helpdesk finds the mail. */
  id: string
  locale: string
  /** The preset of the addressee's company, whose words the letter takes; none for the bank's own staff. */
  preset?: string | undefined
  addressee: Addressee
  /** As the row keeps them: moments as ISO text. */
  params: Record<string, unknown>
}

/** A letter ready to be sent: both parts say the same. */
export type Letter = {
  language: Language
  subject: string
  text: string
  html: string
  /** A calendar file (RFC 5545), in letters that tell of a day to come. */
  calendar?: string
}

type Paragraph = { facts?: undefined; text: string }
type Facts = { facts: { label: string; value: string }[] }

/** The number that a customer reads to the helpdesk to learn whether a mail is the bank's: `8C2F-41D0-9A77`. */
export const mailNumber = (id: string): string => {
  const end = id.replaceAll('-', '').slice(-12).toUpperCase()
  return [end.slice(0, 4), end.slice(4, 8), end.slice(8)].join('-')
}

/**
 * Text that came from people, as it may stand in a letter: on one line, and without the characters that reorder what
 * is read. Markup needs no care here, since the template escapes it.
 */
const onOneLine = (text: string): string =>
  text
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '')
    .trim()

/**
 * Gives the function that writes letters, text and HTML, in the language of their row (Japanese where it is neither
 * language of the portal). Every letter says how to know that it is real, and none holds a link (experience, 14).
 * @param options.views the folder of templates; the HTML part is `mail/letter.eta`
 * @param options.helpdesk the bank's own number and hours; without them the usual hours stand (H-07)
 */
export const createLetterWriter = (options: {
  views: string
  translations: Translations
  helpdesk?: (reader: { t: Translate; language: Language }) => { phone?: string; hours?: string }
}): ((mail: AnyMailKind, content: LetterContent) => Letter) => {
  const templates = createTemplates(options.views, true)
  return (mail, content) => {
    const language = isLanguage(content.locale) ? content.locale : 'ja'
    const t = options.translations(language, content.preset)
    const { phone, hours } = options.helpdesk?.({ t, language }) ?? {}
    const words = wordsOf(mail, content, t, formatsOf(language))
    const parts = mail.letter.map((part): Paragraph | Facts => {
      if (typeof part === 'string') return { text: t(`mail.${mail.kind}.${part}`, words) }
      if ('choice' in part)
        return { text: t(`mail.${mail.kind}.${part.choice}.${content.params[part.choice]}`, words) }
      return {
        facts: part.facts
          .filter(name => words[name] !== '')
          .map(name => ({ label: t(`mail.${mail.kind}.facts.${name}`), value: words[name] ?? '' })),
      }
    })
    const heading = t(`mail.${mail.kind}.subject`, words)
    const page = {
      t,
      language,
      heading,
      company: words.company,
      salutation: t('mail.salutation', { name: words.name ?? '' }),
      parts,
      rules: ['neverAsk', 'noLinks', 'doubt'].map(rule => t(`mail.real.${rule}`)),
      number: t('mail.number', { number: mailNumber(content.id) }),
      helpdesk: [
        ...(phone ? [t('mail.fact', { label: t('common.helpdesk.phone'), value: phone })] : []),
        t('mail.fact', {
          label: t('common.helpdesk.hoursLabel'),
          value: hours ?? t('common.helpdesk.hours'),
        }),
      ],
    }
    return {
      language,
      subject: t('mail.subject', { brand: t('mail.brand'), subject: heading }),
      text: asText(page),
      html: templates.render('./mail/letter', page),
      ...(mail.calendar && { calendar: calendarOf(mail, mail.calendar, content, t, words) }),
    }
  }
}

const calendarOf = (
  { kind }: AnyMailKind,
  { day, written, matter }: CalendarParams,
  { params }: LetterContent,
  t: Translate,
  words: Record<string, string>,
): string =>
  calendarFile({
    uid: `${kind}-${params[matter]}@sekisho`,
    day: businessDayOf(new Date(String(params[day]))),
    summary: t(`mail.${kind}.calendar.summary`, words),
    description: t(`mail.${kind}.calendar.description`, words),
    at: new Date(String(params[written])),
  })

/** Every param in words, and the addressee's name and company; absent ones are empty. */
const wordsOf = (
  mail: AnyMailKind,
  content: LetterContent,
  t: Translate,
  formats: Formats,
): Record<string, string> => {
  const words: Record<string, string> = {
    company: onOneLine(content.addressee.company ?? ''),
    name: onOneLine(content.addressee.name),
  }
  const paragraphs = new Set(
    mail.letter.map(part => typeof part !== 'string' && 'choice' in part && part.choice),
  )
  for (const [name, how] of Object.entries(mail.shown)) {
    const value = content.params[name]
    if (paragraphs.has(name)) continue
    if (value === undefined || value === null) words[name] = ''
    else if (how === 'moment') words[name] = formats.dateTime(new Date(String(value)))
    else if (how === 'choice') words[name] = t(`mail.choices.${name}.${value}`)
    else words[name] = onOneLine(String(value))
  }
  return words
}

type Page = {
  t: Translate
  heading: string
  company: string | undefined
  salutation: string
  parts: (Paragraph | Facts)[]
  rules: string[]
  number: string
  helpdesk: string[]
}

const asText = ({ t, heading, company, salutation, parts, rules, number, helpdesk }: Page): string => {
  const block = (lines: (string | undefined)[]) => lines.filter(Boolean).join('\n')
  const item = (text: string) => t('mail.item', { text })
  return `${[
    block([company, salutation]),
    // Thanks for their custom are for customers: the bank's own officers have no company.
    ...(company ? [t('mail.opening')] : []),
    t('mail.heading', { heading }),
    ...parts.map(part =>
      part.facts
        ? block(part.facts.map(({ label, value }) => item(t('mail.fact', { label, value }))))
        : part.text,
    ),
    '----------------------------------------',
    block([t('mail.heading', { heading: t('mail.real.heading') }), ...rules.map(item)]),
    block([t('mail.heading', { heading: t('mail.helpdesk.heading') }), ...helpdesk]),
    block([t('mail.automatic'), number]),
    t('mail.brand'),
  ].join('\n\n')}\n`
}
