import type { Tx } from '../../platform/db/in-tx.ts'
import { eraseOnce } from '../../platform/shown-once.ts'

/**
 * Erases unseen what cases had made for this officer and nobody has fetched, in the transaction that makes it worthless: a
 * newer one, their own next password, a suspension (H-05). Before their registration was approved there was no row of theirs
 * to point to, so its case names them by the login ID, which nobody else ever has.
 */
export const eraseKeptPasswords = async (
  tx: Tx,
  { id, loginId }: { id: string; loginId: string },
): Promise<void> => {
  const cases = await tx.helpdeskCase.findMany({
    where: {
      state: 'done',
      OR: [
        { kind: 'staff_recovery', officerId: id },
        { kind: 'staff_registration', proposal: { path: ['staffLoginId'], equals: loginId } },
      ],
    },
    select: { id: true },
  })
  await eraseOnce(
    tx,
    cases.map(each => each.id),
  )
}
