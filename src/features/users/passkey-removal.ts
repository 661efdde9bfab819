import type { Deps } from '../../deps.ts'
import type { UserRole } from '../../generated/prisma/enums.ts'
import type { UserActor } from '../../kernel/actor.ts'
import { isId } from '../../kernel/ids.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import { inTx, type Tx } from '../../platform/db/in-tx.ts'
import { removePasskeyOf } from '../passkeys/index.ts'
import { stillManages } from './commands.ts'
import { PasskeyRemovalRefused } from './events.ts'
import { type ManagedUsers, reachOf } from './managing.ts'
import { namedLike } from './picking.ts'
import { contractOf, pageSize } from './queries.ts'

/** A passkey of a user, as an administrator sees it: never its key. */
export type HeldPasskey = {
  id: string
  name: string
  createdAt: Date
  lastUsedAt: Date | null
  user: { id: string; loginId: string; name: string; role: UserRole }
}

export type PasskeyRemovalRefusal =
  | 'access.forbidden'
  | 'user.notManaged'
  | 'passkey.ofNobody'
  | 'passkey.ownElsewhere'

const shown = {
  id: true,
  name: true,
  createdAt: true,
  lastUsedAt: true,
  user: { select: { id: true, loginId: true, name: true, role: true } },
} as const

/** The passkeys of those users of the actor's company whom the actor manages, by login ID, twenty a page (C-19, D-14). */
export const listHeldPasskeys = async (
  { db }: Pick<Deps, 'db'>,
  { companyId }: UserActor,
  { text, page, managed }: { text: string; page: number; managed: ManagedUsers },
): Promise<{ passkeys: HeldPasskey[]; total: number; page: number }> => {
  const where = { companyId, user: { AND: [managed, namedLike(text)] } }
  const total = await db.passkey.count({ where })
  const current = Math.min(page, Math.max(1, Math.ceil(total / pageSize)))
  const passkeys = await db.passkey.findMany({
    where,
    orderBy: [{ user: { loginIdKey: 'asc' } }, { createdAt: 'asc' }, { id: 'asc' }],
    skip: (current - 1) * pageSize,
    take: pageSize,
    select: shown,
  })
  return { passkeys, total, page: current }
}

/** Whether an administrator may begin to remove this passkey; the command asks again, on the held row. */
export const mayBeginRemoval = async (
  db: Tx,
  actor: UserActor,
  id: string,
): Promise<Result<HeldPasskey, PasskeyRemovalRefusal>> => {
  const found = isId(id)
    ? await db.passkey.findFirst({ where: { id, companyId: actor.companyId }, select: shown })
    : null
  if (!found) return refuse('passkey.ofNobody')
  // One's own are managed under セキュリティ設定, where one proves anew who is there (B-22).
  if (found.user.id === actor.id) return refuse('passkey.ownElsewhere')
  const { policy } = await contractOf(db, actor)
  return (await reachOf(db, actor, policy)).manages(found.user) ? ok(found) : refuse('user.notManaged')
}

/**
 * Removes one passkey of a user whom the actor manages: its device was lost, and what else the user holds goes on (C-19).
 * Who has no certificate is helped like everybody.
 */
export const removeForCompany = (
  deps: Deps,
  actor: UserActor,
  id: string,
): Promise<
  Result<{ passkey: string; loginId: string; name: string; userId: string }, PasskeyRemovalRefusal>
> =>
  inTx(
    deps,
    async (
      tx,
    ): Promise<
      Result<{ passkey: string; loginId: string; name: string; userId: string }, PasskeyRemovalRefusal>
    > => {
      if (!(await stillManages(tx, actor))) return refuse('access.forbidden')
      const begun = await mayBeginRemoval(tx, actor, id)
      if (!begun.ok) return begun
      const { user, name } = begun.value
      const holder = { companyId: actor.companyId, userId: user.id, loginId: user.loginId }
      // Of two administrators at once one finds it gone.
      return (await removePasskeyOf(deps, tx, actor, holder, { id, name }))
        ? ok({ passkey: name, loginId: user.loginId, name: user.name, userId: user.id })
        : refuse('passkey.ofNobody')
    },
  )

/** Records a removal that was refused at 「実行」; its own transaction has been rolled back (F-02). */
export const recordRemovalRefused = async (
  deps: Deps,
  actor: UserActor,
  id: string,
  reason: string,
): Promise<void> => {
  const found = await mayBeginRemoval(deps.db, actor, id)
  await audit.recordAlone(deps, PasskeyRemovalRefused, {
    actor,
    companyId: actor.companyId,
    ...(found.ok && { subject: { kind: 'user', id: found.value.user.id, label: found.value.user.loginId } }),
    details: {},
    outcome: 'refused',
    reason,
  })
}
