import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { Deps } from '../../../../src/deps.ts'
import { archiveHistory, streamHistory, verifyHistory } from '../../../../src/features/history/index.ts'
import type { StreamPosition } from '../../../../src/features/history/stream.ts'
import { defineEvent, record, recordAlone } from '../../../../src/platform/audit/audit.ts'
import { entryHash, genesis } from '../../../../src/platform/audit/chain.ts'
import { inTx } from '../../../../src/platform/db/in-tx.ts'
import { sql } from '../../../support/database.ts'
import { type HistoryBench, openHistoryBench, userOf } from '../../../support/history.ts'
import { fillHistory } from '../../../support/many-entries.ts'

const Noted = defineEvent('test.streamed', z.strictObject({ text: z.string() }))

let bench: HistoryBench
let deps: Deps
let company: string
let other: string
let folder: string
beforeAll(async () => {
  bench = await openHistoryBench()
  deps = { ...bench, settings: { historyYears: 10 } } as unknown as Deps
  folder = await mkdtemp(join(tmpdir(), 'sekisho-archive-'))
  company = await bench.company()
  other = await bench.company()
  const users = [userOf(company)]
  // The bench's clock stands on 20 November 2026: ten years reach back to 20 November 2016.
  const until = new Date('2016-11-19T14:59:59Z')
  await fillHistory(bench.database.ownerUrl, { companyId: company, users, count: 2_500, until })
  await note(company, 'a "quoted" 髙﨑𠮷 \u{1f600}')
  await note(other, 'kept')
})
afterAll(async () => {
  await bench.close()
  await rm(folder, { recursive: true, force: true })
})

const note = (companyId: string, text: string) =>
  recordAlone(bench, Noted, { actor: userOf(companyId), companyId, details: { text } })

type Line = Record<string, string | number | null> & {
  chain: string
  seq: number
  hash: string
  previous: string
}

const linesOf = (text: string): Line[] =>
  text
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as Line)

const streamed = async (from: StreamPosition) => {
  let [text, position] = ['', from]
  for await (const part of streamHistory(deps, from)) {
    text += part.lines
    position = part.position
  }
  return { text, lines: linesOf(text), position }
}

/** The hash of a line, by what stands in the line alone: what somebody far from the database can do. */
const hashOf = (line: string): string => {
  const entry = JSON.parse(line) as Line
  const details = /"details":(\{.*\})\}$/.exec(line)?.[1] ?? ''
  const covered = [
    entry.id,
    entry.chain,
    entry.seq,
    entry.at,
    entry.actorKind,
    entry.actorId,
    entry.actorLoginId,
    entry.actorName,
    entry.certificateSerial,
    entry.ip,
    entry.operation,
    entry.outcome,
    entry.reason,
    entry.subjectKind,
    entry.subjectId,
    entry.subjectLabel,
    details,
  ]
  return entryHash(
    Buffer.from(entry.previous, 'hex'),
    covered.map(each => (each === null || each === undefined ? null : String(each))),
  ).toString('hex')
}

const verified = async () => {
  const lines: string[] = []
  const code = await verifyHistory(deps, { onLine: line => lines.push(line) })
  return { code, lines }
}

describe('F-04 the history as JSON lines', () => {
  it('gives every entry of every chain once, each with what its hash is made of', async () => {
    const { text, lines } = await streamed({})
    expect(lines).toHaveLength(2_502)
    expect(lines.filter(({ chain }) => chain === company).map(({ seq }) => seq)).toEqual(
      Array.from({ length: 2_501 }, (_, index) => index + 1),
    )
    const last = text.split('\n').find(line => line.includes('test.streamed') && line.includes(company)) ?? ''
    expect(JSON.parse(last).details).toEqual({ text: 'a "quoted" 髙﨑𠮷 \u{1f600}' })
    for (const line of [last, text.slice(0, text.indexOf('\n'))])
      expect(hashOf(line)).toBe((JSON.parse(line) as Line).hash)
  })

  it('goes on from where it was, and gives what came meanwhile', async () => {
    const before = await streamed({})
    expect((await streamed(before.position)).lines).toEqual([])
    await note(other, 'later')
    const { lines } = await streamed(before.position)
    expect(lines.map(({ chain, seq }) => [chain, seq])).toEqual([[other, 2]])
  })
})

const archivedEvents = `select details from history where operation = 'history.archived' order by seq`

describe('F-04 the archive', () => {
  it('writes what need not be kept any longer, to a new file that its owner alone reads', async () => {
    const path = join(folder, 'first.jsonl')
    const report = await archiveHistory(deps, path)
    expect(report).toMatchObject({ entries: 2_500, chains: 1, until: '2016-11-19' })
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    const lines = linesOf(await readFile(path, 'utf8'))
    expect(lines).toHaveLength(2_500)
    expect(lines[0]?.previous).toBe(genesis.toString('hex'))
    await expect(archiveHistory(deps, path)).rejects.toThrow(/EEXIST/)
    // Nothing has gone anywhere yet.
    expect((await verified()).lines.at(-1)).toContain('2503 entries')
  })

  it('F-03 says where entries went before any goes, and leaves whole chains wherever it is stopped', async () => {
    await sql(
      bench.database.ownerUrl,
      `create function stop() returns trigger language plpgsql as $$ begin raise 'the disk is full'; end $$`,
      `create trigger stop before delete on history for each row when (old.seq = 1500) execute function stop()`,
    )
    const removing = archiveHistory(deps, join(folder, 'stopped.jsonl'), {
      ownerUrl: bench.database.ownerUrl,
    })
    await expect(removing).rejects.toThrow('the disk is full')
    await sql(bench.database.ownerUrl, 'drop trigger stop on history')
    const { code, lines } = await verified()
    expect([code, lines.at(-1)]).toEqual([0, 'All 3 chains are whole: 1504 entries verified.'])
    expect(await sql(bench.database.ownerUrl, archivedEvents)).toHaveLength(1)
  })

  it('F-03 takes it out of the database, and the chain goes on from the last hash in the file', async () => {
    const path = join(folder, 'second.jsonl')
    // Somebody else's entry is under way all the while.
    await inTx(bench, async tx => {
      await record(bench, tx, Noted, {
        actor: userOf(other),
        companyId: other,
        details: { text: 'meanwhile' },
      })
      await archiveHistory(deps, path, { ownerUrl: bench.database.ownerUrl })
    })
    const last = linesOf(await readFile(path, 'utf8')).at(-1)
    const [next] = (await streamed({})).lines.filter(({ chain }) => chain === company)
    expect(next).toMatchObject({ seq: 2_501, previous: last?.hash })
    await note(company, 'after the archive')
    const { code, lines } = await verified()
    expect([code, lines.at(-1)]).toEqual([0, 'All 3 chains are whole: 7 entries verified.'])
    const kept = await sql<{ details: string }>(bench.database.ownerUrl, archivedEvents)
    expect(kept.map(({ details }) => JSON.parse(details))).toMatchObject([
      { entries: 2_500, archivedUntil: '2016-11-19' },
      { entries: 1_500, archivedUntil: '2016-11-19' },
    ])
  })

  it('has the guards back afterwards, and the serving role takes nothing away', async () => {
    for (const url of [bench.database.ownerUrl, bench.database.appUrl])
      for (const statement of [
        'delete from history',
        `set sekisho.archive = 'on'; delete from history`,
        `set sekisho.archive = 'on'; update history_chain set archived_seq = 1, archived_hash = sha256('x') where id = '${other}'`,
        `set sekisho.archive = 'on'; update history_chain set seq = seq + 1 where id = '${other}'`,
        `update history_chain set archived_seq = 1, archived_hash = hash where id = '${other}'`,
      ])
        await expect(sql(url, statement), statement).rejects.toThrow(/append-only|permission denied|refused/)
  })

  it('F-03 is missed when an entry after it is taken away, or it is said to end elsewhere', async () => {
    const tamper = async (...statements: string[]) => {
      await sql(
        bench.database.ownerUrl,
        'begin',
        'alter table history disable trigger user',
        'alter table history_chain disable trigger user',
        ...statements,
        'alter table history enable trigger user',
        'alter table history_chain enable trigger user',
        'commit',
      )
      return (await verified()).lines.filter(line => line.startsWith('BROKEN'))
    }
    expect(await tamper(`update history_chain set archived_seq = 2499 where id = '${company}'`)).toEqual([
      expect.stringContaining('entry 2500 is missing'),
    ])
    expect(
      await tamper(
        `update history_chain set archived_seq = 2500, archived_hash = hash where id = '${company}'`,
      ),
    ).toEqual([expect.stringContaining('does not follow')])
    expect(await tamper(`delete from history where chain_id = '${company}' and seq = 2501`)).toEqual([
      expect.stringContaining('entry 2501 is missing'),
    ])
  })
})
