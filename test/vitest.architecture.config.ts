import { defineConfig } from 'vitest/config'

export default defineConfig({
  // Files of a worker share their modules, which keep nothing of their own: loading them anew takes longer than most tests.
  test: { include: ['test/architecture/**/*.test.ts'], maxWorkers: 2, isolate: false, testTimeout: 60_000 },
})
