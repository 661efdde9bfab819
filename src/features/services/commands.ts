import { createHash } from 'node:crypto'
import type { Deps } from '../../deps.ts'
import type { UserActor } from '../../kernel/actor.ts'
import { minute, plusSeconds } from '../../kernel/clock.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import { inTx } from '../../platform/db/in-tx.ts'
import type { LiveSession } from '../../platform/http/live-session.ts'
import { randomToken } from '../../platform/random.ts'
import { policyOf } from '../../policy/policy.ts'
import { factorsAtLogin } from '../../policy/second-factor.ts'
import { type AdvanceRefusal, endSession, holdSession } from '../sessions/index.ts'
import { ServiceEntered, ServiceLoggedOut } from './events.ts'
import { type EntryRefusal, mayEnterNow } from './queries.entry.ts'
import { acrOf, amrOf } from './service.ts'

/** A ticket is redeemed by the next request of the same browser. */
const ticketSeconds = minute

const hashOf = (ticket: string) => new Uint8Array(createHash('sha256').update(ticket).digest())

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/**
 * Lets a user into a service by session, permission, contract and maintenance, all as they are now, and gives the single-use ticket that
 * carries this to the portal's host, where the request waits (G-05). Of another company's client nothing is said but
 * that it is none of theirs.
 * @param request the client that asks, and the identifier of its request
 */
export const enterService = (
  deps: Deps,
  actor: UserActor,
  session: Pick<LiveSession, 'id' | 'company'>,
  { clientId, interaction }: { clientId: string; interaction: string },
): Promise<Result<{ ticket: string }, EntryRefusal | AdvanceRefusal>> =>
  inTx(deps, async tx => {
    const client = uuid.test(clientId)
      ? await tx.serviceClient.findUnique({
          where: { companyId_clientId: { companyId: actor.companyId, clientId } },
          include: { service: true },
        })
      : null
    if (!client) return refuse('service.notContracted')
    const now = deps.clock.now()
    const may = await mayEnterNow(tx, actor, session, client, now)
    if (!may.ok) return may
    // A session that is just being ended, is ended: its trigger must find this entry.
    const held = await holdSession(tx, { id: session.id, stage: 'open' })
    if (!held.ok) return held
    const ticket = randomToken()
    const { companyId, id: userId } = actor
    await tx.serviceEntry.create({
      data: {
        id: deps.ids.next(),
        companyId,
        userId,
        clientId,
        sessionId: session.id,
        interaction,
        ticketHash: hashOf(ticket),
        ticketUntil: plusSeconds(now, ticketSeconds),
        createdAt: now,
      },
    })
    await audit.record(deps, tx, ServiceEntered, {
      ...audit.byThemselves(actor),
      details: { serviceName: client.service.nameJa },
    })
    return ok({ ticket })
  })

/** Who a ticket lets in, and how they came to the portal. */
export type Entered = {
  entryId: string
  userId: string
  clientId: string
  acr: string
  amr: string[]
  /** When they last proved who they are. */
  authenticatedAt: Date
}

/** Redeems a ticket, once and within a minute, for the request it was made for; undefined for any other. */
export const redeemTicket = async (
  deps: Pick<Deps, 'db' | 'clock'>,
  { ticket, interaction }: { ticket: string; interaction: string },
): Promise<Entered | undefined> => {
  const now = deps.clock.now()
  const [entry] = await deps.db.serviceEntry.updateManyAndReturn({
    where: { ticketHash: hashOf(ticket), interaction, ticketUntil: { gt: now }, endedAt: null },
    data: { ticketHash: null, enteredAt: now },
    select: { id: true, userId: true, clientId: true, companyId: true, sessionId: true },
  })
  if (!entry) return undefined
  const session = await deps.db.session.findUniqueOrThrow({
    where: { id: entry.sessionId },
    select: { certificateId: true, stepUpAt: true, startedAt: true },
  })
  const [policy] = await deps.db.$queryRaw<{ preset: string; overrides: unknown }[]>`
    SELECT p.preset, p.overrides FROM company c
      JOIN company_policy p ON p.company_id = c.id AND p.version = c.policy_version
     WHERE c.id = ${entry.companyId}::uuid`
  const certificate = session.certificateId !== null
  const secondFactor = policy ? factorsAtLogin(policyOf(policy).login, certificate).length > 0 : false
  return {
    entryId: entry.id,
    userId: entry.userId,
    clientId: entry.clientId,
    acr: acrOf(certificate),
    amr: amrOf(certificate, secondFactor),
    authenticatedAt: session.stepUpAt ?? session.startedAt,
  }
}

/**
 * A logout that began at a service: ends the portal's sessions that the entries belong to, and with them, by the trigger,
 * every other service (G-05). Gives how many sessions it ended.
 * @param service the client that asked, if it said so
 */
export const logOutFromService = (
  deps: Deps,
  origin: UserActor['origin'],
  { entryIds, clientId }: { entryIds: string[]; clientId: string | undefined },
): Promise<number> =>
  inTx(deps, async tx => {
    const entries = await tx.serviceEntry.findMany({
      where: { id: { in: entryIds.filter(id => uuid.test(id)) }, endedAt: null },
      include: { user: true, client: { include: { service: true } } },
      orderBy: { sessionId: 'asc' },
    })
    let ended = 0
    for (const { sessionId, user, client } of entries) {
      if (!(await endSession(deps, tx, sessionId, 'logout'))) continue
      ended++
      const { id, companyId, loginId, name, role } = user
      const actor: UserActor = {
        kind: 'user',
        id,
        companyId,
        loginId,
        name,
        role,
        permissions: new Set(),
        origin,
      }
      const asked = entries.find(each => each.clientId === clientId && each.sessionId === sessionId)
      await audit.record(deps, tx, ServiceLoggedOut, {
        ...audit.byThemselves(actor),
        details: { serviceName: (asked?.client ?? client).service.nameJa },
      })
    }
    return ended
  })
