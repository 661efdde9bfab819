import type { Db } from '../db/client.ts'
import { inPortions } from '../db/portions.ts'

/**
 * Removes mails that were sent or given up before a moment, with the addresses and names in them (decision 98): that they went
 * out, to whom and under which number stays in the history. What still waits is never touched (I-04). Gives how many.
 */
export const removeSettledMails = async (deps: { db: Db }, before: Date): Promise<number> =>
  (await inPortions(limit => deps.db.outboxMail.deleteMany({ where: { sentAt: { lt: before } }, limit }))) +
  (await inPortions(limit =>
    deps.db.outboxMail.deleteMany({ where: { sentAt: null, failedAt: { lt: before } }, limit }),
  ))
