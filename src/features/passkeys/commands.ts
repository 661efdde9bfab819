import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  type RegistrationResponseJSON,
  verifyRegistrationResponse,
} from '@simplewebauthn/server'
import type { Deps } from '../../deps.ts'
import { holderOf, type UserActor } from '../../kernel/actor.ts'
import { isId } from '../../kernel/ids.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import { inTx, type Tx } from '../../platform/db/in-tx.ts'
import * as outbox from '../../platform/outbox/outbox.ts'
import { toUser } from '../../platform/outbox/to-user.ts'
import { type AdvanceRefusal, type HeldSession, holdSession } from '../sessions/index.ts'
import { makeChallenge, relyingParty, takeChallenge } from './commands.challenges.ts'
import { spendTicket } from './commands.tickets.ts'
import { verifyPasskey } from './commands.verification.ts'
import { PasskeyRefused, PasskeyRegistered, PasskeyRemoved } from './events.ts'
import { readAttestation } from './forms.ts'
import { PasskeyChangedMail } from './mails.ts'
import { atMost, readName } from './passkey.ts'

const tellOwner = async (
  deps: Deps,
  tx: Tx,
  actor: UserActor,
  what: { happening: 'registered' | 'removed'; device: string },
) => {
  const { ip } = actor.origin
  await outbox.put(deps, tx, PasskeyChangedMail, {
    ...(await toUser(tx, holderOf(actor))),
    params: { at: deps.clock.now(), ...what, ...(ip && { from: ip }) },
  })
}

const refusedBy = async <R extends string>(deps: Deps, actor: UserActor, reason: R) => {
  await audit.recordAlone(deps, PasskeyRefused, {
    ...audit.byThemselves(actor),
    details: {},
    outcome: 'refused',
    reason,
  })
  return refuse(reason)
}

/** What the browser needs to make a passkey; those of the user already are left out of the choice. */
export const registrationOptions = async (deps: Deps, actor: UserActor) => {
  const { id } = relyingParty(deps)
  const present = await deps.db.passkey.findMany({
    where: holderOf(actor),
    select: { credentialId: true },
  })
  return generateRegistrationOptions({
    rpName: 'Sekisho',
    rpID: id,
    userID: new TextEncoder().encode(actor.id),
    userName: actor.loginId,
    userDisplayName: actor.name,
    challenge: await makeChallenge(deps, { purpose: 'registration', ...holderOf(actor) }),
    attestationType: 'none',
    excludeCredentials: present.map(({ credentialId }) => ({ id: credentialId })),
    // The device asks for its PIN or a finger: a found device alone opens nothing.
    authenticatorSelection: { residentKey: 'preferred', userVerification: 'required' },
  })
}

export type RegistrationRefusal =
  | 'passkey.nameMissing'
  | 'passkey.unreadable'
  | 'passkey.refused'
  | 'passkey.tooMany'
  | 'passkey.taken'
  | 'passkey.ticketUsed'

/**
 * Keeps the passkey that the browser has made (B-19), and uses up the ticket that led to it in the same moment: what is
 * refused leaves it good for another try. `response` is its JSON text.
 */
export const registerPasskey = async (
  deps: Deps,
  actor: UserActor,
  { ticket, name: typed, response }: { ticket: string; name: string; response: string },
): Promise<Result<{ name: string }, RegistrationRefusal>> => {
  const name = readName(typed)
  if (name === undefined) return refuse('passkey.nameMissing')
  const read = readAttestation(response)
  if (!read) return refusedBy(deps, actor, 'passkey.unreadable')
  const made = await verifiedRegistration(deps, actor, read)
  if (!made) return refusedBy(deps, actor, 'passkey.refused')
  const { credential, credentialBackedUp } = made
  const kept = await inTx(deps, async (tx): Promise<Result<{ name: string }, RegistrationRefusal>> => {
    await tx.$queryRaw`SELECT id FROM "user" WHERE id = ${actor.id}::uuid FOR UPDATE`
    if (!(await spendTicket(deps, tx, holderOf(actor), ticket))) return refuse('passkey.ticketUsed')
    if ((await tx.passkey.count({ where: holderOf(actor) })) >= atMost)
      return refuse('passkey.tooMany', { atMost })
    const stored = await tx.passkey.createMany({
      data: [
        {
          id: deps.ids.next(),
          ...holderOf(actor),
          credentialId: credential.id,
          publicKey: credential.publicKey,
          counter: credential.counter,
          transports: credential.transports ?? [],
          name,
          backedUp: credentialBackedUp,
          createdAt: deps.clock.now(),
        },
      ],
      skipDuplicates: true,
    })
    if (stored.count === 0) return refuse('passkey.taken')
    await tellOwner(deps, tx, actor, { happening: 'registered', device: name })
    await audit.record(deps, tx, PasskeyRegistered, {
      ...audit.byThemselves(actor),
      details: { passkey: name },
    })
    return ok({ name })
  })
  return !kept.ok && kept.reason === 'passkey.ticketUsed' ? refusedBy(deps, actor, kept.reason) : kept
}

const verifiedRegistration = async (deps: Deps, actor: UserActor, response: RegistrationResponseJSON) => {
  const { id, origin } = relyingParty(deps)
  try {
    const answer = await verifyRegistrationResponse({
      response,
      expectedChallenge: challenge =>
        takeChallenge(deps, { purpose: 'registration', ...holderOf(actor) }, challenge),
      expectedOrigin: origin,
      expectedRPID: id,
      requireUserVerification: true,
    })
    return answer.verified ? answer.registrationInfo : undefined
  } catch (error) {
    // The library throws for everything that is wrong with an answer; its words are for the log.
    deps.log.info({ err: error }, 'a passkey was not registered')
    return undefined
  }
}

/** Where a passkey is asked for, at the login or once more afterwards, and by which session: no other one's answer counts. */
export type Asked = { purpose: 'login' | 'step_up'; sessionId: string }

/** What the browser needs to sign with one of the user's passkeys. */
export const authenticationOptions = async (deps: Deps, actor: UserActor, asked: Asked) => {
  const present = await deps.db.passkey.findMany({
    where: holderOf(actor),
    select: { credentialId: true },
  })
  return generateAuthenticationOptions({
    rpID: relyingParty(deps).id,
    allowCredentials: present.map(({ credentialId }) => ({ id: credentialId })),
    challenge: await makeChallenge(deps, { ...asked, ...holderOf(actor) }),
    userVerification: 'required',
  })
}

export type PasskeyRefusal = 'passkey.blank' | 'passkey.unreadable' | 'passkey.refused'

/** Proves who is there by a passkey of theirs: the challenge works once, and a copied key's counter gives it away. */
export const usePasskey = async (
  deps: Deps,
  actor: UserActor,
  asked: Asked,
  response: string,
): Promise<Result<null, PasskeyRefusal>> => {
  if (response.trim() === '') return refuse('passkey.blank')
  const holder = holderOf(actor)
  const proved = await verifyPasskey(deps, holder, { ...asked, ...holder }, response)
  return proved.ok ? ok(null) : refusedBy(deps, actor, proved.reason)
}

/** Removes one of the user's own passkeys; the page before has authenticated them anew (B-22). */
export const removePasskey = (
  deps: Deps,
  actor: UserActor,
  session: HeldSession,
  id: string,
): Promise<Result<{ name: string }, 'passkey.notFound' | AdvanceRefusal>> =>
  inTx(deps, async (tx): Promise<Result<{ name: string }, 'passkey.notFound' | AdvanceRefusal>> => {
    if (!isId(id)) return refuse('passkey.notFound')
    await tx.$queryRaw`SELECT id FROM "user" WHERE id = ${actor.id}::uuid FOR UPDATE`
    const held = await holdSession(tx, session)
    if (!held.ok) return held
    const passkey = await tx.passkey.findFirst({
      where: { id, ...holderOf(actor) },
      select: { name: true },
    })
    const gone = await tx.passkey.deleteMany({ where: { id, ...holderOf(actor) } })
    if (!passkey || gone.count === 0) return refuse('passkey.notFound')
    await tellOwner(deps, tx, actor, { happening: 'removed', device: passkey.name })
    await audit.record(deps, tx, PasskeyRemoved, {
      ...audit.byThemselves(actor),
      details: { passkey: passkey.name },
    })
    return ok(passkey)
  })
