import { formatsOf } from '../../platform/formats.ts'
import type { Language, Translate } from '../../platform/i18n.ts'
import type { Sheet } from '../../platform/pdf/pdf.ts'
import type { Customer } from './queries.ts'
import type { ShownSecret } from './secrets.ts'

/** What a letter brings: the first secrets of a new company's first user, or one that was made for somebody known. */
export type LetterKind = ShownSecret['kind'] | 'first'

/**
 * The letter that brings a customer their secrets by post (H-05), in their language: to whom, what each opens, until when it
 * works, what to do with it, and whom to call. It has no login ID and says nothing of the officers: whoever opens somebody
 * else's letter must not hold both halves.
 */
export const letterOf = (
  t: Translate,
  language: Language,
  customer: Pick<Customer, 'companyName' | 'name' | 'policy'>,
  letter: { kind: LetterKind; secrets: readonly ShownSecret[] },
  at: Date,
  hours: string,
): Sheet => {
  const formats = formatsOf(language)
  const words = `cases.letter.${letter.kind}`
  const acquires = letter.secrets.some(({ kind }) => kind === 'acquisition')
  return {
    language,
    title: t(`${words}.title`),
    screen: 'HD0032',
    at,
    facts: [{ label: t('cases.letter.date'), value: formats.dateTime(at) }],
    foot: t('cases.letter.foot'),
    landscape: false,
    words: {
      page: t('print.page', { page: '{page}', pages: '{pages}' }),
      changed: t('common.changed'),
      oldValue: t('common.oldValue'),
      none: t('common.none'),
      missing: t('print.missing'),
    },
    parts: [
      { kind: 'text', text: t('cases.letter.to', { company: customer.companyName, name: customer.name }) },
      { kind: 'text', text: t(`${words}.lead`) },
      {
        kind: 'rows',
        rows: letter.secrets.flatMap(({ kind, password, until }) => [
          { label: t(`cases.secret.${kind}.label`), value: [password] },
          { label: t('cases.letter.until'), value: [formats.dateTime(until)] },
        ]),
      },
      { kind: 'text', text: t(`${words}.next`) },
      // Elsewhere another password opens the file, shown when it is asked for (C-12).
      ...(acquires && customer.policy.certificate.pkcs12Password === 'acquisition-password'
        ? [{ kind: 'text' as const, text: t(`${words}.opens`) }]
        : []),
      { kind: 'text', text: t('cases.letter.keep') },
      {
        kind: 'rows',
        title: t('common.helpdesk.title'),
        rows: [
          { label: t('common.helpdesk.name'), value: [t('cases.letter.call')] },
          { label: t('common.helpdesk.hoursLabel'), value: [hours] },
        ],
      },
    ],
  }
}
