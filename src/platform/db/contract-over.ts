import { Prisma } from '../../generated/prisma/client.ts'
import { businessDayOf, toColumn } from '../../kernel/business-day.ts'

/** When a company's contract ends or has ended, as its row says (H-06). */
export type ContractLife = { lastDay: Date | null; contractEndedAt: Date | null }

/**
 * Whether a contract is over: it was ended, or its last day has passed in Japan, whether or not the job that writes the end down
 * has come to it. Whatever lets somebody in asks this and not the states of users, of which a company may have a hundred
 * thousand (H-06, decision 81).
 */
export const contractIsOver = ({ lastDay, contractEndedAt }: ContractLife, now: Date): boolean =>
  contractEndedAt !== null || (lastDay !== null && lastDay < toColumn(businessDayOf(now)))

/** `contractIsOver` of the company `c` of a statement; false where an outer join found none. */
export const overInSql = (now: Date): Prisma.Sql =>
  Prisma.sql`(c.contract_ended_at IS NOT NULL OR coalesce(c.last_day < ${businessDayOf(now)}::date, false))`

/** The state of the user `u` as a login takes it: nobody of a contract that is over is in service, whatever their row still says. */
export const serviceStateInSql = (now: Date): Prisma.Sql =>
  Prisma.sql`CASE WHEN u.service_state = 'available' AND ${overInSql(now)} THEN 'suspended' ELSE u.service_state::text END`

/** `contractIsOver` as a condition on companies. */
export const overContracts = (now: Date): Prisma.CompanyWhereInput => ({
  OR: [{ contractEndedAt: { not: null } }, { lastDay: { lt: toColumn(businessDayOf(now)) } }],
})

/** Companies whose contract is not over; not the `NOT` of the former, to which no last day at all would be unknown. */
export const standingContracts = (now: Date): Prisma.CompanyWhereInput => ({
  contractEndedAt: null,
  OR: [{ lastDay: null }, { lastDay: { gte: toColumn(businessDayOf(now)) } }],
})
