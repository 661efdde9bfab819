import type { z } from 'zod'
import type { Deps } from '../../deps.ts'
import type { StaffActor } from '../../kernel/actor.ts'
import { businessDayOf, lastSecondOf } from '../../kernel/business-day.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import { type OnceStanding, type OnceValues, showOnce } from '../../platform/shown-once.ts'
import { can } from '../../policy/can.ts'
import { nextWorkingDay } from '../../policy/working-day.ts'
import type { OfficerProof } from '../officer-proof/index.ts'
import { stillMay } from '../officer-standing/index.ts'
import type { FoundCase } from './queries.found.ts'

/** What an officer's role must allow who fetches what a case made: what it took to prepare it. */
export type FetchAction = 'case:open' | 'staff:manage'

type Fetched = Pick<FoundCase, 'id' | 'preparedById' | 'approvedById'>

/** Who fetches what a case made: the officer who prepared it or the one who approved it (H-05). */
const mayFetch = (actor: StaffActor, action: FetchAction, { preparedById, approvedById }: Fetched): boolean =>
  can(actor, action) && (actor.id === preparedById || actor.id === approvedById)

/** What a case made, on its page: where it stands, and whether this officer fetches it. Undefined where it made nothing. */
export const secretView = (
  actor: StaffActor,
  action: FetchAction,
  found: Fetched & Pick<FoundCase, 'secret'>,
): (OnceStanding & { mayFetch: boolean }) | undefined =>
  found.secret && {
    ...found.secret,
    mayFetch: found.secret.state === 'kept' && mayFetch(actor, action, found),
  }

/** Until when what a case made can be fetched: the end of the next working day, for letters go out by then, while it works. */
export const fetchedUntil = (now: Date, works?: Date): Date => {
  const end = lastSecondOf(nextWorkingDay(businessDayOf(now)))
  return works && works < end ? works : end
}

/** Who has fetched it, for the history. */
type Recorded<S extends z.ZodObject> = {
  event: audit.AuditEvent<S>
  companyId: string | null
  subject?: { kind: string; id: string; label: string }
  details: z.input<S>
}

/**
 * Shows what a case made, once (H-05): `make` makes the page or the letter of its sealed values, and the history has who fetched
 * it. Refuses other officers, whoever may open no such cases any more, and what was shown or is over.
 */
export const fetchSecret = async <T, S extends z.ZodObject>(
  deps: Deps,
  actor: StaffActor,
  proof: OfficerProof,
  found: Fetched,
  action: FetchAction,
  { event, ...what }: Recorded<S>,
  make: (values: OnceValues) => Promise<T>,
): Promise<Result<T, 'case.notYourSecret' | 'case.secretGone'>> => {
  if (proof.officerId !== actor.id) throw new Error('the proof is another officer’s')
  let mine = mayFetch(actor, action, found)
  const made = mine
    ? await showOnce(
        deps,
        found.id,
        make,
        async tx => {
          await audit.record(deps, tx, event, { actor, ...what })
        },
        async tx => {
          mine = await stillMay(tx, actor, action)
          return mine
        },
      )
    : undefined
  if (made !== undefined) return ok(made)
  const reason = mine ? 'case.secretGone' : 'case.notYourSecret'
  await audit.recordAlone(deps, event, { actor, ...what, outcome: 'refused', reason })
  return refuse(reason)
}
