import type { Deps } from '../../deps.ts'
import type { StaffActor } from '../../kernel/actor.ts'
import * as audit from '../../platform/audit/audit.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import { staffPolicy } from '../../policy/policy.ts'
import { endSessionsOf } from '../sessions/index.ts'
import { StaffLocked } from './events.ts'

export const entryOf = (actor: StaffActor) => ({
  actor,
  companyId: null,
  subject: { kind: 'staff', id: actor.id, label: actor.loginId },
})

/**
 * What the lock of an officer's password does wherever it strikes, in the transaction that sets it: their sessions end,
 * and the bank's own history has it (H-01).
 */
export const lockOutStaff = async (deps: Deps, tx: Tx, actor: StaffActor): Promise<void> => {
  const sessionsEnded = await endSessionsOf(deps, tx, { staffId: actor.id }, 'lock')
  await audit.record(deps, tx, StaffLocked, {
    ...entryOf(actor),
    details: { failures: staffPolicy.lock.failures, sessionsEnded },
  })
}
