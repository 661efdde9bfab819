import { ok, type Result, refuse } from '../kernel/result.ts'

/** サービス状態 (D-15). */
export type ServiceState = 'available' | 'suspended' | 'blocked' | 'deleted'

/**
 * What happens to a user's サービス状態: an administrator suspends and resumes (利用停止), the last of too many locks blocks
 * (閉塞) and its release ends that, a deletion is for good (D-09, D-15).
 */
export type ServiceAct = 'suspend' | 'resume' | 'block' | 'release' | 'delete'

const serviceTransitions: Record<ServiceState, Partial<Record<ServiceAct, ServiceState>>> = {
  available: { suspend: 'suspended', block: 'blocked', delete: 'deleted' },
  // Whoever is suspended is not blocked beside it: their lock stands on its own, and outlasts the suspension.
  suspended: { resume: 'available', delete: 'deleted' },
  // 閉塞 ends by the release that the policy has for it, not by a suspension and its end.
  blocked: { release: 'available', delete: 'deleted' },
  deleted: {},
}

export type ServiceStateRefusal = `user.state.${ServiceState}`

/** The state after an act; refuses what does not follow from the present one, and names that. */
export const serviceStateAfter = (
  state: ServiceState,
  act: ServiceAct,
): Result<ServiceState, ServiceStateRefusal> => {
  const next = serviceTransitions[state][act]
  return next ? ok(next) : refuse(`user.state.${state}`)
}

/**
 * The bank's 利用停止 lies over whatever was (H-03, decision 42): its end gives back what the company or a lock had done
 * before, and no administrator ends it. Only who is deleted can't be suspended.
 */
export const suspendedByBankFrom = (
  state: ServiceState,
): Result<
  { serviceState: 'suspended'; stateBeforeBank: Exclude<ServiceState, 'deleted'> },
  'user.state.deleted'
> =>
  state === 'deleted'
    ? refuse('user.state.deleted')
    : ok({ serviceState: 'suspended', stateBeforeBank: state })

/** What whom the bank resumes goes back to. */
export const stateAfterBank = (before: ServiceState | null): ServiceState => before ?? 'available'

/** メールアドレス状態 (D-15). */
export type EmailState = 'unverified' | 'valid' | 'undeliverable'

/** Its owner proves an address by a code; somebody else writes another one in; the mail server says that it does not exist. */
export type EmailEvent = 'proved' | 'replaced' | 'bounced'

const emailAfter = {
  proved: 'valid',
  replaced: 'unverified',
  bounced: 'undeliverable',
} as const satisfies Record<EmailEvent, EmailState>

/** The state of an address is what was last learned of it, whatever was believed before. */
export const emailStateAfter = (event: EmailEvent): EmailState => emailAfter[event]
