import type { Deps } from '../deps.ts'
import {
  type IssueJob,
  issueCertificate,
  issueQueue,
  resumeUnfinished,
  sendExpiryNotices,
  sweepCertificates,
} from '../features/certificates/index.ts'
import type { QueueName } from './queues.ts'

/** As many keys at once as a small machine has cores to spare beside its pages. */
const concurrency = 2
const sweepQueue: QueueName = 'certificate-sweep'
const noticeQueue: QueueName = 'certificate-notice'

/**
 * Issues the certificates that were asked for and sweeps up each minute, in this program (C-10, C-11). What an earlier
 * run left unfinished goes on at once: its owner may still be looking at the waiting page. Stop it before the jobs.
 */
export const startCertificateWork = async (deps: Deps): Promise<{ stop(): Promise<void> }> => {
  const { jobs, log } = deps
  await jobs.work<IssueJob>(issueQueue, { concurrency }, ({ data }) =>
    issueCertificate(deps, data.certificateId),
  )
  await jobs.work(sweepQueue, {}, () => sweepCertificates(deps))
  await jobs.schedule(sweepQueue, '* * * * *')
  await jobs.work(noticeQueue, {}, async () => {
    const notices = await sendExpiryNotices(deps)
    if (notices > 0) log.info({ notices }, 'Owners of certificates that end soon have been told')
  })
  // Each hour of the working day: whoever is due is told in the morning, and a morning that was missed is made up for.
  await jobs.schedule(noticeQueue, '5 7-18 * * *')
  const resumed = resumeUnfinished(deps, 0).then(
    count => {
      if (count > 0) log.info({ certificates: count }, 'Issuing that was cut off has gone on')
    },
    err => log.warn({ err }, 'Unfinished certificates could not be looked for; tried again in a minute'),
  )
  return { stop: () => resumed }
}
