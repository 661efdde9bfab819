import { z } from 'zod'
import { type BusinessDay, parseBusinessDay } from '../../kernel/business-day.ts'
import { type Yen, yen } from '../../kernel/money.ts'
import { unprintable } from '../../kernel/reason.ts'
import { toHalfWidth } from '../../kernel/width.ts'
import type { Values } from '../../platform/http/drafts.ts'
import { type FeeService, type Fees, feeServices, patterns, type Schedule, scheduleOf } from './fee.ts'
import { type FeeProblem, type FeeWords, readSchedule } from './forms.ts'

/** New standard fees of a function, as one officer proposes them and another approves them (H-06). */
export type StandardProposal = { service: FeeService; effectiveOn: BusinessDay; schedule: Schedule }

export const longestReason = 400

/** What an officer has typed: fees, the day from which they hold, and why. */
export const readProposal = (
  service: FeeService,
  form: Values,
  today: BusinessDay,
  words: FeeWords,
): { proposal?: StandardProposal; reason: string; problems: FeeProblem[] } => {
  const problems: FeeProblem[] = []
  const text = (field: string) => String(form[field] ?? '')
  const effectiveOn = parseBusinessDay(toHalfWidth(text('effectiveOn')).trim().replaceAll('/', '-'))
  if (!effectiveOn || effectiveOn > '2099-12-31')
    problems.push({ field: 'effectiveOn', reason: 'fee.standard.day' })
  else if (effectiveOn < today) problems.push({ field: 'effectiveOn', reason: 'fee.standard.past' })
  const { schedule, problems: wrong } = readSchedule(form, words)
  problems.push(...wrong)
  const reason = text('reason').replaceAll('\r\n', '\n').trim()
  if (reason === '') problems.push({ field: 'reason', reason: 'fee.standard.reasonMissing' })
  else if ([...reason].length > longestReason)
    problems.push({
      field: 'reason',
      reason: 'fee.standard.reasonTooLong',
      params: { longest: longestReason },
    })
  else if (unprintable.test(reason)) problems.push({ field: 'reason', reason: 'case.reasonUnprintable' })
  return problems.length === 0 && effectiveOn && schedule
    ? { proposal: { service, effectiveOn, schedule }, reason, problems }
    : { reason, problems }
}

const stored = z.object({
  service: z.enum(feeServices),
  effectiveOn: z.string(),
  baseVersion: z.number(),
  ranges: z.array(z.object({ from: z.string(), fees: z.record(z.enum(patterns), z.string()) })).min(1),
})

/** A proposal as its case keeps it: amounts are texts, for JSON knows no whole number of their size. */
export const proposalToStore = (
  { service, effectiveOn, schedule }: StandardProposal,
  baseVersion: number,
): z.input<typeof stored> => ({
  service,
  effectiveOn,
  baseVersion,
  ranges: schedule.map(({ from, fees }) => ({
    from: String(from),
    fees: Object.fromEntries(patterns.map(pattern => [pattern, String(fees[pattern])])) as Record<
      keyof Fees,
      string
    >,
  })),
})

/** A stored proposal, with the version of the standard that it was made from. */
export const proposalFrom = (given: unknown): StandardProposal & { baseVersion: number } => {
  const { service, effectiveOn, baseVersion, ranges } = stored.parse(given)
  const amount = (text: string): Yen => yen(BigInt(text))
  return {
    service,
    effectiveOn: effectiveOn as BusinessDay,
    baseVersion,
    schedule: scheduleOf(
      ranges.map(({ from, fees }) => ({
        from: amount(from),
        fees: Object.fromEntries(patterns.map(pattern => [pattern, amount(fees[pattern])])) as Fees,
      })),
    ),
  }
}
