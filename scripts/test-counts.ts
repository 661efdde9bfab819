import { existsSync, readFileSync } from 'node:fs'

/** What a runner did, in tests. */
export type Counts = { passed: number; failed: number; skipped: number }

export const noCounts: Counts = { passed: 0, failed: 0, skipped: 0 }

export const addCounts = (one: Counts, other: Counts): Counts => ({
  passed: one.passed + other.passed,
  failed: one.failed + other.failed,
  skipped: one.skipped + other.skipped,
})

/** `12 passed, 0 failed`: the last line of a run, whatever else there is to tell. */
export const summary = ({ passed, failed }: Counts): string => `${passed} passed, ${failed} failed`

/** The line before it when a test was skipped, so that none may hide: this machine lacks what it needs. */
export const skippedLine = ({ skipped }: Counts): string | undefined =>
  skipped > 0 ? `${skipped} skipped: a tool or right that they need is not on this machine` : undefined

type VitestReport = {
  numPassedTests: number
  numFailedTests: number
  numPendingTests: number
  numTodoTests: number
  testResults: {
    name: string
    status: string
    message: string
    assertionResults: { status: string; fullName: string; failureMessages: string[] }[]
  }[]
}

const mostLines = 20

/** As much of a message as tells why: a program that would not start says so below the first line. */
const beginning = (text: string | undefined): string =>
  text?.trimEnd().split('\n', mostLines).join('\n') ?? ''

/** From vitest's json report. A file that could not even be loaded has no test that failed: it counts as one. */
export const vitestCounts = (report: VitestReport): Counts => {
  const unloaded = report.testResults.filter(
    file => file.status === 'failed' && !file.assertionResults.some(test => test.status === 'failed'),
  )
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + unloaded.length,
    skipped: report.numPendingTests + report.numTodoTests,
  }
}

/** A text for each test that failed, or file that could not be loaded: where a long output was cut, these tell. */
export const vitestFailures = ({ testResults }: VitestReport): string[] =>
  testResults.flatMap(({ name, status, message, assertionResults }) => {
    const failed = assertionResults
      .filter(test => test.status === 'failed')
      .map(test => `${name}: ${test.fullName}: ${beginning(test.failureMessages[0])}`)
    return status === 'failed' && failed.length === 0 ? [`${name}: ${beginning(message)}`] : failed
  })

type PlaywrightSpec = {
  title: string
  file: string
  ok: boolean
  tests: { results: { error?: { message?: string } }[] }[]
}
type PlaywrightSuite = { suites?: PlaywrightSuite[]; specs?: PlaywrightSpec[] }
type PlaywrightReport = {
  stats: { expected: number; unexpected: number; flaky: number; skipped: number }
  errors: { message?: string }[]
  suites?: PlaywrightSuite[]
}

/** From Playwright's json report. Flaky counts as failed, and so does each error outside of a test. */
export const playwrightCounts = ({ stats, errors }: PlaywrightReport): Counts => ({
  passed: stats.expected,
  failed: stats.unexpected + stats.flaky + errors.length,
  skipped: stats.skipped,
})

const specsOf = ({ suites = [], specs = [] }: PlaywrightSuite): PlaywrightSpec[] => [
  ...specs,
  ...suites.flatMap(specsOf),
]

/** A text for each browser test that failed, and for each error outside of a test. */
export const playwrightFailures = ({ suites = [], errors }: PlaywrightReport): string[] => [
  ...suites
    .flatMap(specsOf)
    .filter(({ ok }) => !ok)
    .map(({ file, title, tests }) => {
      const messages = tests.flatMap(({ results }) => results.map(({ error }) => error?.message))
      return `${file}: ${title}: ${beginning(messages.find(message => message !== undefined))}`
    }),
  ...errors.map(({ message }) => beginning(message)),
]

/** What a runner's report says of its failures; nothing where it left no report. */
export const runnerFailures = <R>(report: string, read: (report: R) => string[]): string[] =>
  existsSync(report) ? read(JSON.parse(readFileSync(report, 'utf8')) as R) : []

/**
 * A runner's counts from its report, held against how it ended: when it says that it failed, or left no report, or
 * ran nothing, and no failed test explains it, one failure is added, so that nothing passes by not running.
 * @param report path of the json report
 */
export const runnerCounts = <R>(report: string, read: (report: R) => Counts, succeeded: boolean): Counts => {
  const counts = existsSync(report) ? read(JSON.parse(readFileSync(report, 'utf8')) as R) : noCounts
  const explained = counts.failed > 0 || (succeeded && counts.passed > 0)
  return explained ? counts : { ...counts, failed: 1 }
}

/** For a check that only says yes or no, such as lint: one test. */
export const verdictCounts = (succeeded: boolean): Counts =>
  succeeded ? { ...noCounts, passed: 1 } : { ...noCounts, failed: 1 }
