import type { Deps } from '../../deps.ts'
import type { CertificateState, UserRole } from '../../generated/prisma/enums.ts'
import type { UserActor } from '../../kernel/actor.ts'
import { isId } from '../../kernel/ids.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import { inTx, type Tx } from '../../platform/db/in-tx.ts'
import type { SecurityPolicy } from '../../policy/policy.ts'
import { CertificateRevocationRefused, endAllOf } from '../certificates/index.ts'
import { removeAllPasskeys } from '../passkeys/index.ts'
import { stillManages } from './commands.ts'
import { type ManagedUsers, reachOf } from './managing.ts'
import { namedLike } from './picking.ts'
import { contractOf, pageSize } from './queries.ts'

/** A certificate as the pages of 証明書失効 show it (C-07). */
export type RevocableCertificate = {
  id: string
  state: CertificateState
  serial: string
  notAfter: Date
  lastUsedAt: Date | null
  endedAt: Date | null
  user: { id: string; loginId: string; name: string; role: UserRole }
}

export type RevocationRefusal =
  | 'access.forbidden'
  | 'user.notManaged'
  | 'certificate.notFound'
  | 'certificate.state'
  | 'certificate.own'
  | 'certificate.revokedByBank'

/** Whether the company's own administrators revoke its users' certificates (chapter A, «who revokes»). */
export const administratorsRevoke = ({ certificate }: Pick<SecurityPolicy, 'certificate'>): boolean =>
  certificate.revokedBy.includes('administrator')

const shown = {
  id: true,
  state: true,
  serial: true,
  notAfter: true,
  lastUsedAt: true,
  endedAt: true,
  user: { select: { id: true, loginId: true, name: true, role: true } },
} as const

type Row = Omit<RevocableCertificate, 'serial' | 'notAfter' | 'user'> & {
  serial: string | null
  notAfter: Date | null
  user: RevocableCertificate['user'] | null
}

const asShown = ({ serial, notAfter, user, ...row }: Row): RevocableCertificate => {
  if (!serial || !notAfter || !user) throw new Error(`certificate ${row.id} of a user is signed incompletely`)
  return { ...row, serial, notAfter, user }
}

/** 「発行済み」: what can be revoked. */
const issued: CertificateState[] = ['signed', 'delivered', 'active']

/**
 * The certificates of the actor's company that could be revoked, by login ID: those of users whose login ID or name
 * contains the text, twenty a page (C-07). `managed`: whose the actor manages (D-14).
 */
export const listRevocable = async (
  deps: Deps,
  actor: UserActor,
  { text, page, managed }: { text: string; page: number; managed: ManagedUsers },
): Promise<{ certificates: RevocableCertificate[]; total: number; page: number }> => {
  const where = {
    companyId: actor.companyId,
    state: { in: issued },
    notAfter: { gte: deps.clock.now() },
    user: { AND: [managed, namedLike(text)] },
  }
  const total = await deps.db.certificate.count({ where })
  const current = Math.min(page, Math.max(1, Math.ceil(total / pageSize)))
  const rows = await deps.db.certificate.findMany({
    where,
    orderBy: [{ user: { loginIdKey: 'asc' } }, { notAfter: 'desc' }, { id: 'asc' }],
    skip: (current - 1) * pageSize,
    take: pageSize,
    select: shown,
  })
  return { certificates: rows.map(asShown), total, page: current }
}

/** A certificate of the actor's company, whatever its state; another company's is not found. */
export const findCompanyCertificate = async (
  deps: { db: Pick<Tx, 'certificate'> },
  actor: UserActor,
  id: string,
): Promise<Result<RevocableCertificate, 'certificate.notFound'>> => {
  const row = isId(id)
    ? await deps.db.certificate.findFirst({
        where: { id, companyId: actor.companyId, serial: { not: null } },
        select: shown,
      })
    : null
  return row ? ok(asShown(row)) : refuse('certificate.notFound')
}

/** Whether an administrator may begin to revoke this certificate; `revokeForCompany` asks again, on held rows. */
export const mayBegin = async (
  db: Tx,
  actor: UserActor,
  id: string,
): Promise<Result<RevocableCertificate, RevocationRefusal>> => {
  const { policy } = await contractOf(db, actor)
  if (!administratorsRevoke(policy)) return refuse('certificate.revokedByBank')
  const found = await findCompanyCertificate({ db }, actor, id)
  if (!found.ok) return found
  // Without their certificate a contractor is locked out: they are the bank's to manage, administrators theirs (D-14).
  if (!(await reachOf(db, actor, policy)).manages(found.value.user)) return refuse('user.notManaged')
  // Whoever revoked their own here would lose the page that says so; 「私の証明書」 is made for it (C-19).
  if (found.value.user.id === actor.id) return refuse('certificate.own')
  return issued.includes(found.value.state) ? found : refuse('certificate.state')
}

/**
 * Revokes the certificate of a user of the actor's company, with every other one the user has or has asked for: a
 * renewal of it would work on (C-05). They stop working at once, their open sessions end, and the user may enrol again
 * (C-07). Refuses where the policy leaves that to the bank, for the actor's own, and for what has
 * ended meanwhile.
 */
export const revokeForCompany = (
  deps: Deps,
  actor: UserActor,
  id: string,
): Promise<Result<{ certificateId: string }, RevocationRefusal>> =>
  inTx(deps, async (tx): Promise<Result<{ certificateId: string }, RevocationRefusal>> => {
    if (!(await stillManages(tx, actor))) return refuse('access.forbidden')
    const begun = await mayBegin(tx, actor, id)
    if (!begun.ok) return begun
    const holder = { companyId: actor.companyId, userId: begun.value.user.id }
    const revoked = await endAllOf(deps, tx, actor, holder, 'other')
    // Nobody asks an administrator why: the computer may be lost, and they have no other way to end its passkeys (C-19).
    await removeAllPasskeys(deps, tx, actor, holder)
    // Of two administrators at once one finds it gone.
    return revoked.some(each => each.certificateId === id)
      ? ok({ certificateId: id })
      : refuse('certificate.state')
  })

/** Records a revocation that was refused at 「実行」; its own transaction has been rolled back (F-02). */
export const recordRevocationRefused = async (
  deps: Deps,
  actor: UserActor,
  id: string,
  reason: string,
): Promise<void> => {
  const found = await findCompanyCertificate(deps, actor, id)
  await audit.recordAlone(deps, CertificateRevocationRefused, {
    actor,
    companyId: actor.companyId,
    ...(found.ok && {
      subject: { kind: 'user', id: found.value.user.id, label: found.value.user.loginId },
    }),
    details: {},
    outcome: 'refused',
    reason,
  })
}
