import type { Reader } from '../../platform/reader.ts'
import { strangerTries } from '../../policy/policy.ts'
import type { Customer, CustomerPassword } from './queries.ts'

type Row = { label: string; value: string | string[] }

/** How a customer's passwords stand, their one-time password and their codes, a line each; never a value. */
export const passwordRows = (reader: Reader, customer: Customer): Row[] => [
  ...customer.passwords.map(password => ({
    label: reader.t(`cases.passwords.${password.kind}`),
    value: passwordWords(reader, customer, password),
  })),
  ...(customer.otp ? [{ label: reader.t('users.otp.state'), value: otpWords(reader, customer.otp) }] : []),
  ...(customer.codesSuspendedAt
    ? [
        {
          label: reader.t('codes.label'),
          value: [
            reader.t('factors.otp.standings.suspended'),
            `${reader.t('users.otp.suspendedAt')} ${reader.formats.dateTime(customer.codesSuspendedAt)}`,
          ],
        },
      ]
    : []),
]

const otpWords = ({ t, formats }: Reader, otp: NonNullable<Customer['otp']>): string[] => [
  t(`factors.otp.standings.${otp.suspended ? 'suspended' : 'active'}`),
  ...(otp.suspendedAt
    ? [`${t('users.otp.suspendedAt')} ${formats.dateTime(otp.suspendedAt)}`]
    : otp.registeredAt
      ? [t('factors.security.since', { at: formats.dateTime(otp.registeredAt) })]
      : []),
]

const lockWords = ({ t, formats }: Reader, password: CustomerPassword): string => {
  const { failures, lockedAt, lockedByBank } = password
  if (!lockedAt) return t('cases.password.locked', { failures })
  const at = formats.dateTime(lockedAt)
  return lockedByBank
    ? t('cases.password.lockedByBank', { at })
    : t('cases.password.lockedAt', { at, failures })
}

const passwordWords = (reader: Reader, customer: Customer, password: CustomerPassword): string[] => {
  const { t, formats } = reader
  const { failures: threshold } = customer.policy.lock
  return [
    ...(password.locked
      ? [
          lockWords(reader, password),
          password.lockedUntil
            ? t('cases.password.until', { until: formats.dateTime(password.lockedUntil) })
            : t('cases.password.untilReleased'),
        ]
      : [t('cases.password.failures', { failures: password.failures, threshold })]),
    ...(password.strangersEnd ? [t('cases.password.strangersEnd', { tries: strangerTries.atMost })] : []),
    t('cases.password.setAt', { at: formats.dateTime(password.setAt) }),
    ...(password.forceChange ? [t('cases.password.forceChange')] : []),
    ...(password.temporaryUntil
      ? [t('cases.password.temporaryUntil', { until: formats.dateTime(password.temporaryUntil) })]
      : []),
  ]
}
