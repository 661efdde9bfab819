import { z } from 'zod'
import { defineEvent } from '../../platform/audit/audit.ts'
import { type FeeKind, type FeeSettings, feeKinds, methods, type Schedule } from './fee.ts'

const schedule = z.array(
  z.strictObject({
    fromAmount: z.bigint(),
    sameBranch: z.bigint(),
    ownBank: z.bigint(),
    otherBank: z.bigint(),
  }),
)

const settled = z.strictObject({
  followsStandard: z.boolean(),
  feeMethod: z.enum(methods).optional(),
  minimumPayment: z.bigint().optional(),
  feeSchedule: schedule.optional(),
})

/** A company has settled its fees anew (E-05). */
export const FeeChanged = defineEvent(
  'fee.changed',
  z.strictObject({ feeKind: z.enum(feeKinds), before: settled, after: settled }),
)

export const FeeChangeRefused = defineEvent(
  'fee.change-refused',
  z.strictObject({ feeKind: z.enum(feeKinds) }),
)

/** The bank's standard fees of a function, from a day on; in the bank's own history. */
export const StandardFeesPublished = defineEvent(
  'standard-fees.published',
  z.strictObject({
    service: z.string(),
    effectiveOn: z.string(),
    feeSchedule: schedule,
  }),
)

/** A schedule as the history keeps it. */
export const scheduleDetails = (ranges: Schedule): z.input<typeof schedule> =>
  ranges.map(({ from, fees }) => ({
    fromAmount: from,
    sameBranch: fees.same_branch,
    ownBank: fees.own_bank,
    otherBank: fees.other_bank,
  }))

/** Settings as the history keeps them: a method only where there is one to choose. */
export const settledDetails = (kind: FeeKind, settings: FeeSettings): z.input<typeof settled> => ({
  followsStandard: settings.followsStandard,
  ...(kind === 'payee_bulk' && { feeMethod: settings.method }),
  ...(settings.minimumPayment !== null && { minimumPayment: settings.minimumPayment }),
  ...(settings.schedule && { feeSchedule: scheduleDetails(settings.schedule) }),
})

/** An officer proposes new standard fees, which wait for a second one (H-06). */
export const StandardFeesProposed = defineEvent(
  'standard-fees.proposed',
  z.strictObject({
    caseId: z.string(),
    caseReason: z.string(),
    service: z.string(),
    effectiveOn: z.string(),
    feeSchedule: schedule,
  }),
)
