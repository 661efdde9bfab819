import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { verifyAll } from '../../../../src/cli/history.ts'
import { verifyHistory } from '../../../../src/features/history/index.ts'
import { defineEvent, record } from '../../../../src/platform/audit/audit.ts'
import { type Break, type ChainEnd, verifyChains } from '../../../../src/platform/audit/verify.ts'
import { inTx } from '../../../../src/platform/db/in-tx.ts'
import { sql } from '../../../support/database.ts'
import { type HistoryBench, openHistoryBench, userOf } from '../../../support/history.ts'

const Noted = defineEvent('test.noted', z.strictObject({ n: z.number() }))

let bench: HistoryBench
beforeAll(async () => {
  bench = await openHistoryBench()
})
afterAll(() => bench.close())

const write = (companyId: string, entries: number) =>
  inTx(bench, async tx => {
    for (let n = 1; n <= entries; n++)
      await record(bench, tx, Noted, { actor: userOf(companyId), companyId, details: { n } })
  })

/** Does to the history what only the owner of the tables could, with every guard taken off. */
const tamper = (...statements: string[]) =>
  sql(
    bench.database.ownerUrl,
    'alter table history disable trigger user',
    'alter table history_chain disable trigger user',
    'alter table history drop constraint if exists history_chain_id_fkey',
    ...statements,
    'alter table history enable trigger user',
    'alter table history_chain enable trigger user',
  )

describe('F-03 verification of the chains', () => {
  let first: string
  let second: string
  let third: string
  beforeEach(async () => {
    await tamper('delete from history', 'delete from history_chain')
    // In the order in which chains are walked.
    const companies = [await bench.company(), await bench.company(), await bench.company()].sort()
    ;[first = '', second = '', third = ''] = companies
    await write(first, 5)
    await write(second, 12)
    await write(third, 3)
  })

  /** In batches smaller than a chain, about as long, and larger than all. */
  const breaks = async (): Promise<Break[]> => {
    const found = await Promise.all([1, 5, 1000].map(batch => verifyChains(bench.db, { batch })))
    for (const { breaks, chains } of found) {
      expect(breaks).toEqual(found[0]?.breaks)
      expect(chains).toBe(found[0]?.chains)
    }
    return (found[0]?.breaks ?? []).toSorted((a, b) => (a.chain < b.chain ? -1 : 1))
  }

  it('finds nothing where nothing was done, and counts everything', async () => {
    const progress: [number, number][] = []
    const heads: string[] = []
    const verified = await verifyChains(bench.db, {
      batch: 7,
      onProgress: (entries, total) => progress.push([entries, total]),
      onChain: chain => {
        if ('hash' in chain) heads.push(`${chain.chain} ${chain.seq} ${chain.hash}`)
      },
    })
    expect(verified).toEqual({ chains: 3, entries: 20, breaks: [] })
    expect(progress.at(-1)).toEqual([20, 20])
    const stored = await sql<{ head: string }>(
      bench.database.ownerUrl,
      `select concat(id, ' ', seq, ' ', encode(hash, 'hex')) as head from history_chain order by id`,
    )
    expect(heads).toEqual(stored.map(({ head }) => head))
    expect(await breaks()).toEqual([])
  })

  it.each([
    ['changed details', `update history set details = '{"n":99}'`],
    ['a changed time', `update history set at = at + interval '1 millisecond'`],
    ['another actor', `update history set actor_id = gen_random_uuid()`],
    ['a name taken away', `update history set actor_name = null`],
    ['a refusal made a success', `update history set outcome = 'refused', reason = 'x'`],
    ['another hash', `update history set hash = sha256(hash)`],
  ])('finds %s', async (_what, update) => {
    await tamper(`${update} where chain_id = '${second}' and seq = 7`)
    expect(await breaks()).toEqual([{ chain: second, seq: 7n, kind: 'hash' }])
  })

  it('finds a changed link', async () => {
    await tamper(`update history set previous = sha256(previous) where chain_id = '${second}' and seq = 7`)
    expect(await breaks()).toEqual([{ chain: second, seq: 7n, kind: 'link' }])
  })

  it('finds an entry whose hash was made again to fit', async () => {
    await tamper(
      `update history set details = '{"n":99}' where chain_id = '${second}' and seq = 7`,
      `update history set hash = sha256('forged') where chain_id = '${second}' and seq = 7`,
      `update history set previous = sha256('forged') where chain_id = '${second}' and seq = 8`,
    )
    expect(await breaks()).toEqual([{ chain: second, seq: 7n, kind: 'hash' }])
  })

  it.each([
    ['the first', 1],
    ['one in the middle', 7],
    ['the last', 12],
  ])('finds %s missing', async (_which, seq) => {
    await tamper(`delete from history where chain_id = '${second}' and seq = ${seq}`)
    expect(await breaks()).toEqual([{ chain: second, seq: BigInt(seq), kind: 'missing' }])
  })

  it('finds a tail cut off, even with the head moved back to hide it', async () => {
    await tamper(`delete from history where chain_id = '${third}' and seq > 1`)
    expect(await breaks()).toEqual([{ chain: third, seq: 2n, kind: 'missing' }])
    await tamper(`update history_chain set seq = 1 where id = '${third}'`)
    expect(await breaks()).toEqual([{ chain: third, seq: 1n, kind: 'head' }])
  })

  it('finds a whole chain gone, and one without a head', async () => {
    await tamper(
      `delete from history where chain_id = '${first}'`,
      `delete from history_chain where id = '${third}'`,
    )
    expect(await breaks()).toEqual([
      { chain: first, seq: 1n, kind: 'missing' },
      { chain: third, seq: 3n, kind: 'no-head' },
    ])
  })

  it('finds a head moved back while its entries stay', async () => {
    await tamper(`update history_chain set seq = 4 where id = '${second}'`)
    expect(await breaks()).toEqual([{ chain: second, seq: 4n, kind: 'head' }])
  })

  it('finds two entries that changed places', async () => {
    await tamper(
      `update history set seq = 100 where chain_id = '${second}' and seq = 3`,
      `update history set seq = 3 where chain_id = '${second}' and seq = 4`,
      `update history set seq = 4 where chain_id = '${second}' and seq = 100`,
    )
    expect(await breaks()).toEqual([{ chain: second, seq: 3n, kind: 'link' }])
  })

  it('finds an entry moved into another company’s chain', async () => {
    await tamper(
      `update history set chain_id = '${first}', seq = 6 where chain_id = '${third}' and seq = 3`,
      `update history_chain set seq = 6 where id = '${first}'`,
    )
    expect(await breaks()).toEqual([
      { chain: first, seq: 6n, kind: 'link' },
      { chain: third, seq: 3n, kind: 'missing' },
    ])
  })

  it('names the first break of every chain, and goes on', async () => {
    await tamper(`update history set operation = 'x' where seq in (2, 3)`)
    expect((await breaks()).map(({ chain, seq }) => [chain, seq])).toEqual(
      [first, second, third].map(chain => [chain, 2n]),
    )
  })

  it('says so on the terminal, with the exit code', async () => {
    const lines: string[] = []
    expect(await verifyHistory(bench, { onLine: line => lines.push(line) })).toBe(0)
    expect(lines.at(-1)).toBe('All 3 chains are whole: 20 entries verified.')
    expect(lines[0]).toMatch(/^whole {3}contract C\d+: 5 entries, head [0-9a-f]{64}$/)
    await tamper(`update history set operation = 'x' where chain_id = '${first}' and seq = 2`)
    lines.length = 0
    expect(await verifyHistory(bench, { onLine: line => lines.push(line) })).toBe(1)
    expect(lines[0]).toMatch(/^BROKEN {2}contract C\d+: entry 2 was changed after it was written$/)
    expect(lines.at(-1)).toBe('1 of 3 chains are broken; 20 entries were read.')
  })

  describe('with what an earlier check saw', () => {
    const cutBack = (chain: string, seq: number) =>
      tamper(
        `delete from history where chain_id = '${chain}' and seq > ${seq}`,
        `update history_chain set seq = ${seq}, hash = coalesce(
           (select h.hash from history h where h.chain_id = history_chain.id and h.seq = ${seq}), decode(repeat('00', 32), 'hex'))
          where id = '${chain}'`,
      )
    const endsNow = async () => {
      const ends = new Map<string, ChainEnd>()
      await verifyHistory(bench, { onWhole: ({ chain, ...end }) => ends.set(chain, end) })
      return ends
    }
    const broken = async (known: Map<string, ChainEnd>) => {
      const found = await Promise.all([1, 5, 1000].map(batch => verifyChains(bench.db, { batch, known })))
      for (const { breaks, chains } of found) expect([breaks, chains]).toEqual([found[0]?.breaks, chains])
      return found[0]?.breaks
    }

    it('finds nothing where the chains only grew', async () => {
      const known = await endsNow()
      await write(first, 4)
      await write(await bench.company(), 2)
      expect(await broken(known)).toEqual([])
    })

    it('finds a chain that was cut off, whole in itself', async () => {
      const known = await endsNow()
      await cutBack(second, 8)
      expect(await breaks()).toEqual([])
      expect(await broken(known)).toEqual([{ chain: second, seq: 8n, kind: 'cut' }])
    })

    it('finds one that was cut off and written anew', async () => {
      const known = await endsNow()
      await cutBack(second, 8)
      await write(second, 6)
      expect(await breaks()).toEqual([])
      expect(await broken(known)).toEqual([{ chain: second, seq: 12n, kind: 'rewritten' }])
    })

    it('finds one that is not there at all', async () => {
      const known = await endsNow()
      await tamper(
        `delete from history where chain_id = '${first}'`,
        `delete from history_chain where id = '${first}'`,
      )
      expect(await breaks()).toEqual([])
      expect(await broken(known)).toEqual([{ chain: first, seq: 0n, kind: 'cut' }])
    })

    it('keeps it in a file that a break leaves as it is', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'sekisho-verify-'))
      const state = join(folder, 'ends.json')
      const lines: string[] = []
      const check = () => verifyAll(bench, { state }, line => lines.push(line))
      try {
        expect(await check()).toBe(0)
        const kept = await readFile(state, 'utf8')
        await write(first, 1)
        expect(await check()).toBe(0)
        const grown = await readFile(state, 'utf8')
        expect(grown).not.toBe(kept)
        await cutBack(first, 5)
        expect(await check()).toBe(1)
        expect(lines.join('\n')).toMatch(
          /^BROKEN {2}contract C\d+: it ends with entry 5, and the last check saw more$/m,
        )
        expect(await readFile(state, 'utf8')).toBe(grown)
        await writeFile(state, '{"x":1}')
        await expect(check()).rejects.toThrow(/is not a state of audit:verify/)
      } finally {
        await rm(folder, { recursive: true })
      }
    })
  })

  it('takes entries written meanwhile for what they are', async () => {
    const verified = verifyChains(bench.db, { batch: 1 })
    await Promise.all([write(first, 5), write(third, 5), bench.company().then(id => write(id, 3))])
    expect((await verified).breaks).toEqual([])
  })
})
