import { afterAll, beforeAll, expect, it } from 'vitest'
import { removeOldSessions } from '../../../src/features/sessions/index.ts'
import { removeExpiredDrafts } from '../../../src/platform/http/drafts.ts'
import { openPortal, type Portal } from '../../support/portal.ts'

let portal: Portal
beforeAll(async () => {
  portal = await openPortal()
})
afterAll(() => portal.close())

it('D-02 drafts that nobody came back to go after their end, with their secrets; others stay', async () => {
  const admin = await portal.administrator()
  await admin.get('/users')
  await admin.post('/users/new')
  expect(await removeExpiredDrafts(portal.deps)).toBe(0)
  portal.clock.move(25 * 60 * 60)
  expect(await removeExpiredDrafts(portal.deps)).toBe(1)
  expect(await portal.deps.db.draft.count()).toBe(0)
})

it('sessions go ninety days after they ended, not before', async () => {
  portal.clock.move(80 * 24 * 60 * 60)
  expect(await removeOldSessions(portal.deps)).toBe(0)
  portal.clock.move(11 * 24 * 60 * 60)
  expect(await removeOldSessions(portal.deps)).toBeGreaterThan(0)
})
