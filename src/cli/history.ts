import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { z } from 'zod'
import type { Deps } from '../deps.ts'
import { archiveHistory, streamHistory, verifyHistory } from '../features/history/index.ts'
import { StartError } from '../platform/start-error.ts'
import { writeWhole } from '../platform/whole-file.ts'
import type { World } from '../world.ts'
import { createProgressBar } from './progress-bar.ts'

type Say = (line: string) => void

/**
 * `sekisho audit:verify`, with a bar while it works. With `state` every chain must still hold what the last check with
 * that file saw, and the file then says where the chains end now; what breaks leaves it as it is.
 */
export const verifyAll = async (
  deps: Pick<Deps, 'db'>,
  { state }: { state?: string },
  say: Say,
): Promise<number> => {
  const known = state ? await readState(state, ends, 'audit:verify') : {}
  const found: z.infer<typeof ends> = {}
  const bar = createProgressBar(process.stderr)
  const code = await verifyHistory(deps, {
    known: new Map(
      Object.entries(known).map(([chain, { seq, hash }]) => [chain, { seq: BigInt(seq), hash }]),
    ),
    onLine: line => {
      bar.clear()
      say(line)
    },
    onProgress: bar.show,
    onWhole: ({ chain, seq, hash }) => {
      found[chain] = { seq: Number(seq), hash }
    },
  })
  if (state && code === 0) await writeWhole(state, `${JSON.stringify(found)}\n`, 0o600)
  return code
}

const ends = z.record(z.string(), z.object({ seq: z.number().int().min(0), hash: z.hash('sha256') }))
const position = z.record(z.string(), z.number().int().min(0))

/** What a run of the same command left in a file; nothing where there is none yet. */
const readState = async <T extends typeof ends | typeof position>(
  file: string,
  shape: T,
  command: string,
): Promise<z.infer<T>> => {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '{}'
    throw new StartError(`${file} can't be read: let it belong to this user.`, { cause: error })
  })
  try {
    return shape.parse(JSON.parse(text)) as z.infer<T>
  } catch (error) {
    throw new StartError(`${file} is not a state of ${command}: name another file, or remove it.`, {
      cause: error,
    })
  }
}

/** As often the history is looked at for what has come, in milliseconds. */
const followEvery = 1_000

/** `sekisho history:stream`: JSON lines to whoever reads them, no faster than they are read. */
export const streamOut = async (
  deps: Deps,
  { state, follow = false }: { state?: string; follow?: boolean },
): Promise<number> => {
  let reached = state ? await readState(state, position, 'history:stream') : {}
  const ended = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ended.abort())
  // A reader that has gone away, such as `head`, is the end and no mistake.
  process.stdout.on('error', () => ended.abort())
  while (!ended.signal.aborted) {
    for await (const { lines, position } of streamHistory(deps, reached)) {
      if (!process.stdout.write(lines) && !ended.signal.aborted)
        await once(process.stdout, 'drain', { signal: ended.signal }).catch(() => undefined)
      if (ended.signal.aborted) return 0
      reached = position
      if (state) await writeWhole(state, `${JSON.stringify(position)}\n`, 0o600)
    }
    if (!follow) return 0
    await pause(followEvery, undefined, { signal: ended.signal }).catch(() => undefined)
  }
  return 0
}

/** `sekisho history:archive`: what is older than it must be kept, to a file, and with `remove` out of the database. */
export const archiveTo = async (
  { deps, urls }: World,
  file: string,
  { remove = false }: { remove?: boolean },
  say: Say,
): Promise<number> => {
  if (remove && !urls.ownerUrl)
    throw new StartError(
      'DATABASE_OWNER_URL is missing: only the role that owns the tables may take entries out.',
    )
  const report = await archiveHistory(
    deps,
    file,
    remove && urls.ownerUrl ? { ownerUrl: urls.ownerUrl } : {},
  ).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') throw new StartError(`${file} exists: name a new file.`, { cause: error })
    if (error.syscall === 'open' || error.syscall === 'write' || error.syscall === 'fsync')
      throw new StartError(
        `${file} can't be written (${error.message}): name another place. Nothing was taken out of the database.`,
        { cause: error },
      )
    throw error
  })
  say(
    `${report.entries} entries of ${report.chains} chains, up to ${report.until}, are in ${file} (SHA-256 ${report.digest}).`,
  )
  if (report.entries === 0) say(`Nothing is older than ${deps.settings.historyYears} years (HISTORY_YEARS).`)
  else
    say(remove ? 'They are out of the database.' : 'They are still in the database: --remove takes them out.')
  return 0
}
