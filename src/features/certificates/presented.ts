import type { Deps } from '../../deps.ts'
import type { Actor } from '../../kernel/actor.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import type { Peer } from '../../platform/tls/peer.ts'
import { standingOf } from './certificate.ts'
import { eraseFile } from './revocation.ts'
import { endOverlap } from './supersession.ts'

export type PresentedUser = {
  kind: 'user'
  certificateId: string
  fingerprint: string
  notAfter: Date
  user: {
    id: string
    companyId: string
    loginId: string
    name: string
    role: 'user' | 'administrator' | 'contractor'
    serviceState: string
    email: string
    locale: string
  }
  company: { id: string; name: string; contractNumber: string; preset: string; overrides: unknown }
}

export type PresentedStaff = {
  kind: 'staff'
  certificateId: string
  fingerprint: string
  notAfter: Date
  staff: {
    id: string
    loginId: string
    name: string
    role: 'operator' | 'approver' | 'editor' | 'auditor'
    state: string
  }
}

export type PresentedRefusal =
  | 'certificate.none'
  | 'certificate.foreign'
  | 'certificate.expired'
  | 'certificate.revoked'
  | 'certificate.superseded'
  | 'certificate.void'

/**
 * Whom the certificate of a connection names, by its row: issuer and serial decide, never a name in it (C-13).
 * Refuses with which kind of wrong certificate it is, so that the page can say what to do next (B-02).
 */
export const findPresented = async (
  deps: Deps,
  peer: Peer,
): Promise<Result<PresentedUser | PresentedStaff, PresentedRefusal>> => {
  if (!peer.presented) return refuse('certificate.none')
  if (!peer.genuine) return refuse(`certificate.${peer.why}`)
  const row = await deps.db.certificate.findUnique({
    where: { fingerprint: peer.fingerprint },
    select: {
      id: true,
      state: true,
      notAfter: true,
      user: {
        select: {
          id: true,
          companyId: true,
          loginId: true,
          name: true,
          role: true,
          serviceState: true,
          email: true,
          locale: true,
          company: {
            select: {
              id: true,
              name: true,
              contractNumber: true,
              policyVersion: true,
              policies: { orderBy: { version: 'desc' }, take: 1, select: { preset: true, overrides: true } },
            },
          },
        },
      },
      staff: { select: { id: true, loginId: true, name: true, role: true, state: true } },
    },
  })
  // Signed by our CA but without a row: nothing we know of, so nothing it could open.
  if (!row?.notAfter) return refuse('certificate.foreign')
  const standing = standingOf(row.state, row.notAfter, deps.clock.now())
  if (standing !== 'usable') return refuse(`certificate.${standing}`)
  const base = { certificateId: row.id, fingerprint: peer.fingerprint, notAfter: row.notAfter }
  if (row.staff) return ok({ kind: 'staff', ...base, staff: row.staff })
  const policy = row.user?.company.policies[0]
  if (!row.user || !policy) throw new Error(`certificate ${row.id} has no holder with a policy`)
  const { company, ...user } = row.user
  return ok({
    kind: 'user',
    ...base,
    user,
    company: {
      id: company.id,
      name: company.name,
      contractNumber: company.contractNumber,
      preset: policy.preset,
      overrides: policy.overrides,
    },
  })
}

/**
 * Notes a login with a certificate. The first one makes a delivered certificate an active one and erases its file:
 * from then on it can't be downloaded again (C-11), and by policy the one it renews ends (C-05). True when it was the
 * first.
 */
export const markUsed = async (deps: Deps, tx: Tx, actor: Actor, certificateId: string): Promise<boolean> => {
  const now = deps.clock.now()
  const first = await tx.certificate.updateMany({
    where: { id: certificateId, state: 'delivered' },
    data: { state: 'active', firstUsedAt: now, lastUsedAt: now },
  })
  if (first.count === 0) {
    await tx.certificate.updateMany({
      where: { id: certificateId, state: 'active' },
      data: { lastUsedAt: now },
    })
    return false
  }
  await eraseFile(deps, tx, certificateId)
  await endOverlap(deps, tx, actor, certificateId)
  return true
}
