import type { Deps } from '../../deps.ts'
import type { CertificateState } from '../../generated/prisma/enums.ts'
import type { UserActor } from '../../kernel/actor.ts'
import { isId } from '../../kernel/ids.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import { inTx } from '../../platform/db/in-tx.ts'
import { companyOf, type LiveSession } from '../../platform/http/live-session.ts'
import { policyOf } from '../../policy/policy.ts'
import { forgetBrowsers } from '../browsers/index.ts'
import { standingFacts, standingOf } from './certificate.ts'
import { CertificateRevocationRefused } from './events.ts'
import { endAllOf, type Revoked } from './revocation.ts'
import { daysLeft, isRenewable } from './window.ts'

/** A certificate as its owner sees it (C-19). `daysLeft` is null once it can't be used any more. */
export type OwnCertificate = {
  id: string
  state: CertificateState
  serial: string | null
  requestedAt: Date
  notAfter: Date | null
  lastUsedAt: Date | null
  usable: boolean
  daysLeft: number | null
  /** The one this session was opened with. */
  present: boolean
  renewable: boolean
}

/** Enough for a life of certificates; older ones are in the history. */
const shownAtMost = 30

/** The actor's own certificates, the newest first (C-19). */
export const listOwn = async (
  deps: Pick<Deps, 'db' | 'clock'>,
  actor: UserActor,
  session: Pick<LiveSession, 'certificateId' | 'company'>,
): Promise<OwnCertificate[]> => {
  const rows = await deps.db.certificate.findMany({
    where: { companyId: actor.companyId, userId: actor.id },
    orderBy: [{ requestedAt: 'desc' }, { id: 'desc' }],
    take: shownAtMost,
    select: {
      id: true,
      ...standingFacts,
      serial: true,
      requestedAt: true,
      lastUsedAt: true,
      replacedBy: { where: { state: 'active' }, select: { id: true } },
    },
  })
  const now = deps.clock.now()
  const { renewalWindow } = policyOf(companyOf(session)).certificate
  return rows.map(({ replacedBy, purpose, signedAt, delivery, ...row }) => {
    const usable =
      row.notAfter !== null && standingOf({ ...row, purpose, signedAt, delivery }, now) === 'usable'
    return {
      ...row,
      usable,
      daysLeft: usable && row.notAfter ? daysLeft(row.notAfter, now) : null,
      present: row.id === session.certificateId,
      renewable:
        usable &&
        row.notAfter !== null &&
        replacedBy.length === 0 &&
        isRenewable(row.notAfter, renewalWindow, now),
    }
  })
}

/** One of the actor's own; another user's is not found, as an unknown one isn't. */
export const findOwn = async (
  deps: Pick<Deps, 'db' | 'clock'>,
  actor: UserActor,
  session: Pick<LiveSession, 'certificateId' | 'company'>,
  id: string,
): Promise<Result<OwnCertificate, 'certificate.notFound'>> => {
  const found = isId(id) ? (await listOwn(deps, actor, session)).find(each => each.id === id) : undefined
  return found ? ok(found) : refuse('certificate.notFound')
}

/**
 * 紛失・盗難の届出: revokes a certificate of the actor's own at once, the one in use included, and whatever else the actor
 * has or has asked for (C-19): the lost computer may hold its renewal too. Their sessions end with them, and its browser
 * is known no more (B-07). Gives what was
 * revoked. Refused tries are in the history.
 */
export const reportLoss = async (
  deps: Deps,
  actor: UserActor,
  id: string,
): Promise<Result<Revoked[], 'certificate.notFound' | 'certificate.state'>> => {
  const done = await inTx(
    deps,
    async (tx): Promise<Result<Revoked[], 'certificate.notFound' | 'certificate.state'>> => {
      const holder = { companyId: actor.companyId, userId: actor.id }
      const own = isId(id) ? await tx.certificate.count({ where: { id, ...holder } }) : 0
      if (own === 0) return refuse('certificate.notFound')
      const revoked = await endAllOf(deps, tx, actor, holder, 'lost')
      await forgetBrowsers(tx, holder)
      return revoked.some(each => each.certificateId === id) ? ok(revoked) : refuse('certificate.state')
    },
  )
  if (!done.ok)
    await audit.recordAlone(deps, CertificateRevocationRefused, {
      actor,
      companyId: actor.companyId,
      subject: { kind: 'user', id: actor.id, label: actor.loginId },
      details: {},
      outcome: 'refused',
      reason: done.reason,
    })
  return done
}
