import { startProgram } from './program.ts'

/**
 * Playwright's global setup: lets the program make the demo's data once. Companies, people and certificates take it longer
 * than anything else at its start, so each spec gets a copy of them.
 */
export default async function prepareDemo(): Promise<() => Promise<void>> {
  const program = await startProgram()
  await program.stop()
  process.env.E2E_DEMO_DATA = program.dataDir
  return program.remove
}
