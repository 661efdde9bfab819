import type { Deps } from '../../deps.ts'
import type { Prisma } from '../../generated/prisma/client.ts'
import type { UserActor } from '../../kernel/actor.ts'
import { hour, plusSeconds } from '../../kernel/clock.ts'
import { isId } from '../../kernel/ids.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import { inTx, type Tx } from '../db/in-tx.ts'
import { inPortions } from '../db/portions.ts'
import { mergeValues } from './draft-merge.ts'

/** What a form carried, field by field, as it was typed. */
export type Values = Readonly<Record<string, string | readonly string[]>>
export type Secrets = Readonly<Record<string, string>>

/** A step's answer as last accepted; `version` is the draft's at that moment. */
type Saved = { values: Values; version: number }

/**
 * A wizard's answers on their way to 「実行」. `saved` are the answers that a step accepted; `typed` is what was left
 * on a page by 「戻る」 and has been checked by nobody yet. Secrets lie beside them, sealed in the row.
 */
export type Draft = {
  id: string
  version: number
  state: 'open' | 'committed'
  /** What a change wizard edits, and the version it began from (D-12). */
  target?: { id: string; version: number }
  /** The answers it began with, by step: what a change wizard's target was then (D-12). */
  began: Readonly<Record<string, Values>>
  /** When that was read. */
  beganAt: Date
  saved: Readonly<Record<string, Saved>>
  typed: Readonly<Record<string, Values>>
  secrets: { saved: Readonly<Record<string, Secrets>>; typed: Readonly<Record<string, Secrets>> }
  /** What the commit gave, once it is done. */
  result: unknown
}

/** What drafts are kept with. */
export type Store = Pick<Deps, 'db' | 'clock' | 'ids' | 'secretBox'>

/** A draft is an errand of a day, not an archive. */
const usualSeconds = 24 * hour

/** What a change wizard begins with. */
export type DraftBeginning = {
  target?: { id: string; version: number }
  /** Answers already given, by step: those of what is to be changed. */
  answers?: Readonly<Record<string, Values>>
  /** How long it is kept, where it must not outlive what it was begun for; a day unless given. */
  lifeSeconds?: number
}

/** Begins a draft of this wizard for the actor and gives its id; the actor's own expired ones go on the way. */
export const startDraft = (
  deps: Store,
  actor: UserActor,
  wizard: string,
  { target, answers = {}, lifeSeconds = usualSeconds }: DraftBeginning = {},
): Promise<string> =>
  inTx(deps, async tx => {
    const now = deps.clock.now()
    await tx.draft.deleteMany({ where: { ...ownedBy(actor), expiresAt: { lte: now } } })
    const id = deps.ids.next()
    const saved = Object.fromEntries(
      Object.entries(answers).map(([step, values]) => [step, { values, version: 0 }]),
    )
    await tx.draft.create({
      data: {
        id,
        wizard,
        ...ownedBy(actor),
        targetId: target?.id ?? null,
        targetVersion: target?.version ?? null,
        answers: asJson({ began: answers, beganAt: now, saved, typed: {} }),
        createdAt: now,
        expiresAt: plusSeconds(now, lifeSeconds),
      },
    })
    return id
  })

/** The actor's own draft. Somebody else's, another company's, an expired or invented one are all `draft.notFound`. */
export const findDraft = (
  deps: Store,
  actor: UserActor,
  wizard: string,
  id: string,
): Promise<Result<Draft, 'draft.notFound'>> => readDraft(deps, deps.db, actor, wizard, id)

/**
 * What became of an answer that was to be kept:
 * - `saved`: it is; `same`: it was there already, the second click of two
 * - `changedElsewhere`: this step was answered from another page after this one had been shown (two tabs)
 * - `committed`: too late, the draft is done
 */
export type SaveOutcome = 'saved' | 'same' | 'changedElsewhere' | 'committed'

/**
 * Keeps a step's accepted answer. `shownAt` is the draft's version when the page was shown; the row is locked between
 * the look and the write.
 */
export const saveStep = (
  deps: Store,
  actor: UserActor,
  wizard: string,
  id: string,
  step: string,
  answer: { values: Values; secrets: Secrets; shownAt: number },
): Promise<Result<SaveOutcome, 'draft.notFound'>> =>
  changeDraft(deps, actor, wizard, id, draft => {
    const before = draft.saved[step]
    if (before && before.version > answer.shownAt)
      return sameAnswer(before.values, draft.secrets.saved[step], answer)
        ? { outcome: 'same' }
        : { outcome: 'changedElsewhere' }
    const version = draft.version + 1
    return {
      outcome: 'saved',
      version,
      saved: { ...draft.saved, [step]: { values: answer.values, version } },
      typed: without(draft.typed, step),
      secrets: {
        saved: { ...draft.secrets.saved, [step]: answer.secrets },
        typed: without(draft.secrets.typed, step),
      },
    }
  })

/**
 * Keeps what was typed on a page that is being left unfinished: 「戻る」 loses nothing (D-02). `shownAt` is the draft's
 * version when the page was shown, if what is typed comes from the step's own page: the page that comes next is a fresh one,
 * so an answer from another tab would be covered here, and nobody told.
 */
export const keepTyped = (
  deps: Store,
  actor: UserActor,
  wizard: string,
  id: string,
  step: string,
  typed: { values?: Values; secrets?: Secrets; shownAt?: number },
): Promise<Result<SaveOutcome, 'draft.notFound'>> =>
  changeDraft(deps, actor, wizard, id, draft => {
    const before = draft.saved[step]
    if (before && typed.shownAt !== undefined && before.version > typed.shownAt) {
      const kept = draft.secrets.saved[step] ?? {}
      const { values = before.values, secrets = {} } = typed
      return {
        outcome: sameAnswer(before.values, kept, { values, secrets: { ...kept, ...secrets } })
          ? 'same'
          : 'changedElsewhere',
      }
    }
    return {
      outcome: 'saved',
      version: draft.version,
      saved: draft.saved,
      typed: typed.values ? { ...draft.typed, [step]: typed.values } : draft.typed,
      secrets: {
        saved: draft.secrets.saved,
        typed: typed.secrets
          ? { ...draft.secrets.typed, [step]: { ...draft.secrets.typed[step], ...typed.secrets } }
          : draft.secrets.typed,
      },
    }
  })

/**
 * Takes over what somebody else has changed on the target since the draft began (D-12): fields that this draft's owner
 * has left alone become what they are now, the others stay as typed. From then on the draft is one of the target's
 * present version.
 */
export const mergeDraft = (
  deps: Store,
  actor: UserActor,
  wizard: string,
  id: string,
  now: { target: NonNullable<Draft['target']>; answers: Readonly<Record<string, Values>> },
): Promise<Result<SaveOutcome, 'draft.notFound'>> =>
  changeDraft(deps, actor, wizard, id, draft => {
    const version = draft.version + 1
    const saved = Object.entries(now.answers).map(([step, values]) => {
      const began = draft.began[step] ?? {}
      const mine = draft.saved[step]?.values ?? began
      return [step, { values: mergeValues(began, values, mine), version }] as const
    })
    return {
      outcome: 'saved',
      version,
      target: now.target,
      began: now.answers,
      beganAt: deps.clock.now(),
      saved: { ...draft.saved, ...Object.fromEntries(saved) },
      typed: {},
      secrets: draft.secrets,
    }
  })

/** Whose drafts these are: nobody reads another's. */
export const ownedBy = (actor: UserActor) => ({ companyId: actor.companyId, ownerId: actor.id })

const readDraft = async (
  deps: Store,
  db: Tx,
  actor: UserActor,
  wizard: string,
  id: string,
): Promise<Result<Draft, 'draft.notFound'>> => {
  if (!isId(id)) return refuse('draft.notFound')
  const row = await db.draft.findFirst({
    where: { id, wizard, ...ownedBy(actor), expiresAt: { gt: deps.clock.now() } },
  })
  if (!row) return refuse('draft.notFound')
  const {
    began = {},
    beganAt,
    saved = {},
    typed = {},
  } = row.answers as Partial<Pick<Draft, 'began' | 'saved' | 'typed'> & { beganAt: string }>
  return ok({
    id,
    version: row.version,
    state: row.state,
    ...(row.targetId !== null && { target: { id: row.targetId, version: row.targetVersion ?? 0 } }),
    began,
    beganAt: beganAt === undefined ? row.createdAt : new Date(beganAt),
    saved,
    typed,
    secrets:
      row.state === 'open' && row.sealedSecrets
        ? (JSON.parse(
            deps.secretBox.open(row.sealedSecrets, contextOf(id)).toString('utf8'),
          ) as Draft['secrets'])
        : { saved: {}, typed: {} },
    result: row.result,
  })
}

type Change =
  | { outcome: 'same' | 'changedElsewhere' }
  | ({ outcome: 'saved' } & Pick<Draft, 'version' | 'saved' | 'typed' | 'secrets'> &
      Partial<Pick<Draft, 'began' | 'beganAt' | 'target'>>)

const changeDraft = (
  deps: Store,
  actor: UserActor,
  wizard: string,
  id: string,
  decide: (draft: Draft) => Change,
): Promise<Result<SaveOutcome, 'draft.notFound'>> =>
  inTx(deps, async tx => {
    if (!isId(id)) return refuse('draft.notFound')
    await tx.$queryRaw`SELECT id FROM draft WHERE id = ${id}::uuid AND owner_id = ${actor.id}::uuid FOR UPDATE`
    const found = await readDraft(deps, tx, actor, wizard, id)
    if (!found.ok) return found
    if (found.value.state === 'committed') return ok('committed' as const)
    const change = decide(found.value)
    if (change.outcome !== 'saved') return ok(change.outcome)
    const { version, saved, typed, secrets, target } = change
    const { began, beganAt } = { ...found.value, ...change }
    const sealed = deps.secretBox.seal(JSON.stringify(secrets), contextOf(id))
    await tx.draft.update({
      where: { id },
      data: {
        version,
        answers: asJson({ began, beganAt, saved, typed }),
        sealedSecrets: new Uint8Array(sealed),
        ...(target && { targetVersion: target.version }),
      },
    })
    return ok(change.outcome)
  })

// Sealed for this very row: copied into another draft the secrets do not open.
const contextOf = (id: string) => `draft:${id}`

const without = <T>(record: Readonly<Record<string, T>>, name: string): Record<string, T> =>
  Object.fromEntries(Object.entries(record).filter(([key]) => key !== name))

const sameAnswer = (
  values: Values,
  secrets: Secrets | undefined,
  answer: { values: Values; secrets: Secrets },
): boolean => ordered(values) === ordered(answer.values) && ordered(secrets ?? {}) === ordered(answer.secrets)

// A jsonb column gives its keys in an order of its own.
const ordered = (record: object): string =>
  JSON.stringify(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)))

/** What a column of JSON takes. */
export const asJson = (value: object): Prisma.InputJsonObject => JSON.parse(JSON.stringify(value))

/** Removes what nobody came back to: drafts past their end, secrets and all. Gives how many there were. */
export const removeExpiredDrafts = (deps: Pick<Deps, 'db' | 'clock'>): Promise<number> => {
  const where = { expiresAt: { lt: deps.clock.now() } }
  return inPortions(limit => deps.db.draft.deleteMany({ where, limit }))
}
