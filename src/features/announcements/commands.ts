import type { Deps } from '../../deps.ts'
import type { UserActor } from '../../kernel/actor.ts'
import { ok, type Result } from '../../kernel/result.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import type { WrittenWindow } from './forms.ts'

/** Stores the windows of an announcement in the place of those it had, within the transaction that saves it. */
export const storeWindows = async (
  tx: Tx,
  postingId: string,
  windows: readonly WrittenWindow[],
): Promise<Result<null>> => {
  await tx.maintenanceWindow.deleteMany({ where: { postingId } })
  await tx.maintenanceWindow.createMany({
    data: windows.map((window, position) => ({ postingId, position, ...window })),
  })
  return ok(null)
}

/**
 * Keeps that home has shown these to a user for the first time: an お知らせ stands there whole, and whoever wrote it sees whom
 * it has reached (H-06). Nothing is written where all have been seen.
 */
export const markSeen = async (
  { db, clock }: Pick<Deps, 'db' | 'clock'>,
  { companyId, id: userId }: UserActor,
  announcements: readonly { id: string; seen: boolean }[],
): Promise<void> => {
  const readAt = clock.now()
  const data = announcements.flatMap(({ id: postingId, seen }) =>
    seen ? [] : [{ postingId, companyId, userId, readAt }],
  )
  if (data.length > 0) await db.postingLook.createMany({ data, skipDuplicates: true })
}
