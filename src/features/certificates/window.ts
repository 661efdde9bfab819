import { businessDayOf, daysBetween, plusDays, plusMonths, startOf } from '../../kernel/business-day.ts'
import { isOver } from '../../kernel/clock.ts'
import type { CertificateLife } from '../../policy/policy.ts'

/**
 * From when on a certificate may be renewed: the beginning, in JST, of the day that lies the policy's months or days
 * before its last one; a month is a calendar one, clipped at its end (A-00, C-04).
 */
export const renewalOpensAt = (notAfter: Date, window: CertificateLife): Date => {
  const last = businessDayOf(notAfter)
  return startOf('months' in window ? plusMonths(last, -window.months) : plusDays(last, -window.days))
}

/** Whether a certificate may be renewed now: within the window, its last second included (C-04). */
export const isRenewable = (notAfter: Date, window: CertificateLife, now: Date): boolean =>
  now >= renewalOpensAt(notAfter, window) && !isOver(notAfter, now)

/** How many JST days a certificate has left: 0 on its last one, negative when it is over. */
export const daysLeft = (notAfter: Date, now: Date): number =>
  daysBetween(businessDayOf(now), businessDayOf(notAfter))
