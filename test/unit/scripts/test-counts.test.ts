import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import {
  playwrightCounts,
  runnerCounts,
  skippedLine,
  summary,
  vitestCounts,
} from '../../../scripts/test-counts.ts'

const folder = mkdtempSync(join(tmpdir(), 'sekisho-counts-'))
afterAll(() => rmSync(folder, { recursive: true }))

const vitest = (numPassedTests: number, numFailedTests: number, files: string[][] = []) => ({
  numPassedTests,
  numFailedTests,
  numPendingTests: 2,
  numTodoTests: 1,
  testResults: files.map(tests => ({
    status: 'failed',
    assertionResults: tests.map(status => ({ status })),
  })),
})

describe('the counts of a test run', () => {
  it('are those of vitest, with the skipped ones', () => {
    expect(vitestCounts(vitest(5, 1, [['passed', 'failed']]))).toEqual({ passed: 5, failed: 1, skipped: 3 })
  })

  it('count a file that could not be loaded as failed', () => {
    expect(vitestCounts(vitest(5, 0, [[]])).failed).toBe(1)
  })

  it('are those of Playwright, where flaky and a broken setup are failures', () => {
    const stats = { expected: 4, unexpected: 1, flaky: 1, skipped: 1 }
    expect(playwrightCounts({ stats, errors: [{}] })).toEqual({ passed: 4, failed: 3, skipped: 1 })
  })

  it('never pass a runner that left no report, ran nothing, or ended badly', () => {
    const report = join(folder, 'report.json')
    expect(runnerCounts(join(folder, 'none.json'), vitestCounts, true).failed).toBe(1)
    writeFileSync(report, JSON.stringify(vitest(0, 0)))
    expect(runnerCounts(report, vitestCounts, true).failed).toBe(1)
    writeFileSync(report, JSON.stringify(vitest(3, 0)))
    expect(runnerCounts(report, vitestCounts, false)).toEqual({ passed: 3, failed: 1, skipped: 3 })
    expect(runnerCounts(report, vitestCounts, true).failed).toBe(0)
  })

  it('end in one and the same line, before which the skipped ones are told', () => {
    expect(summary({ passed: 3, failed: 0, skipped: 0 })).toBe('3 passed, 0 failed')
    expect(skippedLine({ passed: 3, failed: 0, skipped: 0 })).toBeUndefined()
    expect(summary({ passed: 3, failed: 1, skipped: 2 })).toBe('3 passed, 1 failed')
    expect(skippedLine({ passed: 3, failed: 1, skipped: 2 })).toMatch(/^2 skipped/)
  })
})
