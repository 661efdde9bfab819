import pg from 'pg'
import { entryHash, genesis } from '../../src/platform/audit/chain.ts'

export type Filling = {
  companyId: string
  /** Who did it, in turn. */
  users: { id: string; loginId: string; name: string }[]
  count: number
  /** When the last one was; each is a second before the next. */
  until: Date
  /** Told after each batch how many are in. */
  onProgress?: (entries: number) => void
}

const columns = [
  ['id', 'uuid'],
  ['chain_id', 'uuid'],
  ['seq', 'bigint'],
  ['at', 'timestamptz'],
  ['actor_kind', 'actor_kind'],
  ['actor_id', 'uuid'],
  ['actor_login_id', 'text'],
  ['actor_name', 'text'],
  ['certificate_serial', 'text'],
  ['ip', 'text'],
  ['operation', 'text'],
  ['outcome', 'history_outcome'],
  ['reason', 'text'],
  ['subject_kind', 'text'],
  ['subject_id', 'uuid'],
  ['subject_label', 'text'],
  ['details', 'text'],
  ['previous', 'bytea'],
  ['hash', 'bytea'],
] as const

const batch = 5_000

/** A kind of entry by its place: two of a hundred refused, the rest of a few operations, as in a portal's days. */
const kindAt = (place: number): { operation: string; reason: string | null; details: string } => {
  if (place % 50 === 0) return { operation: 'login.failed', reason: 'login.wrong', details: '{}' }
  if (place % 3 === 0) return { operation: 'login.succeeded', reason: null, details: '{"next":"open"}' }
  if (place % 7 === 0)
    return { operation: 'password.changed', reason: null, details: '{"which":"login","forced":false}' }
  return {
    operation: 'page.printed',
    reason: null,
    details: '{"screen":"BRSK005","address":"/users/:id"}',
  }
}

/**
 * Fills a company's history with entries whose numbers and hashes are those that the portal's own trigger would have
 * set, without it: a million take about a minute. Nothing may be written to that history meanwhile.
 */
export const fillHistory = async (
  ownerUrl: string,
  { companyId, users, count, until, onProgress }: Filling,
): Promise<void> => {
  const client = new pg.Client(ownerUrl)
  await client.connect()
  try {
    await client.query('begin')
    for (const table of ['history', 'history_chain'])
      await client.query(`alter table ${table} disable trigger user`)
    await client.query(
      `insert into history_chain (id, seq, hash) values ($1, 0, $2) on conflict (id) do nothing`,
      [companyId, genesis],
    )
    const { rows } = await client.query<{ seq: string; hash: Buffer }>(
      'select seq, hash from history_chain where id = $1',
      [companyId],
    )
    const first = Number(rows[0]?.seq ?? 0)
    let hash: Buffer = rows[0]?.hash ?? genesis
    const insert = `insert into history (${columns.map(([name]) => name).join(', ')})
      select * from unnest(${columns.map(([, type], index) => `$${index + 1}::${type}[]`).join(', ')})`
    for (let done = 0; done < count; ) {
      const lists: unknown[][] = columns.map(() => [])
      for (const end = Math.min(count, done + batch); done < end; done++) {
        const place = done + 1
        const who = users[place % users.length]
        if (!who) throw new Error('fillHistory: nobody is there to act')
        const { operation, reason, details } = kindAt(place)
        const covered = [
          `01900000-0000-7000-${(0x8000 + Math.floor((first + place) / 0x1000000)).toString(16)}-${companyId.slice(-6)}${((first + place) % 0x1000000).toString(16).padStart(6, '0')}`,
          companyId,
          String(first + place),
          new Date(until.getTime() - (count - place) * 1000).toISOString(),
          'user',
          who.id,
          who.loginId,
          who.name,
          place % 4 === 0 ? null : '0A1B2C3D4E5F60718293A4B5C6D7E8F9',
          `203.0.113.${place % 250}`,
          operation,
          reason === null ? 'done' : 'refused',
          reason,
          'user',
          who.id,
          who.loginId,
          details,
        ]
        const previous = hash
        hash = entryHash(previous, covered)
        for (const [index, value] of [...covered, previous, hash].entries()) lists[index]?.push(value)
      }
      await client.query(insert, lists)
      onProgress?.(done)
    }
    await client.query('update history_chain set seq = $2, hash = $3 where id = $1', [
      companyId,
      first + count,
      hash,
    ])
    for (const table of ['history', 'history_chain'])
      await client.query(`alter table ${table} enable trigger user`)
    await client.query('commit')
    // What the planner would know of a table that has grown by itself.
    await client.query('analyze history')
  } finally {
    await client.end()
  }
}
