import type { Deps } from '../deps.ts'
import { contractEndQueue, endDueContracts, settleEndedContracts } from '../features/contracts/index.ts'
import { system } from '../kernel/actor.ts'

/**
 * Ends contracts whose last day has passed and brings to its end what follows for their users (H-06): at once after an end, and each
 * minute what a stopped program has left.
 */
export const startContractEnds = async (deps: Deps): Promise<void> => {
  const actor = system('contract-end')
  await deps.jobs.work(contractEndQueue, {}, async ({ signal }) => {
    try {
      await endDueContracts(deps, actor)
    } finally {
      // Whatever stands in the way of an end: what has ended is brought to its end.
      const settled = await settleEndedContracts(deps, actor, { signal })
      if (settled > 0) deps.log.info({ settled }, 'Users of ended contracts are settled')
    }
  })
  await deps.jobs.schedule(contractEndQueue, '* * * * *')
}
