import type { Deps } from '../../deps.ts'
import type { StaffActor } from '../../kernel/actor.ts'
import { type FoundCase, findCaseOf } from '../two-officers/index.ts'
import type { ContractChange } from './change.ts'
import type { Registration } from './contract.ts'
import { viewing } from './queries.ts'

/** A case about a contract, as its page shows it; no company is there yet while one is registered. */
export type ContractCase = FoundCase<'company_registration' | 'company_contract'> & {
  companyName: string
  /** What it registers or changes: one of the two. */
  registration: Registration | undefined
  change: ContractChange | undefined
}

/** A case about a contract; undefined where there is none with this id. */
export const findContractCase = async (
  deps: Pick<Deps, 'db' | 'clock'>,
  actor: StaffActor,
  caseId: string,
): Promise<ContractCase | undefined> => {
  viewing(actor)
  const found = await findCaseOf(deps, actor, caseId, ['company_registration', 'company_contract'])
  if (!found) return undefined
  const isNew = found.kind === 'company_registration'
  const registration = isNew ? (found.proposal as Registration) : undefined
  return {
    ...found,
    companyName: found.companyName ?? registration?.name ?? '',
    registration,
    change: isNew ? undefined : (found.proposal as ContractChange),
  }
}
