import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import {
  passedOverLines,
  playwrightCounts,
  playwrightFailures,
  runnerCounts,
  runnerFailures,
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
    const counts = { passed: 5, failed: 1, skipped: 3, unreached: 0 }
    expect(vitestCounts(vitest(5, 1, [['passed', 'failed', 'pending']]))).toEqual(counts)
  })

  it('count a file that could not be loaded as failed', () => {
    expect(vitestCounts(vitest(5, 0, [[]])).failed).toBe(1)
    // Its beginning failed: what it would have tested was not reached.
    const counts = { passed: 5, failed: 1, skipped: 1, unreached: 2 }
    expect(vitestCounts(vitest(5, 0, [['skipped', 'skipped']]))).toEqual(counts)
  })

  it('are those of Playwright, where flaky and a broken setup are failures', () => {
    const stats = { expected: 4, unexpected: 1, flaky: 1, skipped: 3 }
    const passedOver = (...annotations: { type: string }[]) => ({
      ...{ title: 'B-03 goes on', file: 'smoke.spec.ts', ok: true },
      tests: [{ status: 'skipped' as const, annotations, results: [] }],
    })
    // The third passes itself over; the others come after the failure.
    const suites = [{ specs: [passedOver(), passedOver({ type: 'serial' }), passedOver({ type: 'skip' })] }]
    const counts = { passed: 4, failed: 3, skipped: 1, unreached: 2 }
    expect(playwrightCounts({ stats, errors: [{}], suites })).toEqual(counts)
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
      tests: [
        {
          status: message === undefined ? ('expected' as const) : ('unexpected' as const),
          annotations: [],
          results: [message === undefined ? {} : { error: { message } }],
        },
      ],
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
    const counts = { passed: 3, failed: 1, skipped: 3, unreached: 0 }
    expect(runnerCounts(report, vitestCounts, false)).toEqual(counts)
    expect(runnerCounts(report, vitestCounts, true).failed).toBe(0)
  })

  it('end in one and the same line, before which those that did not run are told with the reason', () => {
    const all = { passed: 3, failed: 0, skipped: 0, unreached: 0 }
    expect(summary(all)).toBe('3 passed, 0 failed')
    expect(passedOverLines(all)).toEqual([])
    const some = { passed: 3, failed: 1, skipped: 2, unreached: 5 }
    expect(summary(some)).toBe('3 passed, 1 failed')
    expect(passedOverLines(some)).toEqual([
      '2 skipped: a tool or right that they need is not on this machine',
      '5 not reached: what came before them in their file failed',
    ])
  })
})
