import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const execute = promisify(execFile)
// A tool that hangs is ended; a busy machine may still take its time.
const options = { timeout: 60_000 }

/** What a tool prints that must end well; rejects with it where it does not. The portal runs in this very process. */
export const run = async (tool: string, ...given: string[]): Promise<string> => {
  const { stdout, stderr } = await execute(tool, given, options)
  return `${stdout}${stderr}`
}

/** What a tool prints, whether it ends well or not. */
export const told = async (tool: string, ...given: string[]): Promise<string> => {
  const { stdout, stderr } = await execute(tool, given, options).catch(error => error)
  return `${stdout}${stderr}`
}
