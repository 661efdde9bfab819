import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  root: join(import.meta.dirname, '..'),
  test: {
    include: ['test/conformance/**/*.test.ts'],
    globalSetup: ['test/support/database-server.ts'],
    maxWorkers: 2,
    // Nothing is asked of the machine's speed: what is awaited comes, or the test has failed.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 20_000 } },
  },
})
