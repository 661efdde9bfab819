import type { Deps } from '../../deps.ts'
import type { StaffActor } from '../../kernel/actor.ts'
import { toColumn } from '../../kernel/business-day.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import { isUniqueViolation } from '../../platform/db/errors.ts'
import { inTx } from '../../platform/db/in-tx.ts'
import type { OfficerProof } from '../officer-proof/index.ts'
import { stillMay } from '../officer-standing/index.ts'
import { HelpdeskHoursChanged } from './events.ts'
import type { HelpdeskHours } from './hours.ts'
import { forgetHours, readHours } from './queries.ts'
import { timeText } from './words.ts'

export type HoursRefusal = 'access.forbidden' | 'helpdeskHours.changedMeanwhile'

/**
 * Puts new hours in force at once (H-07), by an officer who has proved anew who they are: whoever answers the number is believed
 * to be the bank. Versions stay, for what was told to whom and when. Refuses a change of hours that another officer has changed
 * meanwhile.
 */
export const changeHours = async (
  deps: Deps,
  actor: StaffActor,
  proof: OfficerProof,
  wanted: HelpdeskHours,
): Promise<Result<null, HoursRefusal>> => {
  if (proof.officerId !== actor.id) throw new Error('the proof is another officer’s')
  const { version, closedDays, yearlyClosed, opensAt, closesAt, phone } = wanted
  try {
    const done = await inTx(deps, async (tx): Promise<Result<null, HoursRefusal>> => {
      if (!(await stillMay(tx, actor, 'helpdesk-hours:change'))) return refuse('access.forbidden')
      const before = await readHours(tx)
      if (before.version !== version) return refuse('helpdeskHours.changedMeanwhile')
      await tx.helpdeskHours.create({
        data: {
          version: version + 1,
          opensAt,
          closesAt,
          phone,
          yearlyClosed: [...yearlyClosed],
          closedDays: closedDays.map(toColumn),
          decidedAt: deps.clock.now(),
          decidedById: actor.id,
        },
      })
      await audit.record(deps, tx, HelpdeskHoursChanged, {
        actor,
        companyId: null,
        details: { before: recorded(before), after: recorded(wanted) },
      })
      return ok(null)
    })
    forgetHours(deps)
    return done
  } catch (error) {
    if (isUniqueViolation(error, 'helpdesk_hours_pkey')) return refuse('helpdeskHours.changedMeanwhile')
    throw error
  }
}

const recorded = ({ opensAt, closesAt, phone, yearlyClosed, closedDays }: HelpdeskHours) => ({
  opensAt: timeText(opensAt),
  closesAt: timeText(closesAt),
  phone,
  // In one order, whatever the form's: moved days would be told as a change.
  yearlyClosed: yearlyClosed.toSorted(),
  closedDays: closedDays.toSorted(),
})
