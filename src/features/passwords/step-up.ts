import { z } from 'zod'
import { ok, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import type { StepUp } from '../../platform/http/wizard.ts'
import { policyOf } from '../../policy/policy.ts'
import { tryPassword } from './attempts.ts'
import { lockOut } from './lock-out.ts'

/** A confirm page was left without the right confirmation password (D-06, B-21). */
export const ConfirmationRefused = audit.defineEvent(
  'confirmation-password.refused',
  z.strictObject({ wizard: z.string() }),
)

const field = 'confirmationPassword'

const whys = {
  wrong: 'confirmationPassword.wrong',
  over: 'confirmationPassword.over',
  locked: 'confirmationPassword.locked',
  busy: 'confirmationPassword.busy',
  waiting: 'confirmationPassword.busy',
} as const

/**
 * Confirm pages ask for the confirmation password where the company's policy has one (D-06). Its failures count towards
 * its own lock (B-21), which stops changes and not the work.
 */
export const confirmationPassword: StepUp = {
  asks: ({ company }) => (policyOf(company).confirmation === 'password' ? [field] : []),
  verify: async ({ deps, actor, company }, wizard, typed) => {
    const password = typed[field] ?? ''
    if (password === '') return refuse('confirmationPassword.blank')
    const policy = policyOf(company)
    const holder = { companyId: actor.companyId, userId: actor.id }
    const attempt = await tryPassword(deps, holder, 'confirmation_password', password, {
      lock: policy.lock,
      onLock: (tx, lock) => lockOut(deps, tx, actor, 'confirmation', policy, lock),
    })
    if (attempt.outcome === 'right') return ok(null)
    const reason = whys[attempt.outcome]
    await audit.recordAlone(deps, ConfirmationRefused, {
      actor,
      companyId: actor.companyId,
      details: { wizard },
      outcome: 'refused',
      reason,
    })
    return refuse(reason, { failures: policy.lock.failures })
  },
}
