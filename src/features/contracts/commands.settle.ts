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

/** Users at a time: what a round has not come to, the next one does. */
const inOneRound = 5_000

/**
 * What follows the end of a contract for each of its users (H-06): their certificates are revoked, what else could lead in is taken
 * away, they are told, and are 削除済 from then on. Nobody comes in meanwhile: the end itself keeps them out. One after the
 * other in transactions of their own, so that a program that is stopped goes on with the rest at its next round; what is left to
 * do the users' states say, however long ago the end was.
 * Gives how many there were.
 */
export const settleEndedContracts = async (deps: Deps, actor: SystemActor): Promise<number> => {
  // A company at a time, by the index of its list: asked the other way about, every user of every company is looked at each
  // minute, though hardly a contract ever ends.
  const waiting = await deps.db.$queryRaw<{ id: string; companyId: string }[]>`
    SELECT waiting.id, c.id AS "companyId"
      FROM company c
      JOIN LATERAL (SELECT id FROM "user"
                     WHERE company_id = c.id AND service_state <> 'deleted'
                     ORDER BY login_id_key LIMIT ${inOneRound}) AS waiting ON true
     WHERE c.contract_ended_at IS NOT NULL
     LIMIT ${inOneRound}`
  let settled = 0
  for (const { id: userId, companyId } of waiting)
    settled += await settleUser(deps, actor, { companyId, userId }).catch(error => {
      // Whatever stands in one user's way must not keep the certificates of all others alive.
      deps.log.error({ err: error, userId }, 'What follows the end of a contract failed for a user')
      return 0
    })
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
