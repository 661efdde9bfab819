import type { z } from 'zod'
import { Prisma } from '../../generated/prisma/client.ts'
import type { Actor, StaffActor, UserActor } from '../../kernel/actor.ts'
import type { Clock } from '../../kernel/clock.ts'
import type { Ids } from '../../kernel/ids.ts'
import { unprintableInLine } from '../../kernel/reason.ts'
import type { Db } from '../db/client.ts'
import { inOwnTx, type Tx } from '../db/in-tx.ts'
import { bankChain } from './chain.ts'
import type { AuditEvent } from './event.ts'
import { isWritten } from './refusal-ceiling.ts'

export { type AuditEvent, defineEvent, knownDetails, knownOperations } from './event.ts'

/**
 * One entry of the history: who, for whom, with which outcome (F-02). Time and id are taken from `deps`, address and
 * certificate from the actor.
 * - `companyId`: whose history it is. What staff do for a customer belongs to that company; null is the bank's own.
 * - `subject`: for whom or on what: its kind (`user`, `certificate`, …), id and the name it had then.
 * - `reason`: why it was refused, a reason code (`reasons:<code>` in the locales).
 */
export type Entry<S extends z.ZodObject> = {
  actor: Actor
  companyId: string | null
  subject?: { kind: string; id?: string; label?: string }
  details: z.input<S>
} & ({ outcome?: 'done'; reason?: never } | { outcome: 'refused'; reason: string })

/** Whose history, and of whom: an entry about a user or an officer by themselves, but for its details. */
export const byThemselves = (actor: UserActor | StaffActor) => ({
  actor,
  companyId: actor.kind === 'user' ? actor.companyId : null,
  subject: { kind: actor.kind, id: actor.id, label: actor.loginId },
})

/**
 * Writes an entry in the transaction of the change it tells of, so that neither exists without the other; gives the
 * entry's id. Entries of one company wait for each other until their transactions end: record as the last step.
 *
 * Text is stored as given save what a text column or a reader's screen can't take: control characters become U+FFFD,
 * texts of a stranger's length are cut. Throws when the details are not of the event's shape, and when a user's act is
 * put into another company's history.
 */
export const record = async <S extends z.ZodObject>(
  deps: { clock: Clock; ids: Ids },
  tx: Tx,
  event: AuditEvent<S>,
  entry: Entry<S>,
): Promise<string> => {
  const row = rowOf(deps, event, entry)
  await insert(tx, [row])
  return row.id
}

/** Writes entries of one kind like `record`, in their order and by one statement. */
export const recordAll = async <S extends z.ZodObject>(
  deps: { clock: Clock; ids: Ids },
  tx: Tx,
  event: AuditEvent<S>,
  entries: readonly Entry<S>[],
): Promise<void> => {
  if (entries.length > 0)
    await insert(
      tx,
      entries.map(entry => rowOf(deps, event, entry)),
    )
}

const rowOf = <S extends z.ZodObject>(
  deps: { clock: Clock; ids: Ids },
  event: AuditEvent<S>,
  entry: Entry<S>,
) => {
  const { actor, companyId, subject } = entry
  if (actor.kind === 'user' && actor.companyId !== companyId)
    throw new Error(`audit: ${event.operation} by a user of one company in the history of another`)
  const who = whoIs(actor)
  const id = deps.ids.next()
  const at = deps.clock.now()
  const details = JSON.stringify(event.details.parse(entry.details), storable)
  const values = Prisma.sql`(
      ${id}::uuid, ${companyId ?? bankChain}::uuid, ${at}::timestamptz,
      ${actor.kind}::actor_kind, ${who.id}::uuid, ${who.loginId}, ${who.name},
      ${text(actor.origin.certificateSerial, 80)}, ${text(actor.origin.ip, 64)},
      ${event.operation}, ${entry.outcome ?? 'done'}::history_outcome, ${text(entry.reason, 100)},
      ${text(subject?.kind, 40)}, ${subject?.id ?? null}::uuid, ${text(subject?.label, 200)}, ${details}
    )`
  return { id, values }
}

/** The trigger sets seq, previous and hash of each and moves the head of its chain (F-03), in the order given. */
const insert = (tx: Tx, rows: readonly { values: Prisma.Sql }[]): Promise<number> => tx.$executeRaw`
    INSERT INTO history (
      id, chain_id, at, actor_kind, actor_id, actor_login_id, actor_name, certificate_serial, ip,
      operation, outcome, reason, subject_kind, subject_id, subject_label, details
    ) VALUES ${Prisma.join(rows.map(({ values }) => values))}`

/**
 * Writes an entry in a transaction of its own: for refused tries and failed passwords, which must be remembered although
 * nothing else is stored. Call it when the transaction that was refused has ended: inside one that has already
 * recorded for the same company it would wait for itself.
 *
 * Gives the entry's id; undefined for a refused try of somebody who has been refused so often in a few minutes that the rest is
 * only counted (decision 94).
 */
export const recordAlone = async <S extends z.ZodObject>(
  deps: { db: Db; clock: Clock; ids: Ids },
  event: AuditEvent<S>,
  entry: Entry<S>,
): Promise<string | undefined> => {
  if (entry.outcome === 'refused' && !(await isWritten(deps, entry.actor))) return undefined
  return inOwnTx(deps, tx => record(deps, tx, event, entry))
}

type Who = { id: string | null; loginId: string | null; name: string | null }

const whoIs = (actor: Actor): Who => {
  switch (actor.kind) {
    case 'user':
    case 'staff':
      return { id: actor.id, loginId: text(actor.loginId, 64), name: text(actor.name, 200) }
    case 'system':
      return { id: null, loginId: null, name: text(actor.name, 200) }
    case 'stranger':
      // What was typed, not who it is: the id stays empty.
      return { id: null, loginId: text(actor.loginId, 64), name: null }
  }
}

const unprintable = new RegExp(unprintableInLine, 'gu')

const text = (given: string | undefined, longest: number): string | null => {
  if (given === undefined) return null
  // Before anything else looks at it: a megabyte typed into a login form costs nothing here.
  const whole = given
    .slice(0, longest * 2)
    .toWellFormed()
    .replace(unprintable, '\ufffd')
  const points = [...whole]
  return points.length > longest || given.length > longest * 2
    ? `${points.slice(0, longest - 1).join('')}…`
    : whole
}

const longestDetail = 2000

/** Yen as digits, and no character in a text that JSON inside PostgreSQL refuses (a NUL, half a surrogate pair). */
const storable = (_key: string, value: unknown): unknown => {
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'string') return value
  const whole = value.toWellFormed().replaceAll('\u0000', '\ufffd')
  return whole.length > longestDetail ? `${whole.slice(0, longestDetail).toWellFormed()}…` : whole
}
