import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import {
  playwrightCounts,
  playwrightFailures,
  runnerCounts,
  runnerFailures,
  skippedLine,
  summary,
  vitestCounts,
  vitestFailures,
} from '../../../scripts/test-counts.ts'

const folder = mkdtempSync(join(tmpdir(), 'sekisho-counts-'))
afterAll(() => rmSync(folder, { recursive: true }))

const vitest = (numPassedTests: number, numFailedTests: number, files: string[][] = []) => ({
  numPassedTests,
  numFailedTests,
  numPendingTests: 2,
  numTodoTests: 1,
  testResults: files.map((tests, at) => ({
    name: `file-${at}.test.ts`,
    status: 'failed',
    message: 'SyntaxError: Unexpected token\n  at line 3',
    assertionResults: tests.map(status => ({
      status,
      fullName: `B-05 ${status}`,
      failureMessages: status === 'failed' ? ['AssertionError: expected 1 to be 2\n  at there'] : [],
    })),
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

  it('name each failed test with the beginning of its reason, and each file that could not be loaded', () => {
    expect(vitestFailures(vitest(5, 1, [['passed', 'failed'], []]))).toEqual([
      'file-0.test.ts: B-05 failed: AssertionError: expected 1 to be 2\n  at there',
      'file-1.test.ts: SyntaxError: Unexpected token\n  at line 3',
    ])
    const stats = { expected: 1, unexpected: 1, flaky: 0, skipped: 0 }
    const spec = (title: string, message?: string) => ({
      title,
      file: 'smoke.spec.ts',
      ok: message === undefined,
      tests: [{ results: [message === undefined ? {} : { error: { message } }] }],
    })
    const suites = [
      { suites: [{ specs: [spec('B-01 opens'), spec('B-02 asks', `Timeout${'\n at here'.repeat(40)}\n`)] }] },
    ]
    expect(playwrightFailures({ stats, errors: [{ message: 'no browser' }], suites })).toEqual([
      `smoke.spec.ts: B-02 asks: Timeout${'\n at here'.repeat(19)}`,
      'no browser',
    ])
    expect(runnerFailures(join(folder, 'none.json'), vitestFailures)).toEqual([])
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
