import type { Deps } from '../../deps.ts'
import { system } from '../../kernel/actor.ts'
import { minute, plusSeconds } from '../../kernel/clock.ts'
import { inTx } from '../../platform/db/in-tx.ts'
import { inPortions } from '../../platform/db/portions.ts'
import { overdueSince, purposesThatVoid, statesBefore, unusedSince } from './certificate.ts'
import { countDone, expireEnded, failedAt } from './expiry.ts'
import { issueCertificate } from './issue.ts'
import { afterVoid } from './revocation.ts'

const actor = system('certificate-sweep')
/** What one round takes on at most; the next round, a minute later, takes the rest. */
const atMost = 500

/**
 * Erases every file that is past its download, with whatever secret is left beside it (C-11). Gives how many there
 * were.
 */
export const eraseOverdueFiles = (deps: Deps): Promise<number> => {
  const now = deps.clock.now()
  return inPortions(limit =>
    deps.db.certificateDelivery.updateMany({
      where: { erasedAt: null, readyAt: { lte: overdueSince(now) } },
      data: { pkcs12: null, sealedKey: null, sealedPassword: null, erasedAt: now },
      limit,
    }),
  )
}

/**
 * Voids first and reissued certificates that no login has shown in seven days, or that were never finished in that
 * time (C-11). Those handed over directly have no delivery and are left alone. Gives how many there were.
 */
export const voidUnused = async (deps: Deps): Promise<number> => {
  const since = unusedSince(deps.clock.now())
  const unused = await deps.db.certificate.findMany({
    where: {
      state: { in: statesBefore('void') },
      purpose: { in: purposesThatVoid },
      delivery: { isNot: null },
      OR: [{ signedAt: { lt: since } }, { signedAt: null, requestedAt: { lt: since } }],
    },
    take: atMost,
    select: { id: true },
  })
  return countDone(unused, ({ id }) => voidOne(deps, id), failedAt(deps, 'voided'))
}

const voidOne = (deps: Deps, id: string): Promise<boolean> =>
  inTx(deps, async tx => {
    // A login at this very moment wins: the state is asked again where it is changed.
    const moved = await tx.certificate.updateMany({
      where: { id, state: { in: statesBefore('void') } },
      data: { state: 'void', endedAt: deps.clock.now(), endReason: 'unused' },
    })
    if (moved.count === 0) return false
    await afterVoid(deps, tx, actor, id)
    return true
  })

/**
 * Goes on with certificates whose issuing was cut off and whose job is lost or given up (C-10): those requested
 * `olderThan` seconds ago or before, each by itself. Gives how many there were; one that fails is logged and left for
 * the next round.
 */
export const resumeUnfinished = async (deps: Deps, olderThan: number): Promise<number> => {
  const unfinished = await deps.db.certificate.findMany({
    where: {
      state: { in: ['requested', 'prepared', 'signed'] },
      requestedAt: { lte: plusSeconds(deps.clock.now(), -olderThan) },
      delivery: { is: { readyAt: null, erasedAt: null } },
    },
    orderBy: { requestedAt: 'asc' },
    take: atMost,
    select: { id: true },
  })
  for (const { id } of unfinished)
    await issueCertificate(deps, id).catch(err =>
      deps.log.error({ err, certificate: id }, 'A certificate could not be issued; tried again in a minute'),
    )
  return unfinished.length
}

/** The round of each minute (C-06, C-10, C-11). What was asked for in the last minutes is its own job's. */
export const sweepCertificates = async (deps: Deps): Promise<void> => {
  const erased = await eraseOverdueFiles(deps)
  const voided = await voidUnused(deps)
  const resumed = await resumeUnfinished(deps, 3 * minute)
  const expired = await expireEnded(deps)
  if (erased + voided + resumed + expired > 0)
    deps.log.info({ erased, voided, resumed, expired }, 'Certificates swept')
}
