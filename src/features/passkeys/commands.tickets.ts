import type { Deps } from '../../deps.ts'
import type { UserActor } from '../../kernel/actor.ts'
import { plusSeconds } from '../../kernel/clock.ts'
import { standingContracts } from '../../platform/db/contract-over.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import { randomToken } from '../../platform/random.ts'
import { endOf, holdSession } from '../sessions/index.ts'
import { hashOf } from './commands.challenges.ts'
import { ticketSeconds } from './passkey.ts'

/**
 * A ticket with which a session, on whichever host it lives, registers a passkey on the portal's own origin: passkeys
 * belong to one host, certificate sessions live on many (decision 0014). Works once, for ten minutes.
 */
export const makeTicket = async (deps: Deps, actor: UserActor, sessionId: string): Promise<string> => {
  const now = deps.clock.now()
  const ticket = randomToken()
  await deps.db.passkeyTicket.create({
    data: {
      tokenHash: hashOf(ticket),
      companyId: actor.companyId,
      userId: actor.id,
      sessionId,
      expiresAt: plusSeconds(now, ticketSeconds),
    },
  })
  return ticket
}

export type TicketHolder = { actor: UserActor; host: string }

/** Who comes with a ticket, while it and the session it was made in are alive; undefined otherwise. */
export const findTicket = async (
  deps: Deps,
  ticket: string,
  origin: UserActor['origin'],
): Promise<TicketHolder | undefined> => {
  const now = deps.clock.now()
  const row = await deps.db.passkeyTicket.findFirst({
    where: {
      tokenHash: hashOf(ticket),
      usedAt: null,
      expiresAt: { gt: now },
      user: { serviceState: 'available', company: standingContracts(now) },
    },
    select: {
      sessionId: true,
      user: { select: { id: true, companyId: true, loginId: true, name: true, role: true } },
    },
  })
  const session =
    row &&
    (await deps.db.session.findFirst({
      where: { id: row.sessionId, userId: row.user.id, stage: 'open' },
      select: {
        host: true,
        lastSeenAt: true,
        idleSeconds: true,
        absoluteEnd: true,
        endedAt: true,
        endReason: true,
        certificate: { select: { state: true, notAfter: true } },
      },
    }))
  if (!row || !session) return undefined
  if (endOf(session, { certificate: session.certificate, holderActive: true }, now)) return undefined
  return { actor: { kind: 'user', ...row.user, permissions: new Set(), origin }, host: session.host }
}

/**
 * Uses a ticket up, within the transaction of what it is good for, while the owner's row is held; false for whoever comes
 * second, and where the session that it was made in has ended meanwhile (B-22).
 */
export const spendTicket = async (
  deps: Pick<Deps, 'clock'>,
  tx: Tx,
  holder: { companyId: string; userId: string },
  ticket: string,
): Promise<boolean> => {
  const now = deps.clock.now()
  const [spent] = await tx.passkeyTicket.updateManyAndReturn({
    where: { ...holder, tokenHash: hashOf(ticket), usedAt: null, expiresAt: { gt: now } },
    data: { usedAt: now },
    select: { sessionId: true },
  })
  return spent !== undefined && (await holdSession(tx, { id: spent.sessionId, stage: 'open' })).ok
}
