import type { Deps } from '../../src/deps.ts'
import { sealContext } from '../../src/platform/outbox/outbox.ts'

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
