import { existsSync, readdirSync, readFileSync } from 'node:fs'

const contentOf = (path: string): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return '' // ended meanwhile, or another user's
  }
}

/**
 * The processes that name `text` in their command line or environment, as "pid command". A program started with a
 * data directory of its own is found by it with all its children. Only Linux can tell; elsewhere nothing is found.
 */
export const processesNaming = (text: string): string[] => {
  if (!existsSync('/proc/self/environ')) return []
  return readdirSync('/proc')
    .filter(pid => /^\d+$/.test(pid) && pid !== String(process.pid))
    .filter(
      pid =>
        contentOf(`/proc/${pid}/cmdline`).includes(text) || contentOf(`/proc/${pid}/environ`).includes(text),
    )
    .filter(pid => !/^State:\s*Z/m.test(contentOf(`/proc/${pid}/status`)))
    .map(pid => `${pid} ${contentOf(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim()}`)
}
