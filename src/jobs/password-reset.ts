import type { Deps } from '../deps.ts'
import { type ResetJob, resetQueue, sendAskedLink } from '../features/forgotten-passwords/index.ts'

/** Sends the links of forgotten passwords in this program, to whom the IDs name (B-15): no page looks that up (B-05). */
export const startPasswordResets = (deps: Deps): Promise<void> =>
  deps.jobs.work<ResetJob>(resetQueue, {}, job => sendAskedLink(deps, job))
