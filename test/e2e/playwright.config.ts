import { join } from 'node:path'
import { defineConfig } from '@playwright/test'

const output = join(import.meta.dirname, '..', 'output')

/** Two workers: while one spec waits for a page or for its program, the other has the second core. */
export default defineConfig({
  testDir: '.',
  testMatch: '*.spec.ts',
  outputDir: join(output, 'browser'),
  globalSetup: ['./support/certificate-choice.ts', './support/prepared-demo.ts'],
  workers: 2,
  retries: 0,
  forbidOnly: true,
  // Nothing is asked of the machine's speed: what is awaited comes, or the test has failed.
  timeout: 300_000,
  expect: { timeout: 60_000 },
  globalTimeout: 38 * 60_000,
  reporter: [['line'], ['json', { outputFile: join(output, 'reports', 'browser.json') }]],
})
