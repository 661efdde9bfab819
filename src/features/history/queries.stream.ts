import type { Deps } from '../../deps.ts'
import { Prisma } from '../../generated/prisma/client.ts'
import type { WholeEntry } from './lines.ts'

const wholeColumns = Prisma.sql`
  id, chain_id AS chain, seq, at, actor_kind AS "actorKind", actor_id AS "actorId", actor_login_id AS "actorLoginId",
  actor_name AS "actorName", certificate_serial AS "certificateSerial", ip, operation, outcome, reason,
  subject_kind AS "subjectKind", subject_id AS "subjectId", subject_label AS "subjectLabel", details,
  encode(previous, 'hex') AS previous, encode(hash, 'hex') AS hash`

/** A chain with where its head and its archive stand. */
export type ChainState = { chain: string; seq: bigint; archivedSeq: bigint }

/** Every chain of the portal, the bank's own among them. */
export const chainStates = (deps: Pick<Deps, 'db'>): Promise<ChainState[]> => deps.db.$queryRaw<ChainState[]>`
  SELECT id AS chain, seq, archived_seq AS "archivedSeq" FROM history_chain ORDER BY id`

/** The next entries of a chain after a number, up to another, in their order. */
export const entriesOfChain = (
  deps: Pick<Deps, 'db'>,
  chain: string,
  { after, upTo, limit }: { after: bigint; upTo: bigint; limit: number },
): Promise<WholeEntry[]> => deps.db.$queryRaw<WholeEntry[]>`
  SELECT ${wholeColumns} FROM history
  WHERE chain_id = ${chain}::uuid AND seq > ${after} AND seq <= ${upTo}
  ORDER BY seq LIMIT ${limit}`

/** The number of the last entry of a chain before which, and with which, all are older than a moment; 0 when none is. */
export const lastBefore = async (deps: Pick<Deps, 'db'>, chain: string, moment: Date): Promise<bigint> => {
  // Numbers are given in the order of commits, times at the beginning of a transaction: the first younger one decides.
  const [row] = await deps.db.$queryRaw<{ last: bigint }[]>`
    SELECT coalesce(
      (SELECT min(seq) - 1 FROM history WHERE chain_id = ${chain}::uuid AND at >= ${moment}::timestamptz),
      (SELECT seq FROM history_chain WHERE id = ${chain}::uuid)
    )::bigint AS last`
  return row?.last ?? 0n
}
