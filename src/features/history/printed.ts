import type { Deps } from '../../deps.ts'
import type { Actor } from '../../kernel/actor.ts'
import * as audit from '../../platform/audit/audit.ts'
import type { PrintedAbout } from '../../platform/http/print.ts'
import { PagePrinted } from './events.ts'

/** What of a request gets into the history when its page is printed. */
export type PrintedRequest = { actor: Actor; routeOptions: { url?: string | undefined } }

/**
 * Writes a print into the history of the company whose page it was (F-04): a user's own, for staff the one that
 * `about` names, else the bank's.
 */
export const recordPrint = async (
  deps: Deps,
  { actor, routeOptions }: PrintedRequest,
  screen: string,
  { companyId, subject }: PrintedAbout,
): Promise<void> => {
  await audit.recordAlone(deps, PagePrinted, {
    actor,
    companyId: actor.kind === 'user' ? actor.companyId : (companyId ?? null),
    ...(subject && { subject }),
    details: { screen, address: routeOptions.url ?? '' },
  })
}
