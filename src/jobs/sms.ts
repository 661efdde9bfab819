import type { Deps } from '../deps.ts'
import type { Language, Translate } from '../platform/i18n.ts'
import { deliverSms } from '../platform/sms/deliver.ts'
import type { SmsGateway } from '../platform/sms/gateway.ts'
import { type SmsJob, smsQueue } from '../platform/sms/outbox.ts'

/** Sends the outbox's short messages from this program (B-18). Those that nobody waits for any more are not sent. */
export const startSmsWork = async (
  deps: Pick<Deps, 'db' | 'clock' | 'ids' | 'log' | 'jobs' | 'secretBox'>,
  options: { gateway: SmsGateway; translations: (language: Language) => Translate },
): Promise<void> => {
  await deps.jobs.work<SmsJob>(smsQueue, { concurrency: 2 }, async ({ data: { id } }) => {
    const outcome = await deliverSms({ ...deps, ...options }, id)
    deps.log.info({ sms: id, outcome }, 'Short message worked on')
  })
}
