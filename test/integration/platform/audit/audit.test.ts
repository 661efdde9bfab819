import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { system } from '../../../../src/kernel/actor.ts'
import { defineEvent, record, recordAll, recordAlone } from '../../../../src/platform/audit/audit.ts'
import { bankChain, canonicalText, entryHash } from '../../../../src/platform/audit/chain.ts'
import { verifyChains } from '../../../../src/platform/audit/verify.ts'
import { inTx } from '../../../../src/platform/db/in-tx.ts'
import { sql } from '../../../support/database.ts'
import { type HistoryBench, openHistoryBench, userOf } from '../../../support/history.ts'

const Renamed = defineEvent(
  'test.renamed',
  z.strictObject({
    before: z.strictObject({ name: z.string() }),
    after: z.strictObject({ name: z.string() }),
  }),
)
const rename = (before: string, after: string) => ({ before: { name: before }, after: { name: after } })

let bench: HistoryBench
beforeAll(async () => {
  bench = await openHistoryBench()
})
afterAll(() => bench.close())

const entriesOf = (companyId: string) =>
  bench.db.history.findMany({ where: { chainId: companyId }, orderBy: { seq: 'asc' } })

describe('F-02 an entry', () => {
  it('says who, for whom, when, from where, with which certificate, what, before and after', async () => {
    const companyId = await bench.company()
    const actor = userOf(companyId)
    const subject = { kind: 'user', id: bench.ids.next(), label: 'suzuki02' }
    const id = await inTx(bench, tx =>
      record(bench, tx, Renamed, { actor, companyId, subject, details: rename('旧', '新') }),
    )
    expect(await entriesOf(companyId)).toMatchObject([
      {
        id,
        seq: 1n,
        at: bench.clock.at,
        actorKind: 'user',
        actorId: actor.id,
        actorLoginId: 'tanaka01',
        actorName: '田中一郎',
        certificateSerial: 'ab12',
        ip: '192.0.2.1',
        operation: 'test.renamed',
        outcome: 'done',
        reason: null,
        subjectKind: 'user',
        subjectId: subject.id,
        subjectLabel: 'suzuki02',
        details: JSON.stringify(rename('旧', '新')),
      },
    ])
  })

  it('goes with the change it tells of, and a refused try stays although nothing else does', async () => {
    const companyId = await bench.company()
    const entry = { actor: userOf(companyId), companyId, details: rename('a', 'b') }
    const refused = await inTx(bench, async tx => {
      await record(bench, tx, Renamed, entry)
      return { ok: false as const, reason: 'test.refused' }
    })
    expect(await entriesOf(companyId)).toEqual([])
    await recordAlone(bench, Renamed, { ...entry, outcome: 'refused', reason: refused.reason })
    expect(await entriesOf(companyId)).toMatchObject([
      { seq: 1n, outcome: 'refused', reason: 'test.refused' },
    ])
  })

  it('F-03 of many at once stand in their order, each a link of its own chain', async () => {
    const [one, other] = [await bench.company(), await bench.company()]
    const wanted = Array.from({ length: 300 }, (_, index) => ({
      actor: system('test'),
      companyId: index % 3 === 0 ? other : one,
      details: rename('前', `${index}`),
    }))
    await inTx(bench, tx => recordAll(bench, tx, Renamed, wanted))
    for (const companyId of [one, other]) {
      const entries = await entriesOf(companyId)
      expect(entries.map(({ details }) => JSON.parse(details).after.name)).toEqual(
        wanted.filter(each => each.companyId === companyId).map(({ details }) => details.after.name),
      )
      expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_entry, index) => BigInt(index + 1)))
    }
    await inTx(bench, tx => recordAll(bench, tx, Renamed, []))
    expect((await verifyChains(bench.db)).breaks).toEqual([])
  })

  it('keeps out details of another shape, other companies’ acts, and companies that do not exist', async () => {
    const companyId = await bench.company()
    const extra = { ...rename('a', 'b'), note: 'x' }
    const actor = userOf(companyId)
    await expect(recordAlone(bench, Renamed, { actor, companyId, details: extra })).rejects.toThrow(/note/)
    const other = await bench.company()
    await expect(
      recordAlone(bench, Renamed, { actor, companyId: other, details: rename('a', 'b') }),
    ).rejects.toThrow(/another/)
    const nowhere = { actor: system('job'), companyId: bench.ids.next(), details: rename('a', 'b') }
    await expect(recordAlone(bench, Renamed, nowhere)).rejects.toThrow(/there is no company/)
    expect(await bench.db.historyChain.count({ where: { id: { in: [companyId, other] } } })).toBe(0)
  })

  it('takes whatever a stranger types, without NULs, direction marks or megabytes', async () => {
    const typed = `\u0000𠮷\u202e${'あ'.repeat(1_000_000)}`
    const id = await recordAlone(bench, Renamed, {
      actor: { kind: 'stranger', loginId: typed, origin: { ip: '192.0.2.9' } },
      companyId: null,
      subject: { kind: 'user', label: '\ud842' },
      details: rename(`${typed}\ud842`, '\u0000'),
      outcome: 'refused',
      reason: 'test.refused',
    })
    const entry = await bench.db.history.findUniqueOrThrow({ where: { id: id ?? '' } })
    expect(entry.chainId).toBe(bankChain)
    expect(entry.actorLoginId).toMatch(/^\ufffd𠮷\ufffdあ+…$/)
    expect([...(entry.actorLoginId ?? '')]).toHaveLength(64)
    expect(entry.subjectLabel).toBe('\ufffd')
    expect(JSON.parse(entry.details)).toMatchObject({ after: { name: '\ufffd' } })
    expect(entry.details.length).toBeLessThan(3000)
  })
})

describe('F-03 the chain', () => {
  it('hashes in the database what it hashes here, whatever the text', async () => {
    const companyId = await bench.company()
    const odd = ['', '𠮷', '👩‍👩‍👧', `'"\\`, '5:a,', '-,', '1:-,', '\t\n\r', 'e\u0301', '\ufeff', '髙﨑']
    for (const text of odd)
      await inTx(bench, tx =>
        record(bench, tx, Renamed, {
          actor: userOf(companyId, { name: text, origin: {} }),
          companyId,
          subject: { kind: 'user', label: text },
          details: rename(text, text),
        }),
      )
    const rows = await entriesOf(companyId)
    expect(rows).toHaveLength(odd.length)
    for (const row of rows) {
      const columns = [
        row.id,
        row.chainId,
        String(row.seq),
        row.at.toISOString(),
        row.actorKind,
        row.actorId,
        row.actorLoginId,
        row.actorName,
        row.certificateSerial,
        row.ip,
        row.operation,
        row.outcome,
        row.reason,
        row.subjectKind,
        row.subjectId,
        row.subjectLabel,
        row.details,
      ]
      expect(Buffer.from(row.hash)).toEqual(entryHash(Buffer.from(row.previous), columns))
    }
  })

  it('tells apart what would read the same without lengths', () => {
    expect(canonicalText(['a', null])).not.toBe(canonicalText(['a', '']))
    expect(canonicalText(['a,1:b', 'c'])).not.toBe(canonicalText(['a', '1:b,c']))
    expect(canonicalText(['𠮷', null])).toBe('4:𠮷,-,')
  })

  it('of each company is whole after 20 inserts at once, in two companies and the bank', async () => {
    const chains = [await bench.company(), await bench.company(), null]
    const before = await bench.db.history.count({ where: { chainId: bankChain } })
    await Promise.all(
      Array.from({ length: 60 }, (_, n) => {
        const companyId = chains[n % 3] ?? null
        const actor = companyId ? userOf(companyId) : system('job')
        return recordAlone(bench, Renamed, { actor, companyId, details: rename(`${n}`, `${n + 1}`) })
      }),
    )
    for (const companyId of chains) {
      const entries = await entriesOf(companyId ?? bankChain)
      const expected = companyId ? 20 : before + 20
      expect(entries.map(entry => Number(entry.seq))).toEqual(
        Array.from({ length: expected }, (_, n) => n + 1),
      )
    }
    expect((await verifyChains(bench.db)).breaks).toEqual([])
  })

  it('sets number, link and hash whatever an insert claims', async () => {
    const companyId = await bench.company()
    const zeros = Buffer.alloc(32)
    await bench.db.history.create({
      data: {
        id: bench.ids.next(),
        chainId: companyId,
        seq: 77n,
        previous: zeros,
        hash: zeros,
        at: bench.clock.at,
        actorKind: 'system',
        operation: 'test.claimed',
        outcome: 'done',
        details: '{}',
      },
    })
    const [row] = await entriesOf(companyId)
    expect(row?.seq).toBe(1n)
    expect(Buffer.from(row?.hash ?? zeros).equals(zeros)).toBe(false)
  })

  it('is append-only for the serving role, and for the owner too', async () => {
    const companyId = await bench.company()
    await recordAlone(bench, Renamed, { actor: userOf(companyId), companyId, details: rename('a', 'b') })
    const statements = [
      `update history set operation = 'x'`,
      'delete from history',
      'truncate history',
      'delete from history_chain',
      'truncate history_chain cascade',
      'update history_chain set seq = 0',
      `insert into history_chain values ('${bench.ids.next()}', 0, decode(repeat('00', 32), 'hex'))`,
    ]
    for (const statement of statements) {
      await expect(sql(bench.database.appUrl, statement), statement).rejects.toMatchObject({ code: '42501' })
      await expect(sql(bench.database.ownerUrl, statement), statement).rejects.toThrow(/append-only/)
    }
  })

  it('does not move for a table of the serving role’s own, not even if that could have the trigger', async () => {
    const companyId = await bench.company()
    const steal = [
      'create temp table decoy (like history)',
      'create trigger decoy before insert on decoy for each row execute function history_append()',
      `insert into decoy (id, chain_id, at, actor_kind, operation, outcome, details)
       values (gen_random_uuid(), '${companyId}', now(), 'system', 'test.decoy', 'done', '{}')`,
    ]
    await expect(sql(bench.database.appUrl, ...steal)).rejects.toThrow(/permission denied for function/)
    await expect(sql(bench.database.ownerUrl, ...steal)).rejects.toThrow(/trigger of history alone/)
    expect(await bench.db.historyChain.findUnique({ where: { id: companyId } })).toBeNull()
  })

  it('does not take a look-alike table of the serving role for its own', async () => {
    const companyId = await bench.company()
    await sql(
      bench.database.appUrl,
      'create temp table history_chain (id uuid primary key, seq bigint, hash bytea)',
      'create temp table company (id uuid)',
      `insert into history (id, chain_id, at, actor_kind, operation, outcome, details)
       values (gen_random_uuid(), '${companyId}', now(), 'system', 'test.shadow', 'done', '{}')`,
    )
    expect(await bench.db.historyChain.findUnique({ where: { id: companyId } })).toMatchObject({ seq: 1n })
  })
})
