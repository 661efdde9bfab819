import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  root: join(import.meta.dirname, '..'),
  test: {
    include: ['test/conformance/**/*.test.ts'],
    globalSetup: ['test/support/database-server.ts'],
    maxWorkers: 2,
    // Files of a worker share their modules: what those remember, they remember by database or connection.
    isolate: false,
    testTimeout: 60_000,
    hookTimeout: 90_000,
  },
})
