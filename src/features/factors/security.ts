import type { Translate } from '../../platform/i18n.ts'
import type { Reader } from '../../platform/reader.ts'
import type { FactorKind } from '../../policy/second-factor.ts'
import type { EmailState } from '../../policy/user-states.ts'
import { maskedMobile } from './mobile.ts'
import type { Holdings } from './queries.ts'

/**
 * メールアドレス状態 as its owner reads it, for `partials/review` (D-15): with 「確認する」 until it is 有効.
 * @param from the page that asks, where it is not 「セキュリティ設定」: one comes back to it.
 */
export const emailStateRow = (t: Translate, state: EmailState, from?: 'personal-information') => ({
  label: t('users.fields.emailState'),
  value: t(`users.emailStates.${state}`),
  ...(state !== 'valid' && {
    changeHref: `/security/contacts/email/proof${from ? `?from=${from}` : ''}`,
    changeText: t('factors.proof.link'),
  }),
})

/** What the page 「セキュリティ設定」 says of the user's factors and addresses, in words. */
export const securityParts = (
  { t, formats }: Reader,
  user: { holdings: Holdings; email: string; emailState: EmailState; kinds: readonly FactorKind[] },
) => {
  const { holdings, email, emailState, kinds } = user
  const { totp, mobile, passkeys, recovery } = holdings
  const otpOffered = kinds.includes('totp')
  return {
    contacts: [
      { label: t('factors.security.email'), value: email, changeHref: '/security/contacts/email' },
      emailStateRow(t, emailState),
      ...(kinds.includes('sms') || mobile
        ? [
            {
              label: t('factors.security.mobile'),
              value: mobile ? maskedMobile(mobile) : '',
              changeHref: '/security/contacts/mobile',
            },
          ]
        : []),
    ],
    otp: otpOffered && {
      registered: totp.standing !== 'none',
      rows: [
        {
          label: t('factors.security.state'),
          value: [
            t(`factors.otp.standings.${totp.standing}`),
            ...(totp.registeredAt
              ? [t('factors.security.since', { at: formats.dateTime(totp.registeredAt) })]
              : []),
          ],
        },
      ],
    },
    passkeys: kinds.includes('passkey') && {
      rows: passkeys.map(passkey => ({
        id: passkey.id,
        name: passkey.name,
        words: [
          t('factors.security.since', { at: formats.dateTime(passkey.createdAt) }),
          passkey.lastUsedAt
            ? t('factors.security.lastUsed', { at: formats.dateTime(passkey.lastUsedAt) })
            : t('factors.security.neverUsed'),
        ],
      })),
    },
    recovery: kinds.length > 0 && {
      exists: recovery !== null,
      rows: [
        {
          label: t('factors.security.state'),
          value: recovery
            ? [
                t('factors.recovery.left', { count: recovery.left }),
                t('factors.security.issuedAt', { at: formats.dateTime(recovery.createdAt) }),
              ]
            : t('factors.recovery.none'),
        },
      ],
    },
  }
}
