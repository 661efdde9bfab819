import type { Deps } from '../../deps.ts'
import type { CertificatePurpose, CertificateState } from '../../generated/prisma/enums.ts'
import type { Actor } from '../../kernel/actor.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import { overInSql } from '../../platform/db/contract-over.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import { read } from '../../platform/db/read.ts'
import type { LiveSession } from '../../platform/http/live-session.ts'
import { type Peer, signedOf } from '../../platform/tls/peer.ts'
import { policyOf } from '../../policy/policy.ts'
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
  company: NonNullable<LiveSession['company']>
}

/** Whom a page names before the password: behind a certificate that several share, the company is all there is to say. */
export const namedTo = ({
  company,
  user,
}: PresentedUser): { company: string; loginId?: string; name?: string } =>
  policyOf(company).login.ways.find(({ certificate }) => certificate !== 'none')?.certificate === 'names-user'
    ? { company: company.name, loginId: user.loginId, name: user.name }
    : { company: company.name }

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
  | 'certificate.contractEnded'

/** What follows `user_id` is there with it, what follows `staff_id` with that. */
type Row = {
  id: string
  state: CertificateState
  purpose: CertificatePurpose
  signed_at: Date | null
  not_after: Date | null
  by_delivery: boolean
  user_id: string | null
  login_id: string
  name: string
  role: PresentedUser['user']['role']
  service_state: string
  email: string
  locale: string
  company_id: string
  company_name: string
  contract_number: string
  entrance: string
  preset: string | null
  overrides: unknown
  contract_over: boolean
  staff_id: string | null
  staff_login_id: string
  staff_name: string
  staff_role: PresentedStaff['staff']['role']
  staff_state: string
}

/**
 * Whom the certificate of a connection names, by its row: issuer and serial decide, never a name in it (C-13).
 * Refuses with which kind of wrong certificate it is, so that the page can say what to do next (B-02).
 */
export const findPresented = async (
  deps: Deps,
  peer: Peer,
): Promise<Result<PresentedUser | PresentedStaff, PresentedRefusal>> => {
  if (!peer.presented) return refuse('certificate.none')
  if (!('fingerprint' in peer)) return refuse(`certificate.${peer.why}`)
  // One statement: both halves of a login ask, and Prisma would send one for each table.
  const [row] = await read<Row>(deps.db)`
    SELECT k.id, k.state::text AS state, k.purpose::text AS purpose, k.signed_at, k.not_after,
           EXISTS (SELECT FROM certificate_delivery d WHERE d.certificate_id = k.id) AS by_delivery,
           u.id AS user_id, u.login_id, u.name, u.role::text AS role, u.service_state::text AS service_state,
           u.email, u.locale, c.id AS company_id, c.name AS company_name, c.contract_number, e.slug AS entrance,
           p.preset, p.overrides,
           ${overInSql(deps.clock.now())} AS contract_over,
           f.id AS staff_id, f.login_id AS staff_login_id, f.name AS staff_name, f.role::text AS staff_role,
           f.state::text AS staff_state
      FROM certificate k
      LEFT JOIN "user" u ON u.id = k.user_id
      LEFT JOIN company c ON c.id = u.company_id
      LEFT JOIN entrance e ON e.id = c.entrance_id
      LEFT JOIN company_policy p ON p.company_id = c.id AND p.version = c.policy_version
      LEFT JOIN staff f ON f.id = k.staff_id
     WHERE k.fingerprint = ${peer.fingerprint}`
  // Signed by our CA but without a row: nothing we know of, so nothing it could open.
  if (!row?.not_after) return refuse('certificate.foreign')
  const standing = standingOf(
    {
      state: row.state,
      purpose: row.purpose,
      signedAt: row.signed_at,
      notAfter: row.not_after,
      delivery: row.by_delivery ? {} : null,
    },
    deps.clock.now(),
  )
  // Whatever became of it besides: its holder needs no other one, for there is nothing to come into (H-06).
  if (row.contract_over) return refuse('certificate.contractEnded')
  if (standing !== 'usable') return refuse(`certificate.${standing}`)
  // A front may refuse what the row still calls usable, and nothing else: how one ended, the row knows better.
  if (!peer.genuine) return refuse(`certificate.${peer.why}`)
  const base = { certificateId: row.id, fingerprint: peer.fingerprint, notAfter: row.not_after }
  if (row.staff_id !== null)
    return ok({
      kind: 'staff',
      ...base,
      staff: {
        id: row.staff_id,
        loginId: row.staff_login_id,
        name: row.staff_name,
        role: row.staff_role,
        state: row.staff_state,
      },
    })
  if (row.user_id === null || row.preset === null)
    throw new Error(`certificate ${row.id} has no holder with a policy`)
  return ok({
    kind: 'user',
    ...base,
    user: {
      id: row.user_id,
      companyId: row.company_id,
      loginId: row.login_id,
      name: row.name,
      role: row.role,
      serviceState: row.service_state,
      email: row.email,
      locale: row.locale,
    },
    company: {
      id: row.company_id,
      name: row.company_name,
      contractNumber: row.contract_number,
      entrance: row.entrance,
      preset: row.preset,
      overrides: row.overrides,
    },
  })
}

/** The user whose certificate, signed by us, a connection presented, whatever became of it; undefined where it names none. */
export const ownerPresented = async (
  deps: Pick<Deps, 'db'>,
  peer: Peer,
): Promise<{ id: string; companyId: string; loginId: string } | undefined> => {
  const signed = signedOf(peer)
  if (!signed) return undefined
  const found = await deps.db.certificate.findFirst({
    where: { fingerprint: signed.fingerprint },
    select: { user: { select: { id: true, companyId: true, loginId: true } } },
  })
  return found?.user ?? undefined
}

/**
 * Notes a login with a certificate. The first one makes a delivered certificate an active one and erases its file:
 * from then on it can't be downloaded again (C-11), and by policy the one it renews ends (C-05). True when it was the
 * first.
 */
export const markUsed = async (deps: Deps, tx: Tx, actor: Actor, certificateId: string): Promise<boolean> => {
  const now = deps.clock.now()
  // The many logins after the first are asked about first: they then cost one statement.
  const again = await tx.certificate.updateMany({
    where: { id: certificateId, state: 'active' },
    data: { lastUsedAt: now },
  })
  if (again.count > 0) return false
  const first = await tx.certificate.updateMany({
    where: { id: certificateId, state: 'delivered' },
    data: { state: 'active', firstUsedAt: now, lastUsedAt: now },
  })
  if (first.count === 0) return false
  await eraseFile(deps, tx, certificateId)
  await endOverlap(deps, tx, actor, certificateId)
  return true
}
