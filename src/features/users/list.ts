import { certificateWords, type Reader } from './details.ts'
import type { ListedUser } from './queries.ts'

type Tone = 'neutral' | 'good' | 'info' | 'attention' | 'stopped'
type Part = {
  text?: string
  href?: string
  label?: string
  tag?: { text: string; tone: Tone }
  sub?: string
  form?: { action: string; text: string; label: string }
}

const serviceTones = {
  available: 'good',
  suspended: 'stopped',
  blocked: 'stopped',
  deleted: 'stopped',
} as const satisfies Record<ListedUser['serviceState'], Tone>

const emailTones = {
  valid: 'good',
  unverified: 'neutral',
  undeliverable: 'attention',
} as const satisfies Record<ListedUser['emailState'], Tone>

const certificateTones = {
  usable: 'good',
  issuing: 'info',
  none: 'neutral',
  expired: 'attention',
  revoked: 'attention',
  superseded: 'attention',
  void: 'attention',
} as const satisfies Record<ListedUser['certificate']['standing'], Tone>

/** A row of 利用者一覧 for `partials/table`: who, how they stand at a glance, 「照会」, and 「ロック解除」 where it may (D-01, B-06). */
export const userRow = (
  { t, formats }: Reader,
  user: ListedUser,
  releasable: boolean,
): (string | Part | Part[])[] => [
  user.loginId,
  { text: user.name, sub: t(`policies.roles.${user.roleWord}`) },
  [
    { tag: { text: t(`users.serviceStates.${user.serviceState}`), tone: serviceTones[user.serviceState] } },
    ...(user.passwordSet
      ? []
      : [{ tag: { text: t('users.passwordUnset.short'), tone: 'attention' as const } }]),
    ...(user.locked ? [{ tag: { text: t('users.locks.short'), tone: 'attention' as const } }] : []),
    ...(user.otp === 'suspended'
      ? [{ tag: { text: t('users.otp.suspendedShort'), tone: 'attention' as const } }]
      : []),
  ],
  { tag: { text: certificateWords(t, user.certificate), tone: certificateTones[user.certificate.standing] } },
  { tag: { text: t(`users.emailStates.${user.emailState}`), tone: emailTones[user.emailState] } },
  user.lastLoginAt ? formats.dateTimeCompact(user.lastLoginAt) : t('users.neverLoggedIn'),
  [
    { text: t('users.list.enquire'), href: `/users/${user.id}`, label: user.name },
    ...(releasable
      ? [
          {
            form: {
              action: `/users/${user.id}/lock-release`,
              text: t('users.lockRelease.button'),
              label: user.name,
            },
          },
        ]
      : []),
  ],
]
