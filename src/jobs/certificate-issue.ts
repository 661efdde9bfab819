import type { Deps } from '../deps.ts'
import { type IssueJob, issueCertificate, issueQueue } from '../features/certificates/index.ts'

/** As many keys at once as a small machine has cores to spare beside its pages. */
const concurrency = 2

/** Issues the certificates that were asked for, in this program (C-10). Stop it before the jobs. */
export const startCertificateWork = async (deps: Deps): Promise<{ stop(): Promise<void> }> => {
  await deps.jobs.work<IssueJob>(issueQueue, { concurrency }, ({ data }) =>
    issueCertificate(deps, data.certificateId),
  )
  return { stop: async () => {} }
}
