import { Prisma } from '../../generated/prisma/client.ts'
import type { Db } from '../db/client.ts'
import { bankChain, coveredCount, entryHash, genesis } from './chain.ts'

/**
 * Why a chain is not whole:
 * - `missing`: the entry with this number is not there;
 * - `link`: its `previous` is not the hash of the entry before it;
 * - `hash`: its content is not what was hashed;
 * - `head`: the chain's head does not say what its last entry says;
 * - `no-head`: there are entries, and no head;
 * - `rewritten`: the entry with this number is not the one that an earlier check saw last;
 * - `cut`: it ends with this number, before the entry that an earlier check saw last.
 */
export type BreakKind = 'missing' | 'link' | 'hash' | 'head' | 'no-head' | 'rewritten' | 'cut'

/** The first break of a chain; what comes after it proves nothing. `chain` is a company's id, or the nil UUID. */
export type Break = { chain: string; seq: bigint; kind: BreakKind }

/** A chain that is whole up to `seq`, whose entry's hash is `hash` (hexadecimal). */
export type WholeChain = { chain: string; seq: bigint; hash: string }

export type Verification = { chains: number; entries: number; breaks: Break[] }

export type VerifyOptions = {
  /** After every batch: entries looked at so far, and how many there were at the start. */
  onProgress?: (entries: number, total: number) => void
  /** Once per chain, as soon as its end is reached; waited for. */
  onChain?: (result: WholeChain | Break) => void | Promise<void>
  /** Entries read at a time. */
  batch?: number
  /** Where an earlier check found the ends of the chains, by chain: they must still be there, and the same. */
  known?: ReadonlyMap<string, ChainEnd>
}

/** The number of a chain's last entry and its hash (hexadecimal). */
export type ChainEnd = { seq: bigint; hash: string }

type Head = { id: string; seq: bigint; hash: string; archivedSeq: bigint; archivedHash: string }
type Entry = { chain: string; seq: bigint; previous: Buffer; hash: Buffer; columns: (string | null)[] }
type Position = { chain: string; seq: bigint }

const lastSeq = 2n ** 63n - 1n
const headsAtOnce = 1000

/**
 * Recomputes every chain from its first entry, or from where an archive ends (F-03): numbers without gaps, links, hashes and heads. Memory does not
 * grow with the history: heads and entries are read a page at a time. The portal may go on working meanwhile: entries
 * appended after a head was read are checked too.
 *
 * It finds whatever was changed, removed, inserted or reordered by someone who did not recompute the rest of the
 * chain; and with the ends that an earlier check found (`known`), kept where that someone can't write, whatever came
 * before them and was rewritten or cut off since. What has gone to an archive meanwhile is compared there.
 */
export const verifyChains = async (db: Db, options: VerifyOptions = {}): Promise<Verification> => {
  const batch = options.batch ?? 2000
  const total = await countEntries(db)
  const done: Verification = { chains: 0, entries: 0, breaks: [] }
  const unseen = new Map(options.known)
  const report = async (found: WholeChain | Break) => {
    const result = heldAgainst(unseen.get(found.chain), found)
    unseen.delete(found.chain)
    done.chains++
    if ('kind' in result) done.breaks.push(result)
    await options.onChain?.(result)
  }

  let after: string | undefined
  for (;;) {
    // Heads before entries: a head that is read first can't be ahead of the entries read after it.
    const heads = await readHeads(db, after)
    const upTo = heads.length === headsAtOnce ? heads.at(-1)?.id : undefined
    await verifyRange(db, { heads, after, upTo, batch, known: options.known }, report, entries => {
      done.entries += entries
      options.onProgress?.(done.entries, Math.max(total, done.entries))
    })
    if (upTo === undefined) break
    after = upTo
  }
  for (const chain of unseen.keys()) await report({ chain, seq: 0n, hash: genesis.toString('hex') })
  return done
}

/** What is whole in itself, but not what an earlier check saw. */
const heldAgainst = (known: ChainEnd | undefined, found: WholeChain | Break): WholeChain | Break => {
  if (!known || 'kind' in found) return found
  const { chain, seq } = found
  if (seq < known.seq) return { chain, seq, kind: 'cut' }
  return seq === known.seq && found.hash !== known.hash ? { chain, seq, kind: 'rewritten' } : found
}

type Range = {
  heads: Head[]
  after: string | undefined
  upTo: string | undefined
  batch: number
  known: ReadonlyMap<string, ChainEnd> | undefined
}

/** Walks the entries of all chains after `after` up to `upTo` in the order of chain and number. */
const verifyRange = async (
  db: Db,
  { heads, after, upTo, batch, known }: Range,
  report: (result: WholeChain | Break) => Promise<void>,
  progress: (entries: number) => void,
): Promise<void> => {
  const waiting = new Map(heads.map(head => [head.id, head]))
  let walk: ChainWalk | undefined
  const start: Position = { chain: after ?? bankChain, seq: after === undefined ? 0n : lastSeq }
  let reading = readEntries(db, start, upTo, batch)
  for (;;) {
    const entries = await reading
    const last = entries.at(-1)
    const more = entries.length === batch && last !== undefined
    if (more) {
      // The database reads on while we compute; should it fail, we hear of it where we wait for it.
      reading = readEntries(db, last, upTo, batch)
      reading.catch(() => {})
    }
    for (const entry of entries) {
      if (walk?.chain !== entry.chain) {
        if (walk) await report(await walk.end(db))
        walk = new ChainWalk(entry.chain, waiting.get(entry.chain), known?.get(entry.chain))
        waiting.delete(entry.chain)
      }
      walk.take(entry)
    }
    progress(entries.length)
    if (!more) break
    if (walk?.broken) {
      // Nothing after a chain's first break proves anything: go on with the next chain.
      await reading
      reading = readEntries(db, { chain: last.chain, seq: lastSeq }, upTo, batch)
    }
  }
  if (walk) await report(await walk.end(db))
  for (const head of waiting.values())
    await report(
      head.seq === head.archivedSeq && head.hash === head.archivedHash
        ? { chain: head.id, seq: head.seq, hash: head.hash }
        : { chain: head.id, seq: head.archivedSeq + 1n, kind: 'missing' },
    )
}

/** One chain being followed from its first entry; it remembers the first break only. */
class ChainWalk {
  readonly chain: string
  broken: Break | undefined
  private readonly head: Head | undefined
  private readonly known: ChainEnd | undefined
  private seq: bigint
  private hash: Buffer

  constructor(chain: string, head: Head | undefined, known: ChainEnd | undefined) {
    this.chain = chain
    this.head = head
    this.known = known
    this.seq = head?.archivedSeq ?? 0n
    this.hash = head ? Buffer.from(head.archivedHash, 'hex') : genesis
  }

  take(entry: Entry): void {
    if (this.broken) return
    const kind = this.faultOf(entry)
    if (kind) {
      this.broken = { chain: this.chain, seq: kind === 'missing' ? this.seq + 1n : entry.seq, kind }
      return
    }
    this.seq = entry.seq
    this.hash = entry.hash
  }

  /** The verdict. Entries beyond the head are in order only if the head has moved on meanwhile. */
  async end(db: Db): Promise<WholeChain | Break> {
    if (this.broken) return this.broken
    const head = this.head && this.head.seq >= this.seq ? this.head : await readHead(db, this.chain)
    if (!head) return { chain: this.chain, seq: this.seq, kind: 'no-head' }
    // A later head belongs to entries that came after the last batch; only the first reading of it says what must be there.
    if (head.seq < this.seq) return { chain: this.chain, seq: this.seq, kind: 'head' }
    if (head === this.head && head.seq > this.seq)
      return { chain: this.chain, seq: this.seq + 1n, kind: 'missing' }
    if (head.seq === this.seq && head.hash !== this.hash.toString('hex'))
      return { chain: this.chain, seq: this.seq, kind: 'head' }
    return { chain: this.chain, seq: this.seq, hash: this.hash.toString('hex') }
  }

  private faultOf(entry: Entry): BreakKind | undefined {
    if (entry.seq !== this.seq + 1n) return 'missing'
    if (!entry.previous.equals(this.hash)) return 'link'
    if (!entryHash(entry.previous, entry.columns).equals(entry.hash)) return 'hash'
    const hash = entry.hash.toString('hex')
    if (this.head?.seq === entry.seq && this.head.hash !== hash) return 'head'
    if (this.known?.seq === entry.seq && this.known.hash !== hash) return 'rewritten'
    return undefined
  }
}

const countEntries = async (db: Db): Promise<number> => {
  const [row] = await db.$queryRaw<{ entries: bigint }[]>`
    SELECT coalesce(sum(seq - archived_seq), 0)::bigint AS entries FROM history_chain`
  return Number(row?.entries ?? 0)
}

/** Where an archive ends, if there is one: its last entry's hash is what the next one follows (F-04). */
const headColumns = Prisma.sql`
  id, seq, encode(hash, 'hex') AS hash, archived_seq AS "archivedSeq",
  encode(coalesce(archived_hash, ${genesis}), 'hex') AS "archivedHash"`

const readHeads = (db: Db, after: string | undefined): Promise<Head[]> => db.$queryRaw<Head[]>`
  SELECT ${headColumns} FROM history_chain
  WHERE ${after ?? null}::uuid IS NULL OR id > ${after ?? null}::uuid
  ORDER BY id LIMIT ${headsAtOnce}`

const readHead = async (db: Db, chain: string): Promise<Head | undefined> => {
  const [head] = await db.$queryRaw<Head[]>`
    SELECT ${headColumns} FROM history_chain WHERE id = ${chain}::uuid`
  return head
}

type Row = [string, string, string, string, ...(string | null)[]]

/**
 * A batch comes as one JSON text: taking a million rows apart column by column costs the driver more than hashing
 * them does.
 */
const readEntries = async (
  db: Db,
  from: Position,
  upTo: string | undefined,
  batch: number,
): Promise<Entry[]> => {
  const [answer] = await db.$queryRaw<{ rows: string | null }[]>`
    SELECT json_agg(json_build_array(
      encode(previous, 'hex'), encode(hash, 'hex'), id, chain_id, seq::text,
      to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
      actor_kind, actor_id, actor_login_id, actor_name, certificate_serial, ip,
      operation, outcome, reason, subject_kind, subject_id, subject_label, details
    ))::text AS rows
    FROM (
      SELECT * FROM history
      WHERE (chain_id, seq) > (${from.chain}::uuid, ${from.seq}::bigint)
        AND chain_id <= ${upTo ?? 'ffffffff-ffff-ffff-ffff-ffffffffffff'}::uuid
      ORDER BY chain_id, seq LIMIT ${batch}
    ) AS page`
  const rows = JSON.parse(answer?.rows ?? '[]') as Row[]
  return rows.map(([previous, hash, ...columns]) => {
    const [, chain, seq] = columns
    if (columns.length !== coveredCount || !chain || !seq)
      throw new Error('audit: a history row of another shape')
    return {
      chain,
      seq: BigInt(seq),
      previous: Buffer.from(previous, 'hex'),
      hash: Buffer.from(hash, 'hex'),
      columns,
    }
  })
}
