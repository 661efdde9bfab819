import pg from 'pg'

/** Up to where a chain has gone to an archive: the number and the hash (hexadecimal) of its last entry there. */
export type ArchivedEnd = { chain: string; seq: bigint; hash: string }

/** So many entries at once: whoever writes to the chain waits for no more than these. */
const batch = 1_000

/**
 * Takes the entries of a chain that are in an archive out of the database, with the owner's rights, which alone may (F-03). They
 * go in batches, each with the end from which the chain goes on: whatever stops it halfway leaves a whole chain, and the rest
 * for the next archive. Entries come in meanwhile. Throws when the entry of that number has another hash.
 * @param ownerUrl the role that owns the tables
 */
export const removeArchived = async (ownerUrl: string, { chain, seq, hash }: ArchivedEnd): Promise<void> => {
  const client = new pg.Client(ownerUrl)
  await client.connect()
  try {
    const { rowCount } = await client.query(
      `select from history where chain_id = $1 and seq = $2 and hash = decode($3, 'hex')`,
      [chain, seq, hash],
    )
    if (rowCount !== 1) throw new Error(`Chain ${chain} has no entry ${seq} with the hash ${hash}`)
    for (let after = -1n; after < seq; ) {
      await client.query('begin')
      await client.query(`set local lock_timeout = '10s'`)
      await client.query(`set local sekisho.archive = 'on'`)
      const { rows } = await client.query<{ end: string }>(
        `update history_chain c set archived_seq = h.seq, archived_hash = h.hash
           from history h
          where c.id = $1 and h.chain_id = $1 and h.seq = least($2, c.archived_seq + $3) and c.archived_seq < $2
          returning c.archived_seq as end`,
        [chain, seq, batch],
      )
      const [moved] = rows
      if (!moved)
        throw new Error(
          `Chain ${chain} can't be archived up to ${seq}: an entry on the way is missing, or somebody else archives it.`,
        )
      after = BigInt(moved.end)
      await client.query('delete from history where chain_id = $1 and seq <= $2', [chain, after])
      await client.query('commit')
    }
  } finally {
    // A transaction that was not committed ends with its connection.
    await client.end()
  }
}
