import type { Deps } from '../deps.ts'
import { type CrlJob, crlQueue, publishRevocation, renewStatus } from '../features/authorities/index.ts'

/**
 * Keeps what others learn of certificates true, in this program: a new list of revocations whenever a certificate ends
 * and each hour, and responders that last (C-13). What a stopped program has missed it makes good at its start. Stop it
 * before the jobs.
 */
export const startStatusWork = async (deps: Deps): Promise<{ stop(): Promise<void> }> => {
  const { jobs, log } = deps
  await jobs.work<CrlJob>(crlQueue, {}, ({ data }) =>
    data.issuerId && data.certificateId
      ? publishRevocation(deps, { issuerId: data.issuerId, certificateId: data.certificateId })
      : renewStatus(deps),
  )
  await jobs.schedule(crlQueue, '0 * * * *')
  const begun = renewStatus(deps).catch(err =>
    log.warn({ err }, 'The state of certificates could not be renewed; tried again within the hour'),
  )
  return { stop: () => begun }
}
