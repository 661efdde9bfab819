import { plusSeconds } from '../../kernel/clock.ts'
import type { Printable } from '../../platform/http/print.ts'
import type { Translate } from '../../platform/i18n.ts'
import type { Reader } from '../../platform/reader.ts'
import type { PasswordRule, RoleWords } from '../../policy/policy.ts'
import { writtenNumber } from '../factors/index.ts'
import { limitField } from './forms.ts'
import { type MatrixService, meaningOf, offeredOrHeld, permissionKey, permissionKinds } from './matrix.ts'
import type { CertificateFact, CompanyAccount, UserRecord } from './queries.ts'
import { accountSearchOf, accountsAtOnce, shownAccounts } from './shown-accounts.ts'

/** A row of `partials/review`. */
export type ReviewRow = { label: string; value: string | string[] }

/** 「＊＊＊＊＊＊＊＊」: as long for every password (D-06). */
export const masked = '＊'.repeat(8)

/** 基本情報 as confirm, result and enquiry pages read it. */
export const basicRows = (
  { t }: Reader,
  user: {
    loginId: string
    name: string
    email: string
    mobile: string | null
    /** What users write of themselves (G-06), once there is a user. */
    phone?: string | null
    organisation?: string
    department?: string
    role: string
    changeForced: boolean
    /** To be made by the portal at 「実行」 (D-03). */
    passwordMade?: boolean
    /** False for a user of a file who has been given none yet (D-13). */
    passwordSet?: boolean
  },
): ReviewRow[] => [
  { label: t('users.fields.loginId'), value: user.loginId },
  {
    label: t('users.fields.loginPassword'),
    value:
      user.passwordSet === false
        ? t('users.passwordUnset.long')
        : [
            user.passwordMade ? t('users.register.madeAtRegistration') : masked,
            t(user.changeForced ? 'users.forceChange.yes' : 'users.forceChange.no'),
          ],
  },
  { label: t('users.fields.name'), value: user.name },
  { label: t('users.fields.email'), value: user.email },
  ...(user.mobile ? [{ label: t('factors.contact.mobile.label'), value: user.mobile }] : []),
  { label: t('users.fields.role'), value: t(`users.roles.${user.role}`) },
  ...(
    [
      ['phone', writtenNumber(user.phone ?? null)],
      ['organisation', user.organisation ?? ''],
      ['department', user.department ?? ''],
    ] as const
  ).flatMap(([field, value]) =>
    value === '' ? [] : [{ label: t(`personal-information.fields.${field}`), value }],
  ),
]

/** Which of a user's passwords are locked, where theirs is not accepted, and whether their codes are suspended. */
export const lockWords = (
  t: Translate,
  user: Pick<UserRecord, 'locked' | 'confirmationLocked' | 'strangersEnd' | 'codesSuspended'>,
): string[] => [
  t(user.locked ? 'users.locks.login' : 'users.locks.none'),
  ...(user.confirmationLocked ? [t('users.locks.confirmation')] : []),
  ...(user.strangersEnd ? [t('users.locks.strangersEnd')] : []),
  ...(user.codesSuspended ? [t('users.locks.codesSuspended')] : []),
]

/** サービス状態; of a suspension whether the bank made it, for no administrator ends that (H-03, D-15). */
export const serviceStateWords = (
  t: Translate,
  { serviceState, suspendedByBank }: Pick<UserRecord, 'serviceState' | 'suspendedByBank'>,
): string =>
  t(
    serviceState === 'suspended' && suspendedByBank
      ? 'users.suspendedByBank'
      : `users.serviceStates.${serviceState}`,
  )

/** What the enquiry adds: how the user stands now (D-01, D-15). */
export const standingRows = ({ t, formats }: Reader, user: UserRecord): ReviewRow[] => [
  { label: t('policies.rules.roles'), value: t(`policies.roles.${user.roleWord}`) },
  { label: t('users.fields.serviceState'), value: serviceStateWords(t, user) },
  {
    label: t('users.fields.lock'),
    value: lockWords(t, user),
  },
  { label: t('users.fields.emailState'), value: t(`users.emailStates.${user.emailState}`) },
  {
    label: t('users.fields.certificate'),
    value: [
      certificateWords(t, user.certificate),
      ...(user.certificate.notAfter
        ? [t('users.certificateUntil', { until: formats.dateTime(user.certificate.notAfter) })]
        : []),
    ],
  },
  ...(user.otp === 'none'
    ? []
    : [{ label: t('users.otp.state'), value: t(`factors.otp.standings.${user.otp}`) }]),
  {
    label: t('users.fields.lastLogin'),
    value: user.lastLoginAt
      ? [formats.dateTime(user.lastLoginAt), ...(user.lastLoginFrom ? [user.lastLoginFrom] : [])]
      : t('users.neverLoggedIn'),
  },
  { label: t('users.fields.createdAt'), value: formats.dateTime(user.createdAt) },
]

export const certificateWords = (t: Translate, { standing }: CertificateFact): string =>
  t(`users.certificates.${standing}`)

type MatrixData = {
  caption: string
  captionHidden: boolean
  readonly: boolean
  columns: { service: string; section: string; choices: string }
  groups: {
    title: string
    hint?: string
    sections: {
      title: string
      choices: {
        name: string
        value: string
        label: string
        /** What it allows at this company (D-04). */
        hint?: string
        checked: boolean
        /** Before the change, where there is one (D-06). */
        was?: boolean
      }[]
    }[]
  }[]
}

/**
 * The matrix for `partials/matrix`, to tick, with what each box allows beside it, or to read (D-04). `before`: what the user
 * holds now, where it shows a change (D-06).
 */
export const matrixData = (
  { t }: Reader,
  matrix: readonly MatrixService[],
  permissions: ReadonlySet<string>,
  readonly: boolean,
  before?: ReadonlySet<string>,
): MatrixData => ({
  caption: t('users.matrix.caption'),
  // Where it is read it stands under a heading with its 「変更」 link.
  captionHidden: readonly,
  readonly,
  columns: {
    service: t('users.matrix.service'),
    section: t('users.matrix.section'),
    choices: t('users.matrix.choices'),
  },
  groups: matrix.map(service => ({
    title: t(`users.services.${service.code}`),
    ...(service.approval && { hint: t(`users.approvals.${service.approval}`) }),
    sections: permissionKinds.flatMap(kind => {
      const ofKind = service.permissions.filter(permission => permission.kind === kind)
      return ofKind.length === 0
        ? []
        : [
            {
              title: t(`users.kinds.${kind}`),
              choices: ofKind.map(permission => {
                const value = permissionKey(service, permission)
                return {
                  name: 'permissions',
                  value,
                  label: t(`users.permissions.${value}.label`),
                  ...(!readonly && {
                    hint: t(`users.permissions.${meaningOf(service, permission)}.meaning`),
                  }),
                  checked: permissions.has(value),
                  ...(before && { was: before.has(value) }),
                }
              }),
            },
          ]
    }),
  })),
})

/** 「本店営業部（001） 普通 1234567」. */
export const accountWords = (t: Translate, account: CompanyAccount): string =>
  t('users.account', {
    branch: account.branchName,
    code: account.branchCode,
    kind: t(`users.accountKinds.${account.kind}`),
    number: account.number,
  })

/** A limit in yen; 0 says what it means (D-05). */
export const limitWords = ({ t, formats }: Reader, amount: bigint): string | string[] =>
  amount === 0n ? [formats.yen(amount), t('users.limitZero')] : formats.yen(amount)

/** 利用可能口座 and 限度額 as confirm, result and enquiry pages read them. */
export const accountRows = (
  reader: Reader,
  accounts: readonly CompanyAccount[],
  limits: ReadonlyMap<string, bigint>,
): ReviewRow[] => {
  const { t } = reader
  return [
    {
      label: t('users.fields.accounts'),
      value: accounts.map(account =>
        account.memo === '' ? accountWords(t, account) : `${accountWords(t, account)}　${account.memo}`,
      ),
    },
    ...[...limits].map(([code, amount]) => ({
      label: t('users.limitOf', { service: t(`users.services.${code}`) }),
      value: limitWords(reader, amount),
    })),
  ]
}

/** What a login password must look like, in words. */
export const passwordHint = (t: Translate, { alphabet, minimum, maximum }: PasswordRule): string =>
  t(`users.basic.passwordHints.${alphabet}`, { minimum, maximum })

/** The last second of what ends at a midnight, which itself would read as the day after. */
export const lastSecond = (until: string | undefined): Date | undefined =>
  until === undefined ? undefined : plusSeconds(new Date(until), -1)

/** 管理者権限, each choice with what the company's manual calls who has it (D-14). */
export const roleItems = (t: Translate, roles: RoleWords) =>
  (['administrator', 'user'] as const).map(value => ({
    value,
    label: t('users.roleChoice', {
      given: t(`users.roles.${value}`),
      word: t(`policies.roles.${roles[value]}`),
    }),
  }))

/** The fields of the limits, one for each service in which the user may make requests. */
export const limitFields = ({ t }: Reader, services: readonly MatrixService[]) =>
  services.map(({ code }) => ({
    name: limitField(code),
    label: t('users.limitOf', { service: t(`users.services.${code}`) }),
    hint: t('users.accounts.limitHint'),
    type: 'number',
    width: 20,
    autocomplete: 'off',
    suffix: t('users.yen'),
  }))

/** A result page's rows about a user, as 「印刷」 prints them (D-07). */
export const printOf = (
  rows: readonly ReviewRow[],
  user: { id?: string; loginId: string },
  title?: string,
): Printable => ({
  parts: [{ ...(title && { title }), rows: [...rows] }],
  about: { subject: { kind: 'user', label: user.loginId, ...(user.id && { id: user.id }) } },
})

/**
 * Everything about a stored user, for the result and the enquiry page, and what either prints (D-07). Of very many accounts
 * the page says how many they are, and paper lists them.
 */
export const userDetails = (reader: Reader, user: UserRecord) => {
  const basic = basicRows(reader, user)
  const offered = offeredOrHeld(user.matrix, user.role, user.permissions)
  const matrix = matrixData(reader, offered, user.permissions, true)
  const accounts = accountRows(
    reader,
    user.accounts,
    new Map(
      user.matrix.flatMap(({ code }) => {
        const amount = user.limits.get(code)
        return amount === undefined ? [] : [[code, amount] as const]
      }),
    ),
  )
  const print: Printable = {
    parts: [
      { title: reader.t('users.sections.basic'), rows: basic },
      { title: matrix.caption, matrix },
      { title: reader.t('users.sections.accounts'), rows: accounts },
    ],
    about: { subject: { kind: 'user', id: user.id, label: user.loginId } },
  }
  const [usable, ...limits] = accounts
  const counted = { count: user.accounts.length }
  const onPage =
    usable && user.accounts.length > accountsAtOnce
      ? [{ ...usable, value: reader.t('users.accountsAll', counted) }, ...limits]
      : accounts
  return { basic, matrix, accounts: onPage, print }
}

/** The same with how the user stands now, for the enquiry; of very many accounts the part that its address asks for. */
export const userEnquiry = (reader: Reader, user: UserRecord, asked: { find: string; part: string }) => {
  const details = userDetails(reader, user)
  const standing = standingRows(reader, user)
  const parts = [{ title: reader.t('users.sections.standing'), rows: standing }, ...details.print.parts]
  const shown = shownAccounts(user.accounts, asked)
  const [usable, ...limits] = details.accounts
  return {
    ...details,
    ...(shown.long && usable && { accounts: [...accountRows(reader, shown.accounts, new Map()), ...limits] }),
    ...accountSearchOf(reader.t, shown, `/users/${user.id}`),
    standing,
    print: { ...details.print, parts },
  }
}
