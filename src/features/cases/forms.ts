import { z } from 'zod'
import { isId } from '../../kernel/ids.ts'
import { unprintable, unprintableInLine } from '../../kernel/reason.ts'
import type { Mistake } from '../../platform/http/mistake.ts'
import { isMailAddress } from '../../platform/mail/address.ts'
import type { RevocationReason } from '../certificates/index.ts'
import { readMobile } from '../factors/index.ts'
import { type CasePaper, type CustomerAct, type Delivery, deliveries, usualReasons } from './case.ts'
import { readPaper } from './paper-form.ts'
import { countedAtMost, longestSearch, type SearchField, searchFields } from './search.ts'

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
  mobile: text,
  passkey: text,
})

/** What was typed, as it comes back to the page when something is wrong. */
export type CaseValues = z.output<typeof caseShape>

/** What the form says, in order. */
export type FilledCase = {
  caseId: string
  /** The unused acquisition password that the officer's page showed; null when it showed none. */
  seen: string | null
  paper: CasePaper
  delivery: Delivery
  /** The corrected mail address; null for every other act. */
  email: string | null
  /** The corrected mobile number in E.164, where that is the act. */
  mobile?: string
  /** The passkey to be removed, where that is the act. */
  passkey?: { id: string; name: string }
  revocationReason: RevocationReason
}

/** What the form says, whatever was sent for it: texts, blank where there was none. */
export const caseValues = (body: unknown): CaseValues => caseShape.parse(body ?? {})

/** Whether the hidden fields are what a page of ours wrote into them. */
export const isOurs = (values: CaseValues): boolean =>
  isId(values.caseId) && (values.seen === '' || isId(values.seen))

/**
 * What is asked about an act: whether its paper is, whether a secret is handed over, whether an address or a number is given, and
 * which of the customer's passkeys is meant.
 */
export type Asks = {
  paper: boolean
  delivers: boolean
  email: boolean
  mobile: boolean
  passkeys: readonly { id: string; name: string }[] | null
}

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
  const mobile = asks.mobile ? readMobile(values.mobile) : undefined
  if (asks.mobile && !mobile)
    mistakes.push({
      field: 'mobile',
      reason: values.mobile.trim() === '' ? 'contact.mobileBlank' : 'mobile.unreadable',
    })
  const passkey = asks.passkeys?.find(({ id }) => id === values.passkey)
  if (asks.passkeys && !passkey) mistakes.push({ field: 'passkey', reason: 'case.passkeyUnchosen' })
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
      ...(mobile && { mobile }),
      ...(passkey && { passkey: { id: passkey.id, name: passkey.name } }),
      revocationReason: revocationReasonOf(values.reasonChoice),
    },
  }
}

const fieldsOnPage = [
  'email',
  'emailAgain',
  'mobile',
  'passkey',
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

const [shortestEmail, longestEmail] = [4, 64]

/** A mail address by the bounds of D-03, typed twice as the manuals ask. */
export const readEmail = (values: Pick<CaseValues, 'email' | 'emailAgain'>, mistakes: Mistake[]): string => {
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

const searchShape = z.object({
  q: z.string().optional().catch(''),
  field: z.enum(searchFields).catch('all'),
  company: z.string().catch(''),
  page: z.coerce.number().int().min(1).max(countedAtMost).catch(1),
})

export type Asked = {
  field: SearchField
  text: string
  /** Number or name of the companies whose users are meant; blank: of any. */
  company: string
  page: number
  mistake?: Mistake
}

/** The search box; undefined where nothing has been asked yet. */
export const readSearch = (query: unknown): Asked | undefined => {
  const { q, field, company, page } = searchShape.parse(query ?? {})
  if (q === undefined) return undefined
  const [typed, within] = [q.trim(), company.trim()]
  const asked = {
    field,
    text: typed.slice(0, longestSearch),
    company: within.slice(0, longestSearch),
    page,
  }
  if (typed === '' && within === '') return { ...asked, mistake: { field: 'q', reason: 'search.missing' } }
  for (const [name, text, blank] of [
    ['q', typed, { text: '' }],
    ['company', within, { company: '' }],
  ] as const) {
    if ([...text].length > longestSearch)
      return {
        ...asked,
        mistake: { field: name, reason: 'search.tooLong', params: { longest: longestSearch } },
      }
    if (unprintableInLine.test(text))
      return { ...asked, ...blank, mistake: { field: name, reason: 'search.unprintable' } }
  }
  return asked
}
