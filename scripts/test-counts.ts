import { existsSync, readFileSync } from 'node:fs'

/** What a runner did, in tests. Those skipped passed themselves over; those unreached stood behind one that failed. */
export type Counts = { passed: number; failed: number; skipped: number; unreached: number }

export const noCounts: Counts = { passed: 0, failed: 0, skipped: 0, unreached: 0 }

export const addCounts = (one: Counts, other: Counts): Counts => ({
  passed: one.passed + other.passed,
  failed: one.failed + other.failed,
  skipped: one.skipped + other.skipped,
  unreached: one.unreached + other.unreached,
})

/** `12 passed, 0 failed`: the last line of a run, whatever else there is to tell. */
export const summary = ({ passed, failed }: Counts): string => `${passed} passed, ${failed} failed`

/** The lines before it on what did not run and why, so that none may hide. */
export const passedOverLines = ({ skipped, unreached }: Counts): string[] => [
  ...(skipped > 0 ? [`${skipped} skipped: a tool or right that they need is not on this machine`] : []),
  ...(unreached > 0 ? [`${unreached} not reached: what came before them in their file failed`] : []),
]

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

/**
 * From vitest's json report. A file that could not be loaded or begun has no test that failed: it counts as one, and its
 * tests were not reached.
 */
export const vitestCounts = (report: VitestReport): Counts => {
  const broken = report.testResults.filter(
    file => file.status === 'failed' && !file.assertionResults.some(test => test.status === 'failed'),
  )
  const unreached = broken
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status }) => status !== 'passed').length
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + broken.length,
    skipped: report.numPendingTests + report.numTodoTests - unreached,
    unreached,
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
  tests: {
    status: 'expected' | 'unexpected' | 'flaky' | 'skipped'
    annotations: { type: string }[]
    results: { error?: { message?: string } }[]
  }[]
}
type PlaywrightSuite = { suites?: PlaywrightSuite[]; specs?: PlaywrightSpec[] }
type PlaywrightReport = {
  stats: { expected: number; unexpected: number; flaky: number; skipped: number }
  errors: { message?: string }[]
  suites?: PlaywrightSuite[]
}

/**
 * From Playwright's json report. Flaky counts as failed, and so does each error outside of a test. A test that passes
 * itself over says so; the others that did not run come after a failure, on whose page they would have gone on.
 */
export const playwrightCounts = ({ stats, errors, suites = [] }: PlaywrightReport): Counts => {
  const unreached = suites
    .flatMap(specsOf)
    .flatMap(({ tests }) => tests)
    .filter(
      ({ status, annotations }) => status === 'skipped' && !annotations.some(each => each.type === 'skip'),
    ).length
  return {
    passed: stats.expected,
    failed: stats.unexpected + stats.flaky + errors.length,
    skipped: stats.skipped - unreached,
    unreached,
  }
}

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
