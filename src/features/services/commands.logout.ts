import type { Deps } from '../../deps.ts'
import { Prisma } from '../../generated/prisma/client.ts'
import { day, plusSeconds } from '../../kernel/clock.ts'
import { contractIsOver, overContracts } from '../../platform/db/contract-over.ts'
import { inTx } from '../../platform/db/in-tx.ts'
import { endOf, endSession } from '../sessions/index.ts'
import { serviceProvider } from './provider.ts'

/** By which the database gives word of sessions that have ended (the trigger `service_entry_end`). */
export const logoutChannel = 'service_logout'

/** How long a service that does not answer is told again; its own timeout ends what is left then. */
const toldForSeconds = day
/** Seconds between two tries: they double from the first on. */
const firstPause = 5
const longestPause = 600

type Due = {
  id: string
  user_id: string
  client_id: string
  tries: number
  entered_at: Date | null
  ended_at: Date
}

/**
 * Ends the sessions with an entry into a service that have run out without anybody at them: by their longest life, by their
 * certificate, by their holder, by the last day of a contract. What only rests does not end here: each service keeps a timeout
 * of its own (G-04). A contract's end, or a morning, can bring very many: it goes on until a round ends none, or `signal` says
 * that the program stops. Gives how many it ended.
 */
export const endSpentSessions = async (deps: Deps, signal?: AbortSignal): Promise<number> => {
  let ended = 0
  for (let last = 1; last > 0 && !signal?.aborted; ended += last) last = await endSome(deps)
  return ended
}

const endSome = async (deps: Deps): Promise<number> => {
  const now = deps.clock.now()
  const spent = await deps.db.session.findMany({
    where: {
      endedAt: null,
      serviceEntries: { some: { endedAt: null } },
      OR: [
        { absoluteEnd: { lte: now } },
        { certificate: { OR: [{ state: { notIn: ['active', 'delivered'] } }, { notAfter: { lt: now } }] } },
        { user: { serviceState: { not: 'available' } } },
        { company: overContracts(now) },
      ],
    },
    take: 500,
    include: {
      certificate: { select: { state: true, notAfter: true } },
      user: { select: { serviceState: true } },
      company: { select: { lastDay: true, contractEndedAt: true } },
    },
  })
  let ended = 0
  for (const { id, certificate, user, company, ...life } of spent) {
    const holderActive = user?.serviceState === 'available'
    const contractOver = company !== null && contractIsOver(company, now)
    const why = endOf(life, { certificate, holderActive, contractOver }, now)
    if (why && (await inTx(deps, tx => endSession(deps, tx, id, why)))) ended++
  }
  return ended
}

/** Where a client's service listens, as far as its address goes: clients of many companies may be one service. */
const place = Prisma.sql`coalesce(substring(c.backchannel_logout_uri FROM '^[a-z]+://[^/]+'), '')`

const placesDue = async ({ db, clock }: Pick<Deps, 'db' | 'clock'>): Promise<string[]> => {
  const rows = await db.$queryRaw<{ place: string }[]>`
    SELECT DISTINCT ${place} AS place FROM service_entry e JOIN service_client c ON c.client_id = e.client_id
     WHERE e.next_try_at <= ${clock.now()}::timestamptz`
  return rows.map(row => row.place)
}

/** Takes the next that is due at a place, and puts it off: whoever else looks meanwhile, and a crash, find it later. */
const takeDue = async (deps: Deps, at: string): Promise<Due | undefined> => {
  const now = deps.clock.now()
  const [due] = await deps.db.$queryRaw<Due[]>`
    UPDATE service_entry
       SET tries = tries + 1,
           next_try_at = ${now}::timestamptz
             + make_interval(secs => least(${longestPause}::float8, ${firstPause}::float8 * 2 ^ tries))
     WHERE id = (SELECT e.id FROM service_entry e JOIN service_client c ON c.client_id = e.client_id
                  WHERE e.next_try_at <= ${now}::timestamptz AND ${place} = ${at}
                  ORDER BY e.next_try_at LIMIT 1 FOR UPDATE OF e SKIP LOCKED)
    RETURNING id, user_id, client_id, tries, entered_at, ended_at`
  return due
}

/**
 * Tells every service that was entered from a session which has ended since (back-channel logout, G-05); gives how many
 * were told. Services are told side by side, so that one which hangs holds up no other; one that can't be reached rests
 * until the next time, and is told again for a day at most.
 */
export const tellServices = async (deps: Deps): Promise<number> => {
  const told = await Promise.all((await placesDue(deps)).map(each => tellPlace(deps, each)))
  return told.reduce((sum, each) => sum + each, 0)
}

const tellPlace = async (deps: Deps, at: string): Promise<number> => {
  let told = 0
  for (let due = await takeDue(deps, at); due; due = await takeDue(deps, at)) {
    const { id, client_id: client, tries, ended_at: endedAt } = due
    const now = deps.clock.now()
    const failed = await tell(deps, due).then(
      () => null,
      (error: unknown) => ({ error }),
    )
    if (failed) deps.log.warn({ err: failed.error, client, tries }, 'A service was not told of a logout')
    const givenUp = plusSeconds(endedAt, toldForSeconds) <= now
    if (!failed || givenUp)
      await deps.db.serviceEntry.update({
        where: { id },
        data: { nextTryAt: null, ...(!failed && { toldAt: now }) },
      })
    if (!failed) told++
    else if (!hasAnswered(failed.error)) break
  }
  return told
}

/** Whether a service refused our word, other than by silence: the provider hangs its answer on the error. */
const hasAnswered = (error: unknown): boolean => error instanceof Error && 'response' in error

const tell = async (deps: Deps, due: Due): Promise<void> => {
  // The ticket was never redeemed: the service has heard nothing of them.
  if (!due.entered_at) return
  const client = await (await serviceProvider(deps)).Client.find(due.client_id)
  if (!client?.backchannelLogoutUri) return
  // The type package leaves this one of its methods out.
  const { backchannelLogout: send } = client
  if (typeof send !== 'function') throw new Error('the provider can tell no service of a logout')
  await Reflect.apply(send, client, [due.user_id, due.id])
}
