import type { Deps } from '../../deps.ts'
import type { CaseKind } from '../../generated/prisma/enums.ts'
import type { StaffActor } from '../../kernel/actor.ts'
import { type BusinessDay, lastSecondOf } from '../../kernel/business-day.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import * as outbox from '../../platform/outbox/outbox.ts'
import { CaseWaitingMail, ReviewDueMail } from './mails.ts'
import { othersWho } from './queries.ts'

/** The bank's officers are written to in Japanese. */
const locale = 'ja'

/** The officers who may do this to what `actor` did, and what mails need of them. */
const othersWhoMay = (
  tx: Tx,
  actor: StaffActor,
  action: 'case:approve' | 'case:review',
  about: readonly string[] = [],
) =>
  tx.staff.findMany({
    where: othersWho(action, [actor.id, ...about]),
    orderBy: { loginIdKey: 'asc' },
    select: { email: true, name: true },
  })

/**
 * Tells every officer who may decide a case that it waits for one of them until `until` (H-04), in the transaction that
 * prepares it. `about`: the officer whom it is about, who decides nothing of it (H-08).
 */
export const tellSecondOfficers = async (
  deps: Deps,
  tx: Tx,
  actor: StaffActor,
  { kind, until, about }: { kind: CaseKind; until: Date; about?: string | null },
): Promise<void> => {
  for (const { email, name } of await othersWhoMay(tx, actor, 'case:approve', about ? [about] : []))
    await outbox.put(deps, tx, CaseWaitingMail, {
      recipient: email,
      locale,
      addressee: { name },
      params: { at: deps.clock.now(), caseKind: kind, preparedBy: actor.name, until },
    })
}

/**
 * Tells every other officer who may review it that one has taken access away alone, to be looked at by the end of `dueOn`
 * (H-04), in the transaction of the act. `about`: the officer whom it is about, who reviews it no more than whoever did it.
 */
export const tellReviewers = async (
  deps: Deps,
  tx: Tx,
  actor: StaffActor,
  { kind, dueOn, about }: { kind: CaseKind; dueOn: BusinessDay; about?: string | null },
): Promise<void> => {
  for (const { email, name } of await othersWhoMay(tx, actor, 'case:review', about ? [about] : []))
    await outbox.put(deps, tx, ReviewDueMail, {
      recipient: email,
      locale,
      addressee: { name },
      params: { at: deps.clock.now(), caseKind: kind, doneBy: actor.name, until: lastSecondOf(dueOn) },
    })
}
