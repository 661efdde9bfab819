import type { Deps } from '../../src/deps.ts'
import { sealContext } from '../../src/platform/outbox/outbox.ts'
import { sql } from './database.ts'
import type { Portal } from './portal.ts'
import { until } from './until.ts'

/** Waits until every link of a forgotten password that was asked for is on its way, or is none. */
export const askedLinksSent = ({ database }: Portal): Promise<void> =>
  until(async () => {
    const jobs = await sql(
      database.ownerUrl,
      `SELECT 1 FROM pgboss.job WHERE name = 'password-reset' AND state < 'completed'`,
    )
    return jobs.length === 0
  })

/** What the last mail of a kind to an address keeps sealed until it is sent: the codes and links that its reader sees. */
export const lastSealed = async (
  { deps }: { deps: Deps },
  recipient: string,
  kind = 'code.issued',
): Promise<Record<string, string>> => {
  const mail = await deps.db.outboxMail.findFirstOrThrow({
    where: { recipient, kind },
    orderBy: { id: 'desc' },
  })
  if (!mail.sealed) throw new Error(`mail ${mail.id} keeps nothing sealed`)
  return JSON.parse(deps.secretBox.open(mail.sealed, sealContext(mail.id)).toString('utf8'))
}
