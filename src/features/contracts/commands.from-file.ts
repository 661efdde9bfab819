import type { Deps } from '../../deps.ts'
import type { SystemActor } from '../../kernel/actor.ts'
import { type Result, refuse } from '../../kernel/result.ts'
import { inTx } from '../../platform/db/in-tx.ts'
import { createContract } from '../company/index.ts'
import { accountTaken, takeTurns } from './commands.accounts.ts'
import type { ContractFile } from './contract-file.ts'
import { bankServices } from './queries.ts'

export type FileRefusal =
  | 'company.contractNumberTaken'
  | 'contract.account.taken'
  | 'contract.approval'
  | 'user.loginId.taken'

/**
 * Registers a contract from a file, without anybody in it yet (H-06), as the console's registration would: whatever may need
 * approval begins with one approver unless the file says how. Refuses a contract number or an account that is taken, and an approval
 * that a service does not have or can't be without.
 */
export const createContractFrom = (
  deps: Deps,
  actor: SystemActor,
  file: ContractFile,
): Promise<Result<{ companyId: string }, FileRefusal>> =>
  inTx(deps, async (tx): Promise<Result<{ companyId: string }, FileRefusal>> => {
    await takeTurns(tx)
    if ((await tx.company.count({ where: { contractNumber: file.contractNumber } })) > 0)
      return refuse('company.contractNumberTaken')
    const taken = await accountTaken(tx, file.accounts)
    if (taken) return refuse('contract.account.taken', { number: taken, what: taken })
    const services: { code: string; approval: ContractApproval }[] = []
    const offered = await bankServices(tx)
    for (const { code, approval } of file.services) {
      const choice = offered.find(each => each.code === code)?.approval ?? null
      if ((approval && choice === null) || (approval === 'none' && choice === 'required'))
        return refuse('contract.approval', { service: code })
      services.push({ code, approval: approval ?? (choice && 'single') })
    }
    return createContract(deps, actor, { ...file, services, overrides: {} })
  })

type ContractApproval = Parameters<typeof createContract>[2]['services'][number]['approval']
