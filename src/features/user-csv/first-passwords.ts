import type { Deps } from '../../deps.ts'
import type { UserActor } from '../../kernel/actor.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import { inTx, type Tx } from '../../platform/db/in-tx.ts'
import type { SecurityPolicy } from '../../policy/policy.ts'
import { makeTemporaryPassword, storePassword } from '../passwords/index.ts'
import { reachOf, stillManages } from '../users/index.ts'
import { FirstPasswordIssued } from './events.ts'

/** Users of one sheet: each password costs a hash, and somebody waits. */
export const sheetSize = 30

export type Waiting = { id: string; loginId: string; name: string; email: string }

/**
 * The first users of the actor's company who can't log in for want of a password and whom the actor manages, in the
 * order of their login IDs, and how many there are in all.
 */
export const withoutPassword = async (
  { db }: { db: Tx },
  actor: UserActor,
  policy: Pick<SecurityPolicy, 'roles'>,
): Promise<{ users: Waiting[]; total: number }> => {
  const { manages } = await reachOf(db, actor, policy)
  const where = {
    companyId: actor.companyId,
    serviceState: 'available' as const,
    credentials: { none: { kind: 'login_password' as const } },
    ...(!manages({ id: '', role: 'administrator' }) && { role: 'user' as const }),
    NOT: { role: 'contractor' as const },
  }
  return {
    users: await db.user.findMany({
      where,
      orderBy: { loginIdKey: 'asc' },
      take: sheetSize,
      select: { id: true, loginId: true, name: true, email: true },
    }),
    total: await db.user.count({ where }),
  }
}

export type MadeFor = Waiting & { password: string; hash: string; until: Date }

/** A password for each of these users, hashed; nothing is stored yet. */
export const makePasswords = async (
  deps: Pick<Deps, 'clock' | 'hasher'>,
  { policy, company }: { policy: SecurityPolicy; company: { name: string } },
  users: readonly Waiting[],
): Promise<MadeFor[]> => {
  const made: MadeFor[] = []
  for (const user of users) {
    const { password, until } = makeTemporaryPassword(
      policy.loginPassword,
      { ...user, ownWords: [user.email, company.name] },
      deps.clock.now(),
    )
    made.push({ ...user, password, until, hash: await deps.hasher.hash(password) })
  }
  return made
}

export type IssueRefusal = 'access.forbidden' | 'userCsv.passwordsGiven'

/**
 * Gives these users their first login password, which ends after seven days and must be changed at the first login (D-03,
 * H-05): all of them or none, and nobody who has been given one meanwhile.
 */
export const issueFirstPasswords = (
  deps: Deps,
  actor: UserActor,
  made: readonly MadeFor[],
): Promise<Result<{ users: number }, IssueRefusal>> =>
  inTx(deps, async (tx): Promise<Result<{ users: number }, IssueRefusal>> => {
    if (!(await stillManages(tx, actor))) return refuse('access.forbidden')
    const ids = made.map(({ id }) => id)
    // Their rows and not the company's: a password makes nobody an approver, and logins of the company wait for nothing here.
    await tx.$queryRaw`
      SELECT id FROM "user" WHERE company_id = ${actor.companyId}::uuid AND id = ANY(${ids}::uuid[])
       ORDER BY id FOR UPDATE`
    // A statement of its own, once the rows are held: the one that waited for them still sees what was before.
    const waiting = await tx.user.count({
      where: {
        companyId: actor.companyId,
        id: { in: ids },
        serviceState: 'available',
        credentials: { none: { kind: 'login_password' } },
      },
    })
    if (made.length === 0 || waiting < made.length) return refuse('userCsv.passwordsGiven')
    for (const { id, hash, until } of made)
      await storePassword(deps, tx, { companyId: actor.companyId, userId: id }, 'login_password', hash, {
        forceChange: true,
        remembered: 0,
        temporaryUntil: until,
      })
    for (const { id, loginId, until } of made)
      await audit.record(deps, tx, FirstPasswordIssued, {
        actor,
        companyId: actor.companyId,
        subject: { kind: 'user', id, label: loginId },
        details: { temporaryUntil: until.toISOString() },
      })
    return ok({ users: made.length })
  })

/** The sheet as one secret, to be shown once: a line a user; neither IDs nor names hold a tab. */
export const sheetOf = (made: readonly MadeFor[]): string =>
  made.map(({ loginId, name, password }) => [loginId, name, password].join('\t')).join('\n')
