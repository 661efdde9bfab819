import type { Result } from '../../kernel/result.ts'
import type { StepUp, Visit } from '../../platform/http/wizard.ts'
import { policyOf } from '../../policy/policy.ts'
import { asksOtpAtConfirm, factorsOf } from '../../policy/second-factor.ts'
import { useOtp } from '../otp/index.ts'
import { usePasskey } from '../passkeys/index.ts'
import { confirmationPassword } from '../passwords/index.ts'
import { provePassword } from './commands.ts'
import { heldAmong, holdingsOf } from './queries.ts'

const otpField = 'oneTimePassword'
const passkeyField = 'passkey'
const passwordField = 'loginPassword'

/**
 * What confirm pages ask for, by the company's policy (D-06): the confirmation password (B-21), the one-time password
 * beside it (B-17), or, where the policy says step-up, a factor of the user's once more: a passkey or a one-time password,
 * whichever they hold, and the login password where they hold neither.
 */
export const confirmation: StepUp = {
  asks: async visit => {
    const policy = policyOf(visit.company)
    if (policy.confirmation === 'step-up') return heldFields(visit)
    return [
      ...(await confirmationPassword.asks(visit)),
      ...(asksOtpAtConfirm(policy.login) ? [otpField] : []),
    ]
  },
  // The password first: a code works once, and is not spent on a page that comes back.
  verify: async (visit, wizard, typed) => {
    const { deps, actor, company } = visit
    const policy = policyOf(company)
    if (policy.confirmation === 'step-up') return stepUp(visit, typed)
    if ((await confirmationPassword.asks(visit)).length > 0) {
      const confirmed = await confirmationPassword.verify(visit, wizard, typed)
      if (!confirmed.ok) return confirmed
    }
    return asksOtpAtConfirm(policy.login)
      ? useOtp(deps, actor, typed[otpField] ?? '')
      : { ok: true, value: null }
  },
  fieldOf: reason => fields.find(([start]) => reason.startsWith(start))?.[1] ?? 'confirmationPassword',
}

const fields = [
  ['otp.', otpField],
  ['passkey.', passkeyField],
  ['stepUp.', passwordField],
] as const

/** The fields of what the user holds; a passkey only where a browser can ask for it, on the portal's host. */
const heldFields = async ({ deps, actor, company, byCertificate }: Visit): Promise<string[]> => {
  const kinds = factorsOf(policyOf(company).login).filter(
    kind => kind === 'totp' || (kind === 'passkey' && !byCertificate),
  )
  const held = heldAmong(await holdingsOf(deps.db, { companyId: actor.companyId, userId: actor.id }), kinds)
  return held.length === 0
    ? [passwordField]
    : held.map(kind => (kind === 'passkey' ? passkeyField : otpField))
}

const stepUp = async (visit: Visit, typed: Readonly<Record<string, string>>): Promise<Result<unknown>> => {
  const { deps, actor, company } = visit
  const asked = await heldFields(visit)
  if (asked.includes(passwordField)) return provePassword(deps, actor, company, typed[passwordField] ?? '')
  const answer = typed[passkeyField] ?? ''
  return asked.includes(passkeyField) && (answer !== '' || !asked.includes(otpField))
    ? usePasskey(deps, actor, { purpose: 'step_up', sessionId: visit.sessionId }, answer)
    : useOtp(deps, actor, typed[otpField] ?? '')
}

/** A factor of the user's once more, whatever the policy asks for at confirm pages; the login password where they hold none (B-22). */
const reauthentication: StepUp = { asks: heldFields, verify: (visit, _wizard, typed) => stepUp(visit, typed) }

/**
 * What the policy has confirm pages ask for, as `confirmation`; and where it asks for nothing, who is there all the same
 * as soon as the change touches a factor or an address: nobody's number is changed by whoever finds an open page (B-22).
 */
export const confirmationBefore = (touchesFactor: (visit: Visit) => boolean): StepUp => {
  const which = async (visit: Visit): Promise<StepUp> =>
    touchesFactor(visit) && (await confirmation.asks(visit)).length === 0 ? reauthentication : confirmation
  return {
    ...confirmation,
    asks: async visit => (await which(visit)).asks(visit),
    verify: async (visit, wizard, typed) => (await which(visit)).verify(visit, wizard, typed),
  }
}
