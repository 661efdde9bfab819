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
