import type { Deps } from '../../deps.ts'
import { Prisma } from '../../generated/prisma/client.ts'
import type { UserActor } from '../../kernel/actor.ts'
import { isId } from '../../kernel/ids.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import type { KeptChange } from './change-requests.ts'

/** `expired`: nobody decided in time. `stale`: the user has changed since. `lapsed`: either, when the next one was made. */
export type RequestStanding =
  | 'waiting'
  | 'approved'
  | 'declined'
  | 'withdrawn'
  | 'lapsed'
  | 'expired'
  | 'stale'

/** An administrator's request to change their own rights (D-11). */
export type ChangeRequest = {
  id: string
  /** Whose rights, and who asks. */
  userId: string
  loginId: string
  name: string
  change: KeptChange
  standing: RequestStanding
  requestedAt: Date
  expiresAt: Date
  decidedAt: Date | null
  decidedBy: string | null
}

/** What a request is worth now: what waits for nobody any more is not waiting. */
export const standingOfRequest = (
  { state, expiresAt, userVersion }: { state: string; expiresAt: Date; userVersion: number },
  user: { version: number; serviceState: string },
  now: Date,
): RequestStanding => {
  if (state !== 'pending') return state as Exclude<RequestStanding, 'waiting' | 'expired' | 'stale'>
  if (now >= expiresAt) return 'expired'
  return user.version === userVersion && user.serviceState === 'available' ? 'waiting' : 'stale'
}

const shown = {
  id: true,
  userId: true,
  userVersion: true,
  change: true,
  state: true,
  requestedAt: true,
  expiresAt: true,
  decidedAt: true,
  user: { select: { loginId: true, name: true, version: true, serviceState: true } },
  decidedBy: { select: { name: true } },
} as const

type Row = {
  id: string
  userId: string
  userVersion: number
  change: unknown
  state: string
  requestedAt: Date
  expiresAt: Date
  decidedAt: Date | null
  user: { loginId: string; name: string; version: number; serviceState: string }
  decidedBy: { name: string } | null
}

const asShown = ({ user, userVersion, state, change, decidedBy, ...row }: Row, now: Date): ChangeRequest => ({
  ...row,
  loginId: user.loginId,
  name: user.name,
  change: change as KeptChange,
  standing: standingOfRequest({ state, userVersion, expiresAt: row.expiresAt }, user, now),
  decidedBy: decidedBy?.name ?? null,
})

/** A request of the actor's company; another company's is not found. */
export const findChangeRequest = async (
  deps: Pick<Deps, 'clock'>,
  db: Pick<Tx, 'userChangeRequest'>,
  actor: UserActor,
  id: string,
): Promise<ChangeRequest | undefined> => {
  const row = isId(id)
    ? await db.userChangeRequest.findFirst({ where: { id, companyId: actor.companyId }, select: shown })
    : null
  return row ? asShown(row, deps.clock.now()) : undefined
}

/** How many requests the list shows: those that wait are few, the others are read in the history. */
const listed = 50

/** The latest requests of the actor's company, those that wait first. */
export const listChangeRequests = async (
  deps: Pick<Deps, 'db' | 'clock'>,
  actor: UserActor,
): Promise<ChangeRequest[]> => {
  const rows = await deps.db.userChangeRequest.findMany({
    where: { companyId: actor.companyId },
    orderBy: [{ state: 'asc' }, { requestedAt: 'desc' }],
    take: listed,
    select: shown,
  })
  return rows.map(row => asShown(row, deps.clock.now()))
}

/** Whether a request of the actor's own waits for another administrator: there is one at a time (D-11). */
export const ownRequestWaits = async (
  deps: Pick<Deps, 'db' | 'clock'>,
  actor: UserActor,
): Promise<boolean> => {
  const rows = await deps.db.userChangeRequest.findMany({
    where: { companyId: actor.companyId, userId: actor.id, state: 'pending' },
    select: shown,
  })
  return rows.some(row => asShown(row, deps.clock.now()).standing === 'waiting')
}

/** What `toDecideSql` found: requests that nobody has decided, with what their users have become. */
export type FoundToDecide = {
  state: string
  expiresAt: string
  userVersion: number
  version: number
  serviceState: string
}[]

/**
 * The requests of the actor's company that wait for a decision which is not the actor's own to wait for (D-11), as one value of
 * JSON for a statement that asks for more.
 */
export const toDecideSql = (actor: UserActor): Prisma.Sql => Prisma.sql`(
  SELECT coalesce(json_agg(json_build_object(
           'state', r.state, 'expiresAt', r.expires_at, 'userVersion', r.user_version,
           'version', u.version, 'serviceState', u.service_state)), '[]')
    FROM user_change_request r JOIN "user" u ON u.company_id = r.company_id AND u.id = r.user_id
   WHERE r.company_id = ${actor.companyId}::uuid AND r.state = 'pending' AND r.user_id <> ${actor.id}::uuid)`

/** How many of what `toDecideSql` found still wait. */
export const countWaiting = (found: FoundToDecide, now: Date): number =>
  found.filter(
    ({ expiresAt, ...request }) =>
      standingOfRequest({ ...request, expiresAt: new Date(expiresAt) }, request, now) === 'waiting',
  ).length

/** How many requests of the actor's company wait for a decision that is not the actor's own to wait for (D-11). */
export const countToDecide = async (
  { db, clock }: Pick<Deps, 'db' | 'clock'>,
  actor: UserActor,
): Promise<number> => {
  const [row] = await db.$queryRaw<{ found: FoundToDecide }[]>`SELECT ${toDecideSql(actor)} AS found`
  return countWaiting(row?.found ?? [], clock.now())
}
