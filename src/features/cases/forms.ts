import { z } from 'zod'
import { type BusinessDay, businessDayOf, parseBusinessDay } from '../../kernel/business-day.ts'
import { isId } from '../../kernel/ids.ts'
import { isMailAddress } from '../../platform/mail/address.ts'
import type { RevocationReason } from '../certificates/index.ts'
import {
  type CasePaper,
  type CustomerAct,
  checkPaper,
  type Delivery,
  deliveries,
  type PaperRefusal,
  usualReasons,
} from './case.ts'
import { longestSearch, type SearchField, searchFields } from './search.ts'

const text = z.string().catch('')

const caseShape = z.object({
  caseId: text,
  seen: text,
  reasonChoice: text,
  reasonText: text,
  formNumber: text,
  formReceivedOn: text,
  sealChecked: text,
  delivery: text,
  email: text,
  emailAgain: text,
})

/** What was typed, as it comes back to the page when something is wrong. */
export type CaseValues = z.output<typeof caseShape>

/** A field's mistake: the reason code's words are the message. */
export type Mistake = { field: string; reason: string; params?: Record<string, string | number> }

export type FilledCase = {
  caseId: string
  seen: string | null
  paper: CasePaper
  delivery: Delivery
  email: string | null
  revocationReason: RevocationReason
}

/** What the form says, whatever was sent for it: texts, blank where there was none. */
export const caseValues = (body: unknown): CaseValues => caseShape.parse(body ?? {})

/** Whether the hidden fields are what a page of ours wrote into them. */
export const isOurs = (values: CaseValues): boolean =>
  isId(values.caseId) && (values.seen === '' || isId(values.seen))

/** A day as people write it: half- or full-width, with hyphens, slashes, dots or 年月日 (I-06). */
export const readDay = (typed: string): BusinessDay | undefined => {
  const match = /^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?$/.exec(
    typed.normalize('NFKC').replace(/\s/g, ''),
  )
  const [, year = '', month = '', day = ''] = match ?? []
  return match ? parseBusinessDay(`${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`) : undefined
}

const fieldOf: Record<PaperRefusal, string> = {
  'case.reasonMissing': 'reasonText',
  'case.reasonTooLong': 'reasonText',
  'case.formNumberMissing': 'formNumber',
  'case.formNumberTooLong': 'formNumber',
  'case.formMissing': 'formReceivedOn',
  'case.formInFuture': 'formReceivedOn',
  'case.formTooOld': 'formReceivedOn',
  'case.sealUnchecked': 'sealChecked',
}

// A line break is part of a reason; other control characters come from a paste gone wrong.
const unprintable = /[^\P{Cc}\n]/u

/** What is asked about an act: whether its paper is, whether a secret is handed over, and whether an address is given. */
export type Asks = { paper: boolean; delivers: boolean; email: boolean }

/**
 * Reads a case's form: every mistake at once, or what is to be done. `wordsOf` gives a usual reason in the words that
 * are recorded; what was written beside it follows.
 */
export const readCase = (
  act: CustomerAct,
  asks: Asks,
  values: CaseValues,
  now: Date,
  wordsOf: (choice: string) => string,
): { mistakes: Mistake[]; filled?: FilledCase } => {
  const mistakes: Mistake[] = []
  const note = values.reasonText.replaceAll('\r\n', '\n').trim()
  const known: readonly string[] = usualReasons[act]
  if (!known.includes(values.reasonChoice))
    mistakes.push({ field: 'reasonChoice', reason: 'case.reasonUnchosen' })
  else if (values.reasonChoice === 'other' && note === '')
    mistakes.push({ field: 'reasonText', reason: 'case.reasonMissing' })
  if (unprintable.test(note)) mistakes.push({ field: 'reasonText', reason: 'case.reasonUnprintable' })
  const usual =
    values.reasonChoice === 'other' || !known.includes(values.reasonChoice)
      ? ''
      : wordsOf(values.reasonChoice)
  const reason = [usual, note].filter(part => part !== '').join('\n')
  const email = asks.email ? readEmail(values, mistakes) : null
  const paper = readPaper(asks.paper, values, reason, now, mistakes)
  const delivery = deliveries.find(each => each === values.delivery) ?? 'post'
  if (asks.delivers && values.delivery !== delivery)
    mistakes.push({ field: 'delivery', reason: 'case.deliveryUnchosen' })
  if (mistakes.length > 0 || !paper) return { mistakes: inOrder(mistakes) }
  return {
    mistakes,
    filled: {
      caseId: values.caseId,
      seen: values.seen === '' ? null : values.seen,
      paper,
      delivery,
      email,
      revocationReason: revocationReasonOf(values.reasonChoice),
    },
  }
}

const fieldsOnPage = [
  'email',
  'emailAgain',
  'reasonChoice',
  'reasonText',
  'formNumber',
  'formReceivedOn',
  'sealChecked',
  'delivery',
]

/** As the fields stand on the page, so that the summary leads from top to bottom. */
const inOrder = (mistakes: Mistake[]): Mistake[] =>
  mistakes.toSorted((one, other) => fieldsOnPage.indexOf(one.field) - fieldsOnPage.indexOf(other.field))

/** The paper, as far as the act needs one (H-04); what takes access away stands on its reason alone. */
const readPaper = (
  needed: boolean,
  values: CaseValues,
  reason: string,
  now: Date,
  mistakes: Mistake[],
): CasePaper | undefined => {
  const formReceivedOn = needed ? (readDay(values.formReceivedOn) ?? null) : null
  const formNumber = needed ? values.formNumber.normalize('NFKC').trim() : null
  if (needed && /\p{Cc}/u.test(formNumber ?? ''))
    mistakes.push({ field: 'formNumber', reason: 'case.formNumberUnprintable' })
  if (needed && !formReceivedOn)
    mistakes.push({
      field: 'formReceivedOn',
      reason: values.formReceivedOn.trim() === '' ? 'case.formMissing' : 'case.formNoDay',
    })
  const sealChecked = needed && values.sealChecked === 'on'
  if (needed && !sealChecked) mistakes.push({ field: 'sealChecked', reason: 'case.sealUnchecked' })
  const paper = { reason, formNumber, formReceivedOn, sealChecked }
  // The rules of the paper, one after the other, on what can be read of it; what is missing was said above.
  const readable = {
    reason: reason || '-',
    formReceivedOn: formReceivedOn ?? businessDayOf(now),
    sealChecked: true,
  }
  for (const each of [
    { ...readable, formNumber: '-' },
    { ...readable, reason: '-', formReceivedOn: businessDayOf(now), formNumber },
  ]) {
    const checked = checkPaper(each, now, needed)
    if (!checked.ok)
      mistakes.push({
        field: fieldOf[checked.reason],
        reason: checked.reason,
        ...(checked.params && { params: checked.params }),
      })
  }
  return mistakes.length === 0 ? { ...paper, reason: reason.trim() } : undefined
}

const [shortestEmail, longestEmail] = [4, 64]

/** A mail address by the bounds of D-03, typed twice as the manuals ask. */
const readEmail = (values: CaseValues, mistakes: Mistake[]): string => {
  const [email, again] = [values.email, values.emailAgain].map(each => each.normalize('NFKC').trim()) as [
    string,
    string,
  ]
  const wrong = (field: string, reason: string, params?: Mistake['params']) =>
    mistakes.push({ field, reason, ...(params && { params }) })
  if (email === '') wrong('email', 'user.email.blank')
  else if (email.length < shortestEmail || email.length > longestEmail)
    wrong('email', 'user.email.length', { minimum: shortestEmail, maximum: longestEmail })
  else if (!isMailAddress(email)) wrong('email', 'user.email.shape')
  if (email !== '' && again !== email)
    wrong('emailAgain', again === '' ? 'user.email.againBlank' : 'user.email.again')
  return email
}

/** What the picked reason is to the certificate: in the history, the mail and the revocation list. */
const revocationReasonOf = (choice: string): RevocationReason => {
  if (choice === 'computerLost') return 'lost'
  return choice === 'userLeft' ? 'userLeft' : 'other'
}

const searchShape = z.object({ q: z.string().optional().catch(''), field: z.enum(searchFields).catch('all') })

export type Asked = { field: SearchField; text: string; mistake?: Mistake }

/** The search box; undefined where nothing has been asked yet. */
export const readSearch = (query: unknown): Asked | undefined => {
  const { q, field } = searchShape.parse(query ?? {})
  if (q === undefined) return undefined
  const typed = q.trim()
  const asked = { field, text: typed.slice(0, longestSearch) }
  if (typed === '') return { ...asked, mistake: { field: 'q', reason: 'search.missing' } }
  if ([...typed].length > longestSearch)
    return { ...asked, mistake: { field: 'q', reason: 'search.tooLong', params: { longest: longestSearch } } }
  if (/\p{Cc}/u.test(typed))
    return { ...asked, text: '', mistake: { field: 'q', reason: 'search.unprintable' } }
  return asked
}
