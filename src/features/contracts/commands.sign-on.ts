import type { Deps } from '../../deps.ts'
import type { StaffActor } from '../../kernel/actor.ts'
import { ok, type Result } from '../../kernel/result.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import { eraseOnce, keepOnce } from '../../platform/shown-once.ts'
import { type ContractRefusal, contractWithin } from '../services/index.ts'
import { fetchedUntil } from '../two-officers/index.ts'
import type { SignOnWanted } from './change.ts'
import type { ContractRecord } from './queries.ts'

/**
 * Contracts a service with single sign-on in the transaction of its approval (G-05, H-06). Its client's secret is sealed, to be
 * fetched once by one of the two officers for the service's operator, like any secret of a case (H-05).
 */
export const contractSignOn = async (
  deps: Deps,
  tx: Tx,
  actor: StaffActor,
  contract: ContractRecord,
  { service, change: _change, contractNumber: _number, basis: _basis, ...addresses }: SignOnWanted,
  caseId: string,
): Promise<Result<null, ContractRefusal>> => {
  const companyId = contract.id
  const made = await contractWithin(deps, tx, actor, {
    companyId,
    serviceCode: service.code,
    ...addresses,
  })
  if (!made.ok) return made
  await eraseClientSecrets(tx, companyId, [service.code])
  await tx.company.update({ where: { id: companyId }, data: { version: { increment: 1 } } })
  await keepOnce(deps, tx, {
    id: caseId,
    companyId,
    values: { ...made.value },
    until: fetchedUntil(deps.clock.now()),
  })
  return ok(null)
}

/** Erases client secrets that nobody has fetched, where another one or an end makes them worthless (H-05). */
export const eraseClientSecrets = async (
  tx: Tx,
  companyId: string,
  serviceCodes: readonly string[],
): Promise<void> => {
  const cases = await tx.helpdeskCase.findMany({
    where: {
      companyId,
      kind: 'company_contract',
      OR: serviceCodes.map(code => ({ proposal: { path: ['service', 'code'], equals: code } })),
    },
    select: { id: true },
  })
  await eraseOnce(
    tx,
    cases.map(({ id }) => id),
  )
}
