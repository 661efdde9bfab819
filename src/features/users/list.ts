import type { UserActor } from '../../kernel/actor.ts'
import type { Translate } from '../../platform/i18n.ts'
import type { Reader } from '../../platform/reader.ts'
import type { SecurityPolicy } from '../../policy/policy.ts'
import { factorsOf } from '../../policy/second-factor.ts'
import { certificateWords, serviceStateWords } from './details.ts'
import { offersRelease } from './lock-release.ts'
import type { Reach } from './managing.ts'
import { otpLists } from './otp-acts.wizard.ts'
import type { ListedUser, UserRecord } from './queries.ts'
import { serviceActsOffered } from './service-state.ts'

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

const otpTones = {
  none: 'neutral',
  active: 'good',
  suspended: 'attention',
} as const satisfies Record<ListedUser['otp'], Tone>

const certificateTones = {
  usable: 'good',
  issuing: 'info',
  none: 'neutral',
  expired: 'attention',
  revoked: 'attention',
  superseded: 'attention',
  void: 'attention',
} as const satisfies Record<ListedUser['certificate']['standing'], Tone>

/** What the administrator is offered to do with a user of the list; `otp`: whether the company uses one-time passwords. */
export type RowActs = { otp: boolean; change: boolean; remove: boolean; release: boolean }

/**
 * A row of 利用者一覧 for `partials/table`: who, how they stand at a glance, 「照会」, and 「変更」「削除」「ロック解除」 where they
 * may (D-01, B-06).
 */
export const userRow = (
  { t, formats }: Reader,
  user: ListedUser,
  acts: RowActs,
): (string | Part | Part[])[] => [
  user.loginId,
  { text: user.name, sub: t(`policies.roles.${user.roleWord}`) },
  [
    { tag: { text: serviceStateWords(t, user), tone: serviceTones[user.serviceState] } },
    ...(user.passwordSet
      ? []
      : [{ tag: { text: t('users.passwordUnset.short'), tone: 'attention' as const } }]),
    ...(user.locked ? [{ tag: { text: t('users.locks.short'), tone: 'attention' as const } }] : []),
    ...(user.codesSuspended
      ? [{ tag: { text: t('users.locks.codesShort'), tone: 'attention' as const } }]
      : []),
  ],
  { tag: { text: certificateWords(t, user.certificate), tone: certificateTones[user.certificate.standing] } },
  ...(acts.otp ? [{ tag: { text: t(`users.otp.standings.${user.otp}`), tone: otpTones[user.otp] } }] : []),
  { tag: { text: t(`users.emailStates.${user.emailState}`), tone: emailTones[user.emailState] } },
  user.lastLoginAt ? formats.dateTimeCompact(user.lastLoginAt) : t('users.neverLoggedIn'),
  [
    { text: t('users.list.enquire'), href: `/users/${user.id}`, label: user.name },
    ...(
      [
        [acts.change, 'change', t('users.list.change')],
        [acts.remove, 'deletion', t('users.list.delete')],
        [acts.release, 'lock-release', t('users.lockRelease.button')],
      ] as const
    ).flatMap(([offered, path, text]) =>
      offered ? [{ form: { action: `/users/${user.id}/${path}`, text, label: user.name } }] : [],
    ),
  ],
]

/** What an administrator is offered on the enquiry of a user, in the order of its buttons (D-08 to D-10, D-15, B-06). */
export const enquiryActs = (
  t: Translate,
  actor: UserActor,
  policy: SecurityPolicy,
  reach: Reach,
  user: UserRecord,
): { action: string; text: string; warning: boolean }[] => {
  const managed = reach.manages(user)
  const service = managed ? serviceActsOffered(actor, user) : []
  const otherHolder = managed && user.id !== actor.id && factorsOf(policy.login).includes('totp')
  const acts: [boolean, string, string][] = [
    [managed, `/users/${user.id}/change`, 'users.list.change'],
    [service.includes('suspend'), `/users/${user.id}/suspension`, 'users.service.suspend.button'],
    [service.includes('resume'), `/users/${user.id}/resumption`, 'users.service.resume.button'],
    [offersRelease(policy, actor, reach, user), `/users/${user.id}/lock-release`, 'users.lockRelease.button'],
    [otherHolder && user.otp === 'suspended', `${otpLists.lift}/${user.id}/lift`, 'users.otp.lift.button'],
    [
      otherHolder && user.otp !== 'none',
      `${otpLists.revoke}/${user.id}/revocation`,
      'users.otp.revoke.button',
    ],
    [service.includes('delete'), `/users/${user.id}/deletion`, 'users.list.delete'],
  ]
  return acts.flatMap(([offered, action, words]) =>
    offered ? [{ action, text: t(words), warning: words === 'users.list.delete' }] : [],
  )
}
