import type { Deps } from '../../deps.ts'
import type { UserActor } from '../../kernel/actor.ts'
import { type BusinessDay, businessDayOf, fromColumn, toColumn } from '../../kernel/business-day.ts'
import { yen } from '../../kernel/money.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import {
  type FeeKind,
  type FeeService,
  type FeeSettings,
  type Fees,
  feeKinds,
  type Pattern,
  patterns,
  type Schedule,
  scheduleOf,
  serviceOf,
  unsettled,
} from './fee.ts'

/** A version of the bank's standard fees: from which day it holds, and what it says. */
export type StandardFees = { effectiveOn: BusinessDay; schedule: Schedule }

/** What holds for a company and a kind, with the standard it may follow. */
export type FeeRecord = {
  kind: FeeKind
  /** 0 while the company has settled nothing. */
  version: number
  settings: FeeSettings
  changed?: { at: Date; by: string }
  /** The bank's standard of the day, and the ones that will follow it. */
  standard?: StandardFees
  upcoming: StandardFees[]
}

type Amount = { fromAmount: bigint; pattern: Pattern; fee: bigint }

/** Rows of amounts, one a 振込パターン, as a schedule. */
const scheduleFrom = (amounts: readonly Amount[]): Schedule => {
  const froms = [...new Set(amounts.map(({ fromAmount }) => fromAmount))].sort((a, b) => (a < b ? -1 : 1))
  const feeOf = (from: bigint, pattern: Pattern) => {
    const found = amounts.find(each => each.fromAmount === from && each.pattern === pattern)
    if (!found) throw new Error(`fees from ${from} lack ${pattern}`)
    return yen(found.fee)
  }
  return scheduleOf(
    froms.map(from => ({
      from: yen(from),
      fees: Object.fromEntries(patterns.map(pattern => [pattern, feeOf(from, pattern)])) as Fees,
    })),
  )
}

/** A schedule as rows of amounts. */
export const amountsOf = (schedule: Schedule): Amount[] =>
  schedule.flatMap(({ from, fees }) =>
    patterns.map(pattern => ({ fromAmount: from, pattern, fee: fees[pattern] })),
  )

/**
 * The bank's standard fees of a function: those of the day and those that will follow. Of two versions for the same day
 * the later one counts: it is how a mistake is put right.
 */
export const standardFees = async (
  { clock }: Pick<Deps, 'clock'>,
  db: Tx,
  service: FeeService,
): Promise<{ standard?: StandardFees; upcoming: StandardFees[] }> => {
  const today = toColumn(businessDayOf(clock.now()))
  const query = {
    include: { amounts: true },
    orderBy: [{ effectiveOn: 'desc' as const }, { version: 'desc' as const }],
  }
  const [current, later] = await Promise.all([
    db.standardFee.findFirst({ where: { serviceCode: service, effectiveOn: { lte: today } }, ...query }),
    db.standardFee.findMany({
      where: { serviceCode: service, effectiveOn: { gt: today } },
      distinct: ['effectiveOn'],
      ...query,
    }),
  ])
  const read = (row: { effectiveOn: Date; amounts: Amount[] }): StandardFees => ({
    effectiveOn: fromColumn(row.effectiveOn),
    schedule: scheduleFrom(row.amounts),
  })
  return { ...(current && { standard: read(current) }), upcoming: later.map(read).reverse() }
}

/** What the actor's company has settled for a kind, whether or not it has contracted the function. */
export const readFee = async (
  deps: Pick<Deps, 'clock'>,
  db: Tx,
  { companyId }: UserActor,
  kind: FeeKind,
): Promise<FeeRecord> => {
  const row = await db.companyFee.findUnique({
    where: { companyId_kind: { companyId, kind } },
    include: { amounts: true, changedBy: { select: { name: true } } },
  })
  const standards = await standardFees(deps, db, serviceOf(kind))
  if (!row) return { kind, version: 0, settings: unsettled(kind), ...standards }
  const shared = {
    method: row.method,
    minimumPayment: row.minimumPayment === null ? null : yen(row.minimumPayment),
  }
  return {
    kind,
    version: row.version,
    settings: row.followsStandard
      ? { ...shared, followsStandard: true, schedule: null }
      : { ...shared, followsStandard: false, schedule: scheduleFrom(row.amounts) },
    changed: { at: row.changedAt, by: row.changedBy.name },
    ...standards,
  }
}

/** The kinds whose function the actor's company has contracted. */
export const offeredKinds = async (db: Tx, { companyId }: UserActor): Promise<FeeKind[]> => {
  const rows = await db.companyService.findMany({ where: { companyId }, select: { serviceCode: true } })
  const contracted = new Set(rows.map(({ serviceCode }) => serviceCode))
  return feeKinds.filter(kind => contracted.has(serviceOf(kind)))
}

/** What holds for the actor's company; a kind whose function it has not contracted is not there for it. */
export const findFee = async (
  deps: Pick<Deps, 'clock'>,
  db: Tx,
  actor: UserActor,
  kind: FeeKind,
): Promise<Result<FeeRecord, 'fee.notContracted'>> =>
  (await offeredKinds(db, actor)).includes(kind)
    ? ok(await readFee(deps, db, actor, kind))
    : refuse('fee.notContracted')
