import type { BusinessDay } from '../../kernel/business-day.ts'
import type { Formats } from '../../platform/formats.ts'
import type { Translate } from '../../platform/i18n.ts'
import { stateAfterBank } from '../../policy/user-states.ts'
import { type BasisFact, basisOf, changedSince } from './acts.ts'
import type { CustomerAct } from './case.ts'
import type { Asks, FilledCase } from './forms.ts'
import type { Case } from './queries.cases.ts'
import type { Customer, Proposal } from './queries.ts'

type Reader = { t: Translate; formats: Formats }
type Row = { label: string; value: string | string[]; old?: string }

/** Where each act has its pages, below the customer's: nouns. */
export const pathOf: Record<CustomerAct, string> = {
  lock_release: 'lock-release',
  password_reset: 'password-reset',
  confirmation_password_reset: 'confirmation-password-reset',
  initial_password: 'initial-password',
  registration_reset: 'registration-reset',
  acquisition_password: 'acquisition-password',
  new_computer: 'new-computer',
  email_correction: 'email-correction',
  otp_revocation: 'otp-revocation',
  user_resumption: 'resumption',
  certificate_revocation: 'certificate-revocation',
  passkey_removal: 'passkey-removal',
  user_lock: 'lock',
  user_suspension: 'suspension',
  session_end: 'session-end',
}

export const customerHref = (userId: string): string => `/helpdesk/users/${userId}`
export const actHref = (userId: string, act: CustomerAct): string => `${customerHref(userId)}/${pathOf[act]}`

/** Whom an act is for, on each of its pages. */
export const forWhom = (
  { t }: Reader,
  customer: { companyName: string; loginId: string; name: string },
): Row[] => [
  { label: t('cases.columns.company'), value: customer.companyName },
  { label: t('cases.columns.loginId'), value: customer.loginId },
  { label: t('cases.columns.name'), value: customer.name },
]

const paperRows = (
  { t, formats }: Reader,
  paper: { reason: string; formNumber: string | null; formReceivedOn: BusinessDay | null },
): Row[] => [
  { label: t('cases.form.reason'), value: paper.reason.split('\n') },
  ...(paper.formNumber ? [{ label: t('cases.form.formNumber'), value: paper.formNumber }] : []),
  ...(paper.formReceivedOn
    ? [
        { label: t('cases.form.formReceivedOn'), value: formats.date(paper.formReceivedOn) },
        { label: t('cases.form.seal'), value: t('cases.form.sealDone') },
      ]
    : []),
]

const wishRows = (
  { t }: Reader,
  delivers: boolean,
  wish: Pick<Proposal, 'delivery' | 'email' | 'passkey'>,
  emailBefore?: string,
): Row[] => [
  ...(wish.email !== null
    ? [
        {
          label: t('cases.columns.email'),
          value: wish.email,
          ...(emailBefore !== undefined && { old: emailBefore }),
        },
      ]
    : []),
  ...(wish.passkey ? [{ label: t('cases.passkeys.name'), value: wish.passkey.name }] : []),
  ...(delivers ? [{ label: t('cases.form.delivery'), value: t(`cases.delivery.${wish.delivery}`) }] : []),
]

/** A customer's passkeys, by what tells one from another; never their keys. */
export const passkeyItems = ({ t, formats }: Reader, passkeys: Customer['passkeys']) =>
  passkeys.map(({ id, name, createdAt, lastUsedAt }) => ({
    value: id,
    label: name,
    hint: t('cases.passkeys.hint', {
      created: formats.dateTime(createdAt),
      used: lastUsedAt ? formats.dateTime(lastUsedAt) : t('cases.passkeys.neverUsed'),
    }),
  }))

/** Who undoes the bank's lock: where the policy leaves it to the company, the bank can't (decision 42). */
export const lockRows = ({ t }: Reader, act: CustomerAct, { mayBeReleased }: Customer): Row[] =>
  act === 'user_lock'
    ? [
        {
          label: t('cases.lockEnd.label'),
          value: t(`cases.lockEnd.${mayBeReleased ? 'helpdesk' : 'administrator'}`),
        },
      ]
    : []

/** What is left when the bank's own 利用停止 ends: the company's, or a 閉塞 (decision 42). */
export const resumptionRows = (
  { t }: Reader,
  { suspendedByBank, stateBeforeBank }: Pick<Customer, 'suspendedByBank' | 'stateBeforeBank'>,
): Row[] =>
  suspendedByBank
    ? [
        {
          label: t('cases.afterResumption'),
          value: t(`cases.stateAfterBank.${stateAfterBank(stateBeforeBank)}`),
        },
      ]
    : []

/** What will be recorded, on the confirm page. */
export const filledView = (reader: Reader, asks: Asks, filled: FilledCase, customer: Customer): Row[] => [
  ...wishRows(reader, asks.delivers, filled, customer.email),
  ...resumptionRows(reader, customer),
  ...paperRows(reader, filled.paper),
]

/** What of the customer's state is not any more as it was when the case was prepared, in words. */
export const changedWords = ({ t }: Reader, found: Case, customer: Customer): string[] =>
  found.state === 'prepared' && found.proposal
    ? changedSince(found.proposal.basis, basisOf(found.kind, customer)).map((fact: BasisFact) =>
        t(`cases.basis.${fact}`),
      )
    : []

/** What was recorded, on the case's page; never a secret. */
export const caseView = (reader: Reader, found: Case, delivers: boolean): Row[] => {
  const { t, formats } = reader
  const { proposal } = found
  const alone = found.state === 'done' && !found.decidedBy
  return [
    ...forWhom(reader, found),
    { label: t('cases.list.state'), value: t(`two-officers.states.${found.state}`) },
    { label: t(alone ? 'cases.list.at' : 'two-officers.list.at'), value: formats.dateTime(found.at) },
    { label: t(alone ? 'cases.list.officer' : 'two-officers.list.officer'), value: found.officer },
    ...(proposal ? wishRows(reader, delivers, proposal, proposal.basis.email) : []),
    ...paperRows(reader, found),
    ...(found.state === 'prepared' && found.expiresAt
      ? [{ label: t('two-officers.list.expiresAt'), value: formats.dateTime(found.expiresAt) }]
      : []),
    ...(found.decidedBy && found.decidedAt
      ? [
          { label: t('cases.decidedBy'), value: found.decidedBy.name },
          { label: t('cases.decidedAt'), value: formats.dateTime(found.decidedAt) },
        ]
      : []),
    ...(found.decisionNote ? [{ label: t('two-officers.note'), value: found.decisionNote.split('\n') }] : []),
    ...reviewRows(reader, found),
    ...(found.acquisitionPassword
      ? [
          {
            label: t('cases.acquisition.state'),
            value: t(`cases.acquisitionState.${found.acquisitionPassword.state}`),
          },
          {
            label: t('cases.acquisition.expiresAt'),
            value: formats.dateTime(found.acquisitionPassword.expiresAt),
          },
        ]
      : []),
    { label: t('cases.number'), value: found.id },
  ]
}

const reviewRows = ({ t, formats }: Reader, { reviewDueOn, reviewed }: Case): Row[] =>
  reviewDueOn
    ? [
        { label: t('cases.review.dueOn'), value: formats.date(reviewDueOn) },
        {
          label: t('cases.review.state'),
          value: reviewed
            ? t('cases.review.done', { at: formats.dateTime(reviewed.at), officer: reviewed.officer })
            : t('cases.review.open'),
        },
      ]
    : []
