import pg from 'pg'

/** Up to where a chain has gone to an archive: the number and the hash (hexadecimal) of its last entry there. */
export type ArchivedEnd = { chain: string; seq: bigint; hash: string }

/**
 * Takes the entries of a chain that are in an archive out of the database, with the owner's rights, which alone can lift
 * the guards for that one transaction (F-03). The chain keeps where it goes on from. Throws when the entry of that number
 * has another hash.
 * @param ownerUrl the role that owns the tables
 */
export const removeArchived = async (ownerUrl: string, { chain, seq, hash }: ArchivedEnd): Promise<void> => {
  const client = new pg.Client(ownerUrl)
  await client.connect()
  try {
    await client.query('begin')
    // In the order in which the portal takes them: entries, then the head of their chain.
    await client.query('alter table history disable trigger history_keep')
    await client.query('alter table history_chain disable trigger history_chain_move')
    const marked = await client.query(
      `update history_chain set archived_seq = $2, archived_hash = decode($3, 'hex')
       where id = $1 and archived_seq < $2
         and exists (select from history where chain_id = $1 and seq = $2 and hash = decode($3, 'hex'))`,
      [chain, seq, hash],
    )
    if (marked.rowCount !== 1) throw new Error(`Chain ${chain} has no entry ${seq} with the hash ${hash}`)
    await client.query('delete from history where chain_id = $1 and seq <= $2', [chain, seq])
    await client.query('alter table history enable trigger history_keep')
    await client.query('alter table history_chain enable trigger history_chain_move')
    await client.query('commit')
  } finally {
    // A transaction that was not committed ends with its connection, and the guards are back.
    await client.end()
  }
}
