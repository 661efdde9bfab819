import type { Deps } from '../deps.ts'
import { helpdeskHours, hoursSentence, knownHours } from '../features/helpdesk-hours/index.ts'
import { minute } from '../kernel/clock.ts'
import type { Translations } from '../platform/i18n.ts'
import { createLetterWriter } from '../platform/mail/letter.ts'
import type { Mailer } from '../platform/mail/mailer.ts'
import { type DeliverDeps, deliver } from '../platform/outbox/deliver.ts'
import { type MailJob, mailQueue } from '../platform/outbox/outbox.ts'
import { createSettling } from '../platform/outbox/settle.ts'
import { sweep } from '../platform/outbox/sweep.ts'
import { emailStateAfter } from '../policy/user-states.ts'
import { mailKinds } from './mail-kinds.ts'

export type MailWorkOptions = {
  mailer: Mailer
  /** The folder of templates, absolute. */
  views: string
  translations: Translations
}

/** Each worker takes a handful of mails at a time: one whose mail server is slow holds up no others. */
const concurrency = 2
const batch = 5
/** How many mails are sent at once: as many connections the mailer may have. */
export const mailsAtOnce = concurrency * batch

/**
 * Sends the outbox's mails from this program (I-04). What fails is tried again by the queue's rules; what lost its job
 * is swept up now and every minute. Stop it before the jobs.
 */
export const startMailWork = async (
  deps: Pick<Deps, 'db' | 'clock' | 'ids' | 'log' | 'jobs' | 'secretBox'>,
  { mailer, ...options }: MailWorkOptions,
): Promise<{ stop(): Promise<void> }> => {
  const { db, clock, ids, log, jobs, secretBox } = deps
  const delivering: DeliverDeps = {
    db,
    clock,
    mailer,
    secretBox,
    mailKinds,
    writeLetter: createLetterWriter({
      ...options,
      helpdesk: reader => {
        const hours = knownHours(deps)
        if (!hours) return {}
        return { hours: hoursSentence(reader, hours), ...(hours.phone && { phone: hours.phone }) }
      },
    }),
    settle: createSettling({
      db,
      clock,
      ids,
      // Only while it is still the user's address (D-15); the mail's own event in the history tells of it.
      onUndeliverable: async (tx, { companyId, userId, recipient }) => {
        await tx.user.updateMany({
          where: { companyId, id: userId, email: recipient },
          data: { emailState: emailStateAfter('bounced') },
        })
      },
    }),
  }
  await jobs.work<MailJob>(mailQueue, { concurrency, batch }, async ({ data: { id } }) => {
    await helpdeskHours(deps)
    const outcome = await deliver(delivering, id)
    log.info({ mail: id, outcome }, 'Mail worked on')
  })

  let sweeping = Promise.resolve()
  const sweepAgain = () => {
    sweeping = sweeping
      .then(() => sweep(deps))
      .then(
        found => {
          if (found > 0) log.info({ mails: found }, 'Mails that waited were put into the queue again')
        },
        err => log.warn({ err }, 'The outbox could not be swept; tried again in a minute'),
      )
  }
  sweepAgain()
  const timer = setInterval(sweepAgain, minute * 1000)
  timer.unref()
  return {
    stop: async () => {
      clearInterval(timer)
      await sweeping
    },
  }
}
