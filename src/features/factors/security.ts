import type { Formats } from '../../platform/formats.ts'
import type { Translate } from '../../platform/i18n.ts'
import type { FactorKind } from '../../policy/second-factor.ts'
import { maskedMobile } from './mobile.ts'
import type { Holdings } from './queries.ts'

type Reader = { t: Translate; formats: Formats }

/** What the page 「セキュリティ設定」 says of the user's factors and addresses, in words. */
export const securityParts = (
  { t, formats }: Reader,
  user: { holdings: Holdings; email: string; kinds: readonly FactorKind[] },
) => {
  const { holdings, email, kinds } = user
  const { totp, mobile, passkeys, recovery } = holdings
  const otpOffered = kinds.includes('totp')
  return {
    contacts: [
      { label: t('factors.security.email'), value: email, changeHref: '/security/contacts/email' },
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
