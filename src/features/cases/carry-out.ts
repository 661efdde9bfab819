import type { Deps } from '../../deps.ts'
import type { StaffActor } from '../../kernel/actor.ts'
import { type Result, refuse } from '../../kernel/result.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import { secretOf } from './acts.ts'
import { carryOutCertificates } from './carry-out.certificates.ts'
import { carryOutLocks } from './carry-out.locks.ts'
import { carryOutPasswords } from './carry-out.passwords.ts'
import { carryOutUsers } from './carry-out.users.ts'
import type { CustomerAct } from './case.ts'
import type { CarryOut, OpenCase } from './open-case.ts'
import { keepSecret } from './secrets.ts'

const how: { [Act in CustomerAct]: CarryOut<Act> } = {
  ...carryOutLocks,
  ...carryOutPasswords,
  ...carryOutCertificates,
  ...carryOutUsers,
}

/** Carries out what one officer may do alone, or what a second one has just approved, in the transaction of its case. */
export const carryOut = async (
  deps: Deps,
  tx: Tx,
  actor: StaffActor,
  open: OpenCase,
): Promise<Result<null>> => {
  const { act, caseId, customer, made } = open
  // The policy may have changed between the hash and the transaction.
  if (secretOf(act, customer) !== (made?.kind ?? null)) return refuse('case.customerChanged')
  const done = await (how[act] as CarryOut<CustomerAct>)(deps, tx, actor, open)
  if (done.ok && made) await keepSecret(deps, tx, caseId, customer, made)
  return done
}
