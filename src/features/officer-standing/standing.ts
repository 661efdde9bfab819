import type { StaffActor } from '../../kernel/actor.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import { can, type StaffAction } from '../../policy/can.ts'

/**
 * Whether an officer may still do this, as their row says now, held until the transaction ends (H-01, H-08): the request was let
 * in by what was true when it began, and may have waited since behind the approval of its officer's own suspension or of another
 * role. Ask it in the transaction of the act, after what the act is about is held: officers come last but for the history.
 */
export const stillMay = async (tx: Tx, actor: StaffActor, action: StaffAction): Promise<boolean> => {
  const [officer] = await tx.$queryRaw<{ role: StaffActor['role']; state: string }[]>`
    SELECT role::text AS role, state::text AS state FROM staff WHERE id = ${actor.id}::uuid FOR SHARE`
  return officer?.state === 'active' && can({ ...actor, role: officer.role }, action)
}
