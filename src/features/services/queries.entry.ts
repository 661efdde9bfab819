import type { Deps } from '../../deps.ts'
import type { UserActor } from '../../kernel/actor.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import type { LiveSession } from '../../platform/http/live-session.ts'
import { closedUntil } from '../maintenance/index.ts'
import { readerOf } from '../postings/index.ts'
import { mayEnter, type Requirement } from './service.ts'

/** A service with the contract by which a company's people enter it. */
type Contracted = {
  companyId: string
  endedAt: Date | null
  service: Requirement & { code: string; nameJa: string; nameEn: string }
}

export type EntryRefusal =
  | 'service.notContracted'
  | 'service.suspended'
  | 'service.notPermitted'
  | 'service.closed'

/** Whether this user may enter a service now: contract and permission (G-04), and no maintenance (G-01). */
export const mayEnterNow = async (
  db: Pick<Tx, 'maintenanceWindow'>,
  actor: UserActor,
  session: Pick<LiveSession, 'company'>,
  { companyId, endedAt, service }: Contracted,
  now: Date,
): Promise<Result<void, EntryRefusal>> => {
  const may = mayEnter(service, { companyId, endedAt }, actor)
  if (!may.ok) return may
  if (!session.company) throw new Error('a user is logged in without a company')
  const until = await closedUntil(db, readerOf(actor, session.company), service.code, now)
  const { nameJa, nameEn } = service
  return until ? refuse('service.closed', { nameJa, nameEn, until: until.toISOString() }) : ok(undefined)
}

/** The client by which this user enters a service (G-04), or why they may not. */
export const findEntryClient = async (
  { db, clock }: Pick<Deps, 'db' | 'clock'>,
  actor: UserActor,
  session: Pick<LiveSession, 'company'>,
  code: string,
): Promise<Result<{ clientId: string }, EntryRefusal>> => {
  const client = await db.serviceClient.findUnique({
    where: { companyId_serviceCode: { companyId: actor.companyId, serviceCode: code } },
    include: { service: true },
  })
  if (!client) return refuse('service.notContracted')
  const may = await mayEnterNow(db, actor, session, client, clock.now())
  return may.ok ? ok({ clientId: client.clientId }) : may
}
