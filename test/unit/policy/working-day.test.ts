import { expect, it } from 'vitest'
import type { BusinessDay } from '../../../src/kernel/business-day.ts'
import { isWorkingDay, nextWorkingDay } from '../../../src/policy/working-day.ts'

const day = (text: string) => text as BusinessDay

it('H-04 H-07 the next working day skips weekends, holidays and the turn of the year', () => {
  expect(nextWorkingDay(day('2026-11-19'))).toBe('2026-11-20')
  // Friday, then Saturday, Sunday and 勤労感謝の日.
  expect(nextWorkingDay(day('2026-11-20'))).toBe('2026-11-24')
  expect(nextWorkingDay(day('2026-12-30'))).toBe('2027-01-04')
  expect(isWorkingDay(day('2026-12-31'))).toBe(false)
  expect(isWorkingDay(day('2026-11-24'))).toBe(true)
})
