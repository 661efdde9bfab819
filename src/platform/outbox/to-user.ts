import type { Tx } from '../db/in-tx.ts'
import type { OutboxEntry } from './outbox.ts'

/** To whom a mail about a user goes, but for what it says. */
export type ToUser = Required<Pick<OutboxEntry<never>, 'companyId' | 'userId'>> &
  Pick<OutboxEntry<never>, 'recipient' | 'locale' | 'addressee'>

/** How a user is written to, by their row as this transaction sees it: address, language, and the letter's names. */
export const toUser = async (
  tx: Pick<Tx, 'user'>,
  { companyId, userId }: { companyId: string; userId: string },
): Promise<ToUser> => {
  const { email, locale, name, company } = await tx.user.findUniqueOrThrow({
    where: { companyId_id: { companyId, id: userId } },
    select: { email: true, locale: true, name: true, company: { select: { name: true } } },
  })
  return { companyId, userId, recipient: email, locale, addressee: { company: company.name, name } }
}
