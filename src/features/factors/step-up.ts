import type { StepUp, Visit } from '../../platform/http/wizard.ts'
import { policyOf } from '../../policy/policy.ts'
import { asksOtpAtConfirm, factorsOf } from '../../policy/second-factor.ts'
import { useOtp } from '../otp/index.ts'
import { confirmationPassword } from '../passwords/index.ts'
import { provePassword } from './commands.ts'
import { holdingsOf } from './queries.ts'

const otpField = 'oneTimePassword'
const passwordField = 'loginPassword'

/**
 * What confirm pages ask for, by the company's policy (D-06): the confirmation password (B-21), the one-time password
 * beside it (B-17), or, where the policy says step-up, the strongest of the user's factors that a form can carry: the
 * one-time password, else the login password once more.
 */
export const confirmation: StepUp = {
  asks: async visit => {
    const policy = policyOf(visit.company)
    if (policy.confirmation === 'step-up') return [await strongest(visit)]
    return [
      ...(await confirmationPassword.asks(visit)),
      ...(asksOtpAtConfirm(policy.login) ? [otpField] : []),
    ]
  },
  // The password first: a code works once, and is not spent on a page that comes back.
  verify: async (visit, wizard, typed) => {
    const { deps, actor, company } = visit
    const policy = policyOf(company)
    if (policy.confirmation === 'step-up')
      return (await strongest(visit)) === otpField
        ? useOtp(deps, actor, typed[otpField] ?? '')
        : provePassword(deps, actor, company, typed[passwordField] ?? '')
    if ((await confirmationPassword.asks(visit)).length > 0) {
      const confirmed = await confirmationPassword.verify(visit, wizard, typed)
      if (!confirmed.ok) return confirmed
    }
    return asksOtpAtConfirm(policy.login)
      ? useOtp(deps, actor, typed[otpField] ?? '')
      : { ok: true, value: null }
  },
  fieldOf: reason =>
    reason.startsWith('otp.')
      ? otpField
      : reason.startsWith('stepUp.')
        ? passwordField
        : 'confirmationPassword',
}

const strongest = async ({ deps, actor, company }: Visit): Promise<string> => {
  if (!factorsOf(policyOf(company).login).includes('totp')) return passwordField
  const held = await holdingsOf(deps.db, { companyId: actor.companyId, userId: actor.id })
  return held.totp.standing === 'none' ? passwordField : otpField
}
