import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  root: join(import.meta.dirname, '..'),
  test: {
    include: ['test/integration/**/*.test.ts'],
    // One PostgreSQL for the whole run; each file clones a database of its own from it (test/support/database.ts).
    globalSetup: ['test/support/database-server.ts'],
    maxWorkers: 2,
    // Files of a worker share their modules: what those remember, they remember by database or connection.
    isolate: false,
    // Nothing is asked of the machine's speed: what is awaited comes, or the test has failed.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    teardownTimeout: 60_000,
    expect: { poll: { timeout: 60_000 } },
  },
})
