import { describe, expect, it, vi } from 'vitest'
import { steadyClock } from '../../../src/platform/jobs.ts'

describe('the clock of the job queue', () => {
  it('C-10 does not go back with the machine’s: what is left of a pause would be a year otherwise', () => {
    const due = steadyClock.now() + 30_000
    vi.setSystemTime(Date.now() - 365 * 86_400_000)
    try {
      expect(due - steadyClock.now()).toBeLessThanOrEqual(30_000)
    } finally {
      vi.useRealTimers()
    }
  })
})
