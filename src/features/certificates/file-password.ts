import type { CertificatePurpose } from '../../generated/prisma/enums.ts'
import { isPkcs12Password } from '../../platform/ca/pkcs12.ts'
import { randomPassword } from '../../platform/random.ts'
import type { CertificateRule, Pkcs12PasswordKind } from '../../policy/policy.ts'
import type { CertificateWish } from './request.ts'

/** Which password opens the file of a certificate with this purpose, by the company's policy (C-04, C-09). */
export const filePasswordKind = (rule: CertificateRule, purpose: CertificatePurpose): Pkcs12PasswordKind =>
  purpose === 'renewal' ? rule.pkcs12PasswordAtRenewal : rule.pkcs12Password

/** The password of a file: a `made` one nobody knows yet, and its owner is shown it once. */
export type FilePassword = { password: string; made: boolean }

/** How a request asks for the file's protection. */
export const fileProtectedBy = ({
  password,
  made,
}: FilePassword): Pick<CertificateWish, 'pkcs12Password' | 'passwordShown'> => ({
  pkcs12Password: password,
  passwordShown: made,
})

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
  if (known !== undefined && isPkcs12Password(known)) return { password: known, made: false }
  return { password: randomPassword(), made: true }
}
