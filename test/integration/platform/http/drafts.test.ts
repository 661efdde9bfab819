import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { UserActor } from '../../../../src/kernel/actor.ts'
import { hour } from '../../../../src/kernel/clock.ts'
import { ok, refuse } from '../../../../src/kernel/result.ts'
import { commitDraft } from '../../../../src/platform/http/draft-commit.ts'
import { findDraft, keepTyped, saveStep, startDraft } from '../../../../src/platform/http/drafts.ts'
import { openPortal, type Portal } from '../../../support/portal.ts'

let portal: Portal
let owner: UserActor
const wizard = 'test.wizard'
const secrets = { password: 'Himitsu2026' }

beforeAll(async () => {
  portal = await openPortal()
  const row = await portal.deps.db.user.findFirstOrThrow()
  const { id, companyId, loginId, name } = row
  owner = {
    kind: 'user',
    id,
    companyId,
    loginId,
    name,
    role: 'administrator',
    permissions: new Set(),
    origin: {},
  }
})
afterAll(() => portal.close())

const read = async (id: string) => {
  const found = await findDraft(portal.deps, owner, wizard, id)
  if (!found.ok) throw new Error(found.reason)
  return found.value
}
const save = (id: string, name: string, shownAt: number) =>
  saveStep(portal.deps, owner, wizard, id, 'basic', { values: { name }, secrets, shownAt })

describe('drafts', () => {
  it('D-12 remember what is to be changed, from which version, and its present answers', async () => {
    const target = { id: portal.deps.ids.next(), version: 7 }
    const id = await startDraft(portal.deps, owner, wizard, { target, answers: { basic: { name: 'まえ' } } })
    expect(await read(id)).toMatchObject({ target, saved: { basic: { values: { name: 'まえ' } } } })
  })

  it('keep secrets sealed for their own row only', async () => {
    const [id, other] = [
      await startDraft(portal.deps, owner, wizard),
      await startDraft(portal.deps, owner, wizard),
    ]
    await save(id, 'a', 0)
    const { db } = portal.deps
    const row = await db.draft.findUniqueOrThrow({ where: { id } })
    expect(JSON.stringify(row.answers)).not.toContain(secrets.password)
    expect(Buffer.from(row.sealedSecrets ?? []).toString('latin1')).not.toContain(secrets.password)
    expect((await read(id)).secrets.saved.basic).toEqual(secrets)
    await db.draft.update({ where: { id: other }, data: { sealedSecrets: row.sealedSecrets } })
    await expect(read(other)).rejects.toThrow('belongs elsewhere')
  })

  it('belong to one person and one wizard, for a day', async () => {
    const { deps, clock } = portal
    const id = await startDraft(deps, owner, wizard)
    const notFound = { ok: false, reason: 'draft.notFound' }
    expect(await findDraft(deps, { ...owner, id: deps.ids.next() }, wizard, id)).toEqual(notFound)
    expect(await findDraft(deps, { ...owner, companyId: deps.ids.next() }, wizard, id)).toEqual(notFound)
    expect(await findDraft(deps, owner, 'another.wizard', id)).toEqual(notFound)
    clock.move(24 * hour - 60)
    expect((await findDraft(deps, owner, wizard, id)).ok).toBe(true)
    clock.move(120)
    expect(await findDraft(deps, owner, wizard, id)).toEqual(notFound)
    expect(await save(id, 'late', 9)).toEqual(notFound)
    await startDraft(deps, owner, wizard)
    expect(await deps.db.draft.count({ where: { id } })).toBe(0)
  })

  it('of twenty answers to one page at once, one is kept and the others are told', async () => {
    const id = await startDraft(portal.deps, owner, wizard)
    const kept = await Promise.all(Array.from({ length: 20 }, (_, i) => save(id, `tab ${i}`, 0)))
    const outcomes = kept.map(each => (each.ok ? each.value : each.reason))
    expect(outcomes.filter(outcome => outcome === 'saved')).toHaveLength(1)
    expect(outcomes.filter(outcome => outcome === 'changedElsewhere')).toHaveLength(19)
  })

  it('what was only typed is no answer, and goes when the answer comes', async () => {
    const id = await startDraft(portal.deps, owner, wizard)
    await keepTyped(portal.deps, owner, wizard, id, 'basic', { values: { name: 'half' }, secrets })
    expect(await read(id)).toMatchObject({ version: 0, saved: {}, typed: { basic: { name: 'half' } } })
    await save(id, 'whole', 0)
    expect(await read(id)).toMatchObject({ version: 1, typed: {}, secrets: { typed: {} } })
  })

  it('a refused commit leaves the draft open and whole; of twenty commits one does the work', async () => {
    const id = await startDraft(portal.deps, owner, wizard)
    await save(id, 'a', 0)
    const draft = await read(id)
    const commit = (work: Parameters<typeof commitDraft>[3]) => commitDraft(portal.deps, owner, draft, work)
    expect(await commit(async () => refuse('user.loginId.taken'))).toMatchObject({ ok: false })
    expect(await read(id)).toEqual(draft)
    await expect(
      commit(async () => {
        throw new Error('killed halfway')
      }),
    ).rejects.toThrow('killed halfway')
    expect(await read(id)).toEqual(draft)
    let worked = 0
    const done = await Promise.all(
      Array.from({ length: 20 }, () =>
        commit(async tx => {
          worked++
          await tx.$queryRaw`SELECT 1 AS one`
          return ok({ done: worked })
        }),
      ),
    )
    expect(worked).toBe(1)
    expect(done.filter(each => !each.ok && each.reason === 'draft.notOpen')).toHaveLength(19)
    expect(await read(id)).toMatchObject({
      state: 'committed',
      saved: {},
      secrets: { saved: {} },
      result: { done: 1 },
    })
    expect(await save(id, 'b', 9)).toEqual(ok('committed'))
  })
})
