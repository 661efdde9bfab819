import { join } from 'node:path'
import { defineConfig } from '@playwright/test'

const output = join(import.meta.dirname, '..', 'output')

/** One worker: the specs share two cores with the program, its database and several browsers. */
export default defineConfig({
  testDir: '.',
  testMatch: '*.spec.ts',
  outputDir: join(output, 'browser'),
  globalSetup: './support/certificate-choice.ts',
  workers: 1,
  retries: 0,
  forbidOnly: true,
  timeout: 120_000,
  expect: { timeout: 10_000 },
  globalTimeout: 840_000,
  reporter: [['line'], ['json', { outputFile: join(output, 'reports', 'browser.json') }]],
})
