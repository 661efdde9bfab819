import type { Reader } from '../../platform/reader.ts'
import { stateAfterBank } from '../../policy/user-states.ts'
import { writtenNumber } from '../factors/index.ts'
import { caseRows, paperRows } from '../two-officers/index.ts'
import { type BasisFact, basisOf, changedSince } from './acts.ts'
import type { CustomerAct } from './case.ts'
import type { Asks, FilledCase } from './forms.ts'
import type { Case } from './queries.cases.ts'
import type { Customer, Proposal } from './queries.ts'

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
  mobile_correction: 'mobile-correction',
  contractor_appointment: 'contractor-appointment',
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

const wishRows = (
  { t }: Reader,
  delivers: boolean,
  wish: Pick<Proposal, 'delivery' | 'email' | 'mobile' | 'passkey'>,
  before: { email?: string | undefined; mobile?: string | null | undefined },
): Row[] => [
  ...(wish.email !== null
    ? [
        {
          label: t('cases.columns.email'),
          value: wish.email,
          ...(before.email !== undefined && { old: before.email }),
        },
      ]
    : []),
  ...(wish.mobile
    ? [
        {
          label: t('personal-information.fields.mobile'),
          value: writtenNumber(wish.mobile),
          ...(before.mobile && { old: writtenNumber(before.mobile) }),
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

/** Whom the new contractor succeeds (D-14). */
export const contractorRows = (
  { t }: Reader,
  act: CustomerAct,
  { contractors }: Pick<Customer, 'contractors'>,
): Row[] =>
  act === 'contractor_appointment'
    ? [
        {
          label: t('cases.contractorNow'),
          value:
            contractors.length === 0
              ? t('cases.noContractor')
              : contractors.map(({ loginId, name }) => t('cases.contractor', { loginId, name })),
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
  ...wishRows(reader, asks.delivers, filled, customer),
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
  const { proposal, acquisitionPassword } = found
  return [
    ...forWhom(reader, found),
    ...caseRows(reader, found, {
      wanted: proposal ? wishRows(reader, delivers, proposal, proposal.basis) : [],
      made: acquisitionPassword
        ? [
            {
              label: t('cases.acquisition.state'),
              value: t(`cases.acquisitionState.${acquisitionPassword.state}`),
            },
            {
              label: t('cases.acquisition.expiresAt'),
              value: formats.dateTime(acquisitionPassword.expiresAt),
            },
          ]
        : [],
    }),
  ]
}
