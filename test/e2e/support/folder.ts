import { rmSync } from 'node:fs'

/** Removes a folder with all that is in it, also where what has just ended there still wrote its last. */
export const removeFolder = (folder: string): void =>
  rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
