/**
 * `npm test [-- SUITE…]`: runs every suite, or those named, goes on after a failure, and ends with a line
 * `N passed, N failed` counted from the runners' own reports. Reports and pictures lie in test/output.
 */
import { spawn } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { killProcessesNaming } from '../test/e2e/support/processes.ts'
import { preparePrerequisites } from './prerequisites.ts'
import {
  addCounts,
  type Counts,
  noCounts,
  passedOverLines,
  playwrightCounts,
  playwrightFailures,
  runnerCounts,
  runnerFailures,
  summary,
  verdictCounts,
  vitestCounts,
  vitestFailures,
} from './test-counts.ts'

const root = join(import.meta.dirname, '..')
const output = join(root, 'test', 'output')
const reports = join(output, 'reports')
const running = join(output, 'running')

type Suite = {
  title: string
  command: [string, ...string[]]
  /** after this many minutes the suite is ended, and counts as failed: it hangs, for no machine is that slow */
  minutes: number
  counts: (succeeded: boolean) => Counts
  /** a text for each test that failed, as the runner's report has it */
  failures?: () => string[]
}

const vitestSuite = (name: string, minutes: number): Suite => {
  const report = join(reports, `${name}.json`)
  return {
    title: `${name} tests`,
    command: [
      'vitest',
      'run',
      `--config=test/vitest.${name}.config.ts`,
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
    ],
    minutes,
    counts: succeeded => runnerCounts(report, vitestCounts, succeeded),
    failures: () => runnerFailures(report, vitestFailures),
  }
}

const suites: Record<string, Suite> = {
  lint: { title: 'lint and format', command: ['biome', 'check', '.'], minutes: 10, counts: verdictCounts },
  types: { title: 'types', command: ['tsc', '--noEmit'], minutes: 10, counts: verdictCounts },
  unit: vitestSuite('unit', 10),
  architecture: vitestSuite('architecture', 10),
  integration: vitestSuite('integration', 40),
  conformance: {
    title: 'conformance',
    command: ['node', 'scripts/conformance.ts'],
    minutes: 20,
    counts: succeeded => runnerCounts(join(reports, 'conformance.json'), vitestCounts, succeeded),
    failures: () => runnerFailures(join(reports, 'conformance.json'), vitestFailures),
  },
  browser: {
    title: 'browser tests',
    command: ['playwright', 'test', '--config=test/e2e/playwright.config.ts'],
    minutes: 40,
    counts: succeeded => runnerCounts(join(reports, 'browser.json'), playwrightCounts, succeeded),
    failures: () => runnerFailures(join(reports, 'browser.json'), playwrightFailures),
  },
}

const signalGroup = (pid: number | undefined, signal: NodeJS.Signals) => {
  try {
    if (pid !== undefined) process.kill(-pid, signal)
  } catch {
    // The group has ended by itself.
  }
}

let interrupted = false

/** Runs one suite in a process group of its own, so that all of it can be ended; true when it ended with 0. */
const run = ({ command: [command, ...given], minutes }: Suite): Promise<boolean> =>
  new Promise(resolve => {
    const path = `${join(root, 'node_modules', '.bin')}:${process.env.PATH ?? ''}`
    const child = spawn(command, given, {
      cwd: root,
      detached: true,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, PATH: path },
    })
    const interrupt = () => {
      signalGroup(child.pid, 'SIGINT')
      process.exitCode = 130
      interrupted = true
    }
    const limit = setTimeout(() => {
      process.stdout.write(`✘ ended after ${minutes} minutes\n`)
      signalGroup(child.pid, 'SIGINT')
      setTimeout(() => signalGroup(child.pid, 'SIGKILL'), 20_000).unref()
    }, minutes * 60_000)
    process.on('SIGINT', interrupt).on('SIGTERM', interrupt)
    const done = (succeeded: boolean) => {
      clearTimeout(limit)
      process.off('SIGINT', interrupt).off('SIGTERM', interrupt)
      signalGroup(child.pid, 'SIGKILL') // what a runner that crashed left of its workers
      resolve(succeeded)
    }
    child.on('error', error => {
      process.stdout.write(`✘ ${error.message}\n`)
      done(false)
    })
    child.on('exit', code => done(code === 0))
  })
/** Ends the programs that a browser test started and, being killed itself, could not stop; returns how many. */
const endForgottenPrograms = (): number => {
  // Each note names the folder that the program was given: a process is known by it, never by a number that may
  // have passed on to another.
  const forgotten = readdirSync(running).filter(note => {
    const folder = readFileSync(join(running, note), 'utf8')
    rmSync(join(running, note))
    return killProcessesNaming(folder).length > 0
  })
  for (const note of forgotten) process.stdout.write(`✘ a test left the program running (${note})\n`)
  return forgotten.length
}

const names = process.argv.slice(2)
const unknown = names.filter(name => suites[name] === undefined)
if (unknown.length > 0) {
  process.stderr.write(
    `There is no suite ${unknown.join(', ')}: choose from ${Object.keys(suites).join(', ')}.\n`,
  )
  process.exit(2)
}
const chosen = Object.entries(suites).filter(([name]) => names.length === 0 || names.includes(name))

rmSync(reports, { recursive: true, force: true })
mkdirSync(reports, { recursive: true })
mkdirSync(running, { recursive: true })
let total = noCounts
const lines: string[] = []
if (chosen.some(([name]) => name === 'browser' || name === 'integration')) {
  process.stdout.write('\n── prerequisites\n')
  const { found, remedy } = await preparePrerequisites()
  for (const [tool, path] of Object.entries(found)) process.stdout.write(`✔ ${tool}: ${path}\n`)
  if (remedy !== undefined) process.stdout.write(`✘ ${remedy}\n`)
}
for (const [name, suite] of chosen) {
  if (interrupted) break
  process.stdout.write(`\n── ${suite.title}\n`)
  const startedAt = performance.now()
  const succeeded = await run(suite)
  let counts = suite.counts(succeeded)
  if (name === 'browser') counts = addCounts(counts, { ...noCounts, failed: endForgottenPrograms() })
  total = addCounts(total, counts)
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  lines.push(
    `${counts.failed === 0 ? '✔' : '✘'} ${suite.title}: ${summary(counts)}${counts.skipped > 0 ? `, ${counts.skipped} skipped` : ''}${counts.unreached > 0 ? `, ${counts.unreached} not reached` : ''} (${seconds} s)`,
    ...(suite.failures?.() ?? []).map(text => `    ✘ ${text.replaceAll('\n', '\n      ')}`),
  )
}
process.stdout.write(`\n${[...lines, ...passedOverLines(total), summary(total)].join('\n')}\n`)
if (total.failed > 0) process.exitCode ||= 1
