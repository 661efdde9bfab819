import type { Deps } from '../../deps.ts'
import type { SystemActor } from '../../kernel/actor.ts'
import { inTx } from '../../platform/db/in-tx.ts'
import * as outbox from '../../platform/outbox/outbox.ts'
import { toUser } from '../../platform/outbox/to-user.ts'
import { forgetBrowsers } from '../browsers/index.ts'
import { endAllOf } from '../certificates/index.ts'
import { removeAllPasskeys } from '../passkeys/index.ts'
import { voidResetLinks } from '../passwords/index.ts'
import { ContractEndMail } from './mails.ts'

/** Users that are read at a time. */
const inOneRound = 5_000

/** `signal`: that the program stops or the job's time is up; what is left then, the next job does. */
export type Settling = { signal?: AbortSignal; atATime?: number }

/**
 * What follows the end of a contract for each of its users (H-06): their certificates are revoked, what else could lead in is taken
 * away, they are told, and are 削除済 from then on. Nobody comes in meanwhile: the end itself keeps them out. One after the
 * other in transactions of their own, so that a program that is stopped goes on with the rest at its next start; what is left to
 * do the users' states say, however long ago the end was. It goes on until a round settles nobody: waiting for the next
 * minute's job after each round kept the last of a hundred thousand certificates alive for twenty minutes.
 * Gives how many there were.
 */
export const settleEndedContracts = async (
  deps: Deps,
  actor: SystemActor,
  { signal, atATime = inOneRound }: Settling = {},
): Promise<number> => {
  let settled = 0
  for (let last = 1; last > 0 && !signal?.aborted; settled += last)
    last = await settleRound(deps, actor, { atATime, ...(signal && { signal }) })
  return settled
}

const settleRound = async (
  deps: Deps,
  actor: SystemActor,
  { signal, atATime }: Settling & { atATime: number },
): Promise<number> => {
  // A company at a time, by the index of its list: asked the other way about, every user of every company is looked at each
  // minute, though hardly a contract ever ends.
  const waiting = await deps.db.$queryRaw<{ id: string; companyId: string }[]>`
    SELECT waiting.id, c.id AS "companyId"
      FROM company c
      JOIN LATERAL (SELECT id FROM "user"
                     WHERE company_id = c.id AND service_state <> 'deleted'
                     ORDER BY login_id_key LIMIT ${atATime}) AS waiting ON true
     WHERE c.contract_ended_at IS NOT NULL
     LIMIT ${atATime}`
  let settled = 0
  for (const { id: userId, companyId } of waiting) {
    if (signal?.aborted) break
    settled += await settleUser(deps, actor, { companyId, userId }).catch(error => {
      // Whatever stands in one user's way must not keep the certificates of all others alive.
      deps.log.error({ err: error, userId }, 'What follows the end of a contract failed for a user')
      return 0
    })
  }
  return settled
}

const settleUser = (
  deps: Deps,
  actor: SystemActor,
  holder: { companyId: string; userId: string },
): Promise<number> =>
  inTx(deps, async tx => {
    const { companyId, userId } = holder
    await tx.$queryRaw`SELECT 1 FROM "user" WHERE id = ${userId}::uuid FOR UPDATE`
    const { serviceState, company } = await tx.user.findUniqueOrThrow({
      where: { companyId_id: { companyId, id: userId } },
      select: { serviceState: true, company: { select: { contractEndedAt: true } } },
    })
    const at = company.contractEndedAt
    if (serviceState === 'deleted' || !at) return 0
    await endAllOf(deps, tx, actor, holder, 'contractEnded')
    await removeAllPasskeys(deps, tx, actor, holder)
    await voidResetLinks(deps, tx, holder)
    await forgetBrowsers(tx, holder)
    await tx.user.update({
      where: { companyId_id: { companyId, id: userId } },
      data: {
        ...{ serviceState: 'deleted', deletedAt: at },
        ...{ suspendedByBank: false, stateBeforeBank: null },
        version: { increment: 1 },
      },
    })
    await outbox.put(deps, tx, ContractEndMail, {
      ...(await toUser(tx, holder)),
      params: { at, change: 'ended' },
    })
    return 1
  })
