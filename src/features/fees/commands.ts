import type { Deps } from '../../deps.ts'
import type { StaffActor, SystemActor, UserActor } from '../../kernel/actor.ts'
import { type BusinessDay, toColumn } from '../../kernel/business-day.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import { isUniqueViolation } from '../../platform/db/errors.ts'
import { inTx } from '../../platform/db/in-tx.ts'
import type { Values } from '../../platform/http/drafts.ts'
import { stillManages } from '../users/index.ts'
import {
  FeeChanged,
  FeeChangeRefused,
  StandardFeesPublished,
  scheduleDetails,
  settledDetails,
} from './events.ts'
import { type FeeKind, type FeeService, type FeeSettings, mostRanges, type Schedule } from './fee.ts'
import { valuesOf } from './forms.ts'
import { amountsOf, findFee } from './queries.ts'

export type FeeChange = { kind: FeeKind; version: number; settings: FeeSettings }
export type FeeChangeRefusal = 'access.forbidden' | 'fee.notContracted' | 'draft.targetChanged'

/**
 * Settles the fees of a kind anew for the actor's company, beginning from the version that the actor has seen: of two
 * administrators the second is refused and overwrites nothing (D-12). Gives what was and what is, as form values.
 */
export const changeFee = (
  deps: Pick<Deps, 'db' | 'clock' | 'ids'>,
  actor: UserActor,
  { kind, version, settings }: FeeChange,
): Promise<Result<{ before: Values; after: Values }, FeeChangeRefusal>> =>
  inTx(deps, async tx => {
    const { companyId } = actor
    if (!(await stillManages(tx, actor, 'fee:manage'))) return refuse('access.forbidden')
    const found = await findFee(deps, tx, actor, kind)
    if (!found.ok) return found
    const settled = {
      followsStandard: settings.followsStandard,
      method: settings.method,
      minimumPayment: settings.minimumPayment,
      version: version + 1,
      changedAt: deps.clock.now(),
      changedById: actor.id,
    }
    const { count } =
      version === 0
        ? await tx.companyFee.createMany({ data: [{ companyId, kind, ...settled }], skipDuplicates: true })
        : await tx.companyFee.updateMany({ where: { companyId, kind, version }, data: settled })
    if (count === 0) return refuse('draft.targetChanged')
    await tx.companyFeeAmount.deleteMany({ where: { companyId, kind } })
    if (settings.schedule)
      await tx.companyFeeAmount.createMany({
        data: amountsOf(settings.schedule).map(amount => ({ companyId, kind, ...amount })),
      })
    // The version that was read is the one that has just been replaced, or the update would have found none.
    const before = found.value.settings
    await audit.record(deps, tx, FeeChanged, {
      actor,
      companyId,
      subject: { kind: 'company', id: companyId },
      details: { feeKind: kind, before: settledDetails(kind, before), after: settledDetails(kind, settings) },
    })
    return ok({ before: valuesOf(before), after: valuesOf(settings) })
  })

/** Keeps that settling fees was refused, after its transaction is rolled back (F-02). */
export const recordFeeChangeRefused = async (
  deps: Pick<Deps, 'db' | 'clock' | 'ids'>,
  actor: UserActor,
  kind: FeeKind,
  reason: string,
): Promise<void> => {
  await audit.recordAlone(deps, FeeChangeRefused, {
    actor,
    companyId: actor.companyId,
    subject: { kind: 'company', id: actor.companyId },
    outcome: 'refused',
    reason,
    details: { feeKind: kind },
  })
}

/**
 * Publishes the bank's standard fees of a function, which hold from a day on for every company that follows them. A version
 * for a day that has one takes its place. Refuses when another officer publishes at the same moment.
 */
export const publishStandardFees = async (
  deps: Pick<Deps, 'db' | 'clock' | 'ids'>,
  actor: StaffActor | SystemActor,
  { service, effectiveOn, schedule }: { service: FeeService; effectiveOn: BusinessDay; schedule: Schedule },
): Promise<Result<{ version: number }, 'fee.standard.changedMeanwhile'>> => {
  if (schedule.length > mostRanges) throw new Error(`a schedule has at most ${mostRanges} ranges`)
  try {
    return await inTx(deps, async tx => {
      const last = await tx.standardFee.findFirst({
        where: { serviceCode: service },
        orderBy: { version: 'desc' },
        select: { version: true },
      })
      const id = deps.ids.next()
      const version = (last?.version ?? 0) + 1
      await tx.standardFee.create({
        data: {
          id,
          serviceCode: service,
          version,
          effectiveOn: toColumn(effectiveOn),
          publishedAt: deps.clock.now(),
          publishedById: actor.kind === 'staff' ? actor.id : null,
        },
      })
      await tx.standardFeeAmount.createMany({
        data: amountsOf(schedule).map(amount => ({ standardFeeId: id, ...amount })),
      })
      await audit.record(deps, tx, StandardFeesPublished, {
        actor,
        companyId: null,
        details: { service, effectiveOn, feeSchedule: scheduleDetails(schedule) },
      })
      return ok({ version })
    })
  } catch (error) {
    if (isUniqueViolation(error, 'standard_fee_service_code_version_key'))
      return refuse('fee.standard.changedMeanwhile')
    throw error
  }
}
