import type { Deps } from '../../deps.ts'
import { jsonLine } from './lines.ts'
import { chainStates, entriesOfChain } from './queries.stream.ts'

/** How far each chain has been given out: the number of its last entry, by chain. */
export type StreamPosition = Record<string, number>

const batch = 1_000

/**
 * Gives out every entry that came after `position`, chain by chain, as JSON lines (F-04), and the position after each
 * batch: whoever keeps that gets each entry at least once. Numbers of a chain have no gaps, so nothing can be passed over
 * that was committed late.
 */
export async function* streamHistory(
  deps: Pick<Deps, 'db'>,
  position: StreamPosition,
): AsyncGenerator<{ lines: string; position: StreamPosition }> {
  const reached = { ...position }
  for (const { chain, seq, archivedSeq } of await chainStates(deps)) {
    let after = BigInt(reached[chain] ?? 0)
    // What has gone to an archive is found there.
    if (after < archivedSeq) after = archivedSeq
    while (after < seq) {
      const entries = await entriesOfChain(deps, chain, { after, upTo: seq, limit: batch })
      const last = entries.at(-1)
      if (!last) break
      after = last.seq
      reached[chain] = Number(after)
      yield { lines: entries.map(jsonLine).join(''), position: { ...reached } }
    }
  }
}
