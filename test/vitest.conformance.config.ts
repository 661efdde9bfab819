import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  root: join(import.meta.dirname, '..'),
  test: {
    include: ['test/conformance/**/*.test.ts'],
    globalSetup: ['test/support/database-server.ts'],
    maxWorkers: 2,
    // Nothing is asked of the machine's speed: what is awaited comes, or the test has failed.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    teardownTimeout: 60_000,
    expect: { poll: { timeout: 60_000 } },
  },
})
