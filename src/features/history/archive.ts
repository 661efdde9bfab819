import type { Deps } from '../../deps.ts'
import { system } from '../../kernel/actor.ts'
import { businessDayOf, plusDays, plusMonths, startOf } from '../../kernel/business-day.ts'
import { type ArchivedEnd, removeArchived } from '../../platform/audit/archive.ts'
import * as audit from '../../platform/audit/audit.ts'
import { writeInParts } from '../../platform/whole-file.ts'
import { HistoryArchived } from './events.ts'
import { jsonLine } from './lines.ts'
import { chainStates, entriesOfChain, lastBefore } from './queries.stream.ts'

export type ArchiveReport = { entries: number; chains: number; until: string; digest: string }

const batch = 1_000

/**
 * Writes the entries older than `HISTORY_YEARS` to a new file as JSON lines, chain by chain in their order, each chain's
 * from its beginning on (F-04). With `ownerUrl` the bank's history says so and they are then taken out of the database;
 * chains go on from the last hash in the file. Throws when the file exists or
 * can't be written whole: nothing is taken out then.
 */
export const archiveHistory = async (
  deps: Deps,
  path: string,
  { ownerUrl }: { ownerUrl?: string } = {},
): Promise<ArchiveReport> => {
  const today = businessDayOf(deps.clock.now())
  const firstKept = plusMonths(today, -12 * deps.settings.historyYears)
  const until = plusDays(firstKept, -1)
  const ends: ArchivedEnd[] = []
  let entries = 0
  const lines = async function* () {
    for (const { chain, archivedSeq } of await chainStates(deps)) {
      const upTo = await lastBefore(deps, chain, startOf(firstKept))
      let end: ArchivedEnd | undefined
      for (let after = archivedSeq; after < upTo; ) {
        const some = await entriesOfChain(deps, chain, { after, upTo, limit: batch })
        const last = some.at(-1)
        if (!last) break
        yield some.map(jsonLine).join('')
        entries += some.length
        after = last.seq
        end = { chain, seq: last.seq, hash: last.hash }
      }
      if (end) ends.push(end)
    }
  }
  // Whole on the disk before anything is taken away.
  const digest = await writeInParts(path, lines(), 0o600)
  const report = { entries, chains: ends.length, until, digest }
  if (!ownerUrl || ends.length === 0) return report
  // First: whatever stops the rest, nothing has gone of which nothing says where it went.
  await audit.recordAlone(deps, HistoryArchived, {
    actor: system('history:archive'),
    companyId: null,
    details: {
      entries: report.entries,
      archivedChains: report.chains,
      archivedUntil: report.until,
      fileDigest: report.digest,
    },
  })
  for (const end of ends) await removeArchived(ownerUrl, end)
  return report
}
