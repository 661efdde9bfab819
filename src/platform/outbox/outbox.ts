import type { Clock } from '../../kernel/clock.ts'
import type { Ids } from '../../kernel/ids.ts'
import type { Tx } from '../db/in-tx.ts'
import type { Jobs } from '../jobs.ts'
import { isMailAddress } from '../mail/address.ts'
import type { Addressee } from '../mail/letter.ts'
import type { MailKind } from '../mail/mail-kind.ts'
import type { SecretBox } from '../secret-box.ts'

/** A mail to be sent. `userId` is absent for mails to others than a company's users, `companyId` for the bank's own. */
export type OutboxEntry<Params> = {
  companyId?: string
  userId?: string
  /** The address as it is now: a later change of the user's address does not redirect the mail. */
  recipient: string
  /** `ja` or `en`, the user's. */
  locale: string
  /** The name, and the company's, that the letter speaks to. */
  addressee: Addressee
  /** Exactly what the kind declares, never a secret. */
  params: Params
  /** What the kind declares as sealed, by name, and the box that seals it for the row. */
  secrets?: { box: Pick<SecretBox, 'seal'>; values: Record<string, string> }
}

/** What puts mails into the outbox. */
export type OutboxDeps = { clock: Clock; ids: Ids; jobs: Pick<Jobs, 'putAll'> }

/** What the sealed part of a mail's row is bound to. */
export const sealContext = (mailId: string): string => `outbox-mail:${mailId}`

/** The job of one mail: its row's id. */
export type MailJob = { id: string }

/** The queue of mail jobs; one job at a time for each row, by its key. */
export const mailQueue = 'mail'

/**
 * Puts a mail into the outbox within the transaction that causes it, and the job that sends it: neither is there if
 * the transaction rolls back, and both are if it commits (I-04). Gives the mail's id.
 *
 * Throws when the params are not the kind's or the recipient is not a single address: forms have checked both long
 * before.
 */
export const put = async <Params>(
  deps: OutboxDeps,
  tx: Tx,
  mail: MailKind<Params>,
  entry: OutboxEntry<Params>,
): Promise<string> => {
  const row = rowOf(deps, mail, entry)
  await tx.outboxMail.create({ data: row, select: { id: true } })
  await putJobs(deps.jobs, tx, [row.id])
  return row.id
}

/**
 * Puts many mails of one kind like `put`, by two statements. They are sent after all others: whoever waits for a code must
 * not wait for a hundred thousand who have just been registered.
 */
export const putAll = async <Params>(
  deps: OutboxDeps,
  tx: Tx,
  mail: MailKind<Params>,
  entries: readonly OutboxEntry<Params>[],
): Promise<void> => {
  const rows = entries.map(entry => rowOf(deps, mail, entry))
  await tx.outboxMail.createMany({ data: rows })
  await putJobs(
    deps.jobs,
    tx,
    rows.map(({ id }) => id),
    afterOthers,
  )
}

const afterOthers = -1

/** The jobs for rows. The key keeps a second one from waiting beside a row's first. */
export const putJobs = (
  jobs: OutboxDeps['jobs'],
  tx: Tx,
  ids: readonly string[],
  priority = 0,
): Promise<void> =>
  jobs.putAll(
    tx,
    mailQueue,
    ids.map(id => ({ data: { id } satisfies MailJob, singletonKey: id, priority })),
  )

const rowOf = <Params>(
  deps: Pick<OutboxDeps, 'clock' | 'ids'>,
  mail: MailKind<Params>,
  entry: OutboxEntry<Params>,
) => {
  if (!isMailAddress(entry.recipient))
    throw new Error(`outbox: the recipient of ${mail.kind} is not one mail address`)
  const missing = mail.sealed.find(name => entry.secrets?.values[name] === undefined)
  if (missing) throw new Error(`outbox: ${mail.kind} has nothing to show as ${missing}`)
  const id = deps.ids.next()
  return {
    id,
    companyId: entry.companyId ?? null,
    userId: entry.userId ?? null,
    kind: mail.kind,
    recipient: entry.recipient,
    locale: entry.locale,
    params: asJson({ ...mail.schema.parse(entry.params), addressee: entry.addressee }),
    sealed: entry.secrets
      ? new Uint8Array(entry.secrets.box.seal(JSON.stringify(entry.secrets.values), sealContext(id)))
      : null,
    createdAt: deps.clock.now(),
  }
}

// Moments become ISO text; a NUL, which JSON in PostgreSQL can't hold, is no part of any word in a letter.
const asJson = (params: object) =>
  JSON.parse(
    JSON.stringify(params, (_name, value) =>
      typeof value === 'string' ? value.toWellFormed().replaceAll('\u0000', '') : value,
    ),
  )
