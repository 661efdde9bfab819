import type { Deps } from '../../deps.ts'
import type { Actor } from '../../kernel/actor.ts'
import * as audit from '../../platform/audit/audit.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import { requestCrl } from '../authorities/index.ts'
import { endSessionsOf } from '../sessions/index.ts'
import { statesBefore } from './certificate.ts'
import { tellEnded } from './ended.ts'
import { CertificateSuperseded } from './events.ts'
import { holderOf, ownerOf } from './holder.ts'
import { eraseFile } from './revocation.ts'

/**
 * Ends a certificate because another has taken its place (C-05): its sessions and connections end with it. One that has
 * ended already is left as it is.
 */
export const supersede = async (
  deps: Deps,
  tx: Tx,
  actor: Actor,
  certificateId: string,
  exceptSession?: string,
): Promise<void> => {
  const moved = await tx.certificate.updateMany({
    where: { id: certificateId, state: { in: statesBefore('supersede') } },
    data: { state: 'superseded', endedAt: deps.clock.now(), endReason: 'renewed' },
  })
  if (moved.count === 0) return
  await eraseFile(deps, tx, certificateId)
  await endSessionsOf(deps, tx, { certificateId }, 'certificate', exceptSession)
  const row = await tx.certificate.findUniqueOrThrow({ where: { id: certificateId } })
  if (!row.serial || !row.notAfter || !row.fingerprint)
    throw new Error(`certificate ${row.id} was never signed`)
  await tellEnded(tx, row.fingerprint)
  await requestCrl(deps, tx, row)
  const owner = await ownerOf(tx, holderOf(row))
  await audit.record(deps, tx, CertificateSuperseded, {
    actor,
    ...owner.about,
    details: { serial: row.serial, notAfter: row.notAfter.toISOString() },
  })
}

/**
 * What the first login with a renewed certificate does to the one before it: by policy that one's time ends now, or it
 * works on until it expires (C-05). An officer holds one: whatever they had before the one they now log in with ends, for the
 * system administrator issues the next without knowing where the last one is (H-01).
 */
export const endOverlap = async (deps: Deps, tx: Tx, actor: Actor, certificateId: string): Promise<void> => {
  const row = await tx.certificate.findUniqueOrThrow({
    where: { id: certificateId },
    select: {
      id: true,
      companyId: true,
      userId: true,
      staffId: true,
      replacesId: true,
      requestedAt: true,
    },
  })
  if (!row.replacesId && !row.staffId) return
  const { policy } = await ownerOf(tx, holderOf(row))
  if (policy.overlap !== 'until-first-login') return
  if (row.replacesId) await supersede(deps, tx, actor, row.replacesId)
  if (!row.staffId) return
  const earlier = await tx.certificate.findMany({
    where: {
      staffId: row.staffId,
      id: { not: row.id },
      requestedAt: { lte: row.requestedAt },
      state: { in: statesBefore('supersede') },
    },
    orderBy: { id: 'asc' },
    select: { id: true },
  })
  for (const { id } of earlier) await supersede(deps, tx, actor, id)
}
