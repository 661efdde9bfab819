import type { Deps } from '../../deps.ts'
import type { StaffActor, SystemActor } from '../../kernel/actor.ts'
import * as audit from '../../platform/audit/audit.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import * as outbox from '../../platform/outbox/outbox.ts'
import { toUser } from '../../platform/outbox/to-user.ts'
import { ContractorSucceeded } from './events.ts'
import { ContractorChangedMail } from './mails.ts'

/** Who has the contractor's role in a company, suspended or not, in the order of their login IDs (D-14). */
export const contractorsOf = (
  db: Pick<Tx, 'user'>,
  companyId: string,
): Promise<{ id: string; loginId: string; name: string }[]> =>
  db.user.findMany({
    where: { companyId, role: 'contractor', serviceState: { not: 'deleted' } },
    orderBy: { loginIdKey: 'asc' },
    select: { id: true, loginId: true, name: true },
  })

/**
 * Makes administrators of a company's contractors, in the transaction that gives it their successor: nobody but the bank
 * could take the role from them, and the successor manages administrators (D-14). Each is told.
 * @param succession.by the login ID of the successor
 */
export const succeedContractors = async (
  deps: Deps,
  tx: Tx,
  actor: StaffActor | SystemActor,
  { companyId, by }: { companyId: string; by: string },
): Promise<void> => {
  for (const { id, loginId } of await contractorsOf(tx, companyId)) {
    await tx.user.update({
      where: { companyId_id: { companyId, id } },
      data: { role: 'administrator', version: { increment: 1 } },
    })
    await outbox.put(deps, tx, ContractorChangedMail, {
      ...(await toUser(tx, { companyId, userId: id })),
      params: { at: deps.clock.now(), change: 'succeeded' },
    })
    await audit.record(deps, tx, ContractorSucceeded, {
      actor,
      companyId,
      subject: { kind: 'user', id, label: loginId },
      details: { successor: by, before: { role: 'contractor' }, after: { role: 'administrator' } },
    })
  }
}
