import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  root: join(import.meta.dirname, '..'),
  test: {
    include: ['test/unit/**/*.test.ts'],
    maxWorkers: 2,
    testTimeout: 120_000,
    expect: { poll: { timeout: 60_000 } },
  },
})
