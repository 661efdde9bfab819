import type { Deps } from '../../deps.ts'
import type { Origin } from '../../kernel/actor.ts'
import { plusSeconds } from '../../kernel/clock.ts'
import { inTx } from '../../platform/db/in-tx.ts'
import type { Translate } from '../../platform/i18n.ts'
import { checkFile } from './check.ts'
import { tellOfUsers } from './follow-up.ts'
import { type ImportJob, importQueue } from './queue.ts'
import { confirmingActor, registerFile } from './register.ts'

/**
 * Does a step with a file in the background: its check, or the registration of its users with what follows (D-13). It
 * bears being done again from anywhere, and does nothing with a file that is gone or in another state.
 * @param languages in which headings and words of a file may be written; what is missing is said in the first
 */
export const workOnImport = async (
  deps: Deps,
  languages: readonly Translate[],
  { importId, step }: ImportJob,
): Promise<void> => {
  const found = await deps.db.userImport.findUnique({
    where: { id: importId },
    select: {
      state: true,
      confirmation: true,
      owner: { select: { id: true, companyId: true, loginId: true, name: true, role: true } },
    },
  })
  if (!found) return
  const actor = confirmingActor(found.owner, (found.confirmation ?? {}) as Origin)
  if (step === 'check') return checkFile(deps, languages, actor, importId)
  if (found.state === 'registering') await registerFile(deps, actor, importId)
  await tellOfUsers(deps, actor, importId)
}

/**
 * Puts anew what may have lost its job: a step that a stopped program has left, or that failed as often as the queue
 * tries. A step that is under way all the same is taken over, and done once.
 */
export const resumeImports = async (deps: Deps, olderThanSeconds: number): Promise<number> => {
  const stopped = await deps.db.userImport.findMany({
    where: {
      createdAt: { lte: plusSeconds(deps.clock.now(), -olderThanSeconds) },
      OR: [{ state: { in: ['checking', 'registering'] } }, { state: 'registered', rows: { some: {} } }],
    },
    select: { id: true, state: true },
  })
  for (const { id, state } of stopped)
    await inTx(deps, tx =>
      deps.jobs.put(tx, importQueue, {
        importId: id,
        step: state === 'checking' ? 'check' : 'register',
      } satisfies ImportJob),
    )
  return stopped.length
}
