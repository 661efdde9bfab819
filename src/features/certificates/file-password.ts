import type { CertificatePurpose } from '../../generated/prisma/enums.ts'
import { isPkcs12Password } from '../../platform/ca/pkcs12.ts'
import { randomPassword } from '../../platform/random.ts'
import type { CertificateRule, Pkcs12PasswordKind } from '../../policy/policy.ts'

/** Which password opens the file of a certificate with this purpose, by the company's policy (C-04, C-09). */
export const filePasswordKind = (rule: CertificateRule, purpose: CertificatePurpose): Pkcs12PasswordKind =>
  purpose === 'renewal' ? rule.pkcs12PasswordAtRenewal : rule.pkcs12Password

/** The password of a file: `shown` is the one that nobody knows yet and that is shown once. */
export type FilePassword = { password: string; shown?: string }

/**
 * The password that will open the file: the one typed that the policy names, or one made for it. One is made as well
 * where what was typed can't open a file in every system (C-12) or isn't at hand.
 */
export const filePasswordOf = (
  kind: Pkcs12PasswordKind,
  typed: { login?: string; acquisition?: string },
): FilePassword => {
  const known = {
    'login-password': typed.login,
    'acquisition-password': typed.acquisition,
    'one-time': undefined,
  }[kind]
  if (known !== undefined && isPkcs12Password(known)) return { password: known }
  const made = randomPassword()
  return { password: made, shown: made }
}
