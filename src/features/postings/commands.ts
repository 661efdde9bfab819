import type { Deps } from '../../deps.ts'
import type { StaffActor, SystemActor, UserActor } from '../../kernel/actor.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import { isUniqueViolation } from '../../platform/db/errors.ts'
import { inTx, type Tx } from '../../platform/db/in-tx.ts'
import { stillMay } from '../officer-standing/index.ts'
import {
  PostingChanged,
  PostingPublished,
  PostingReadersViewed,
  PostingWithdrawn,
  type WrittenDetails,
} from './events.ts'
import type { WrittenPosting } from './forms.ts'
import type { PostingKind } from './posting.ts'
import { companiesOf } from './queries.ts'

type Store = Pick<Deps, 'db' | 'clock' | 'ids'>
type Writer = StaffActor | SystemActor

/** What only one kind of posting has; columns of its own, and what is stored beside it. */
export type OwnPart = {
  columns: { mustAcknowledge?: boolean; followsId?: string | null; answerUntil?: Date }
  /** Stores the rest, anew where there was something before. May refuse: then nothing is stored. */
  store: (tx: Tx, postingId: string) => Promise<Result<unknown>>
  /** What the history says of it. */
  details: Partial<WrittenDetails>
}

/** The part of a posting that is stored, as far as it can be told from its rows. */
export type StoredPart = Pick<OwnPart, 'columns' | 'details'>

export type PostingToSave = {
  id: string
  kind: PostingKind
  /** The version that was shown when the change began; null for a new posting. */
  version: number | null
  /** All that the form says (`contentOf`); null where no form wrote it. */
  sent: string | null
  written: WrittenPosting
  own: OwnPart
  /** What the history says of the posting before the change. */
  before?: WrittenDetails
}

export type SaveRefusal =
  | 'access.forbidden'
  | 'posting.companies.unknown'
  | 'posting.changedMeanwhile'
  | 'posting.alreadyPublished'

/**
 * Publishes a posting, or changes one that stands at the version shown (H-06). The id comes from the page, and each form that
 * wrote a posting is kept with it as what it said: the second of two clicks is told by it, and is done without doing anything. Refuses
 * a form that was corrected after it was published, contract numbers that nobody has, and a change of what somebody else has changed
 * or withdrawn.
 */
export const savePosting = async (
  deps: Store,
  actor: Writer,
  posting: PostingToSave,
): Promise<Result<{ id: string }>> => {
  const { id, kind, version, sent, written, own } = posting
  try {
    return await inTx(deps, async tx => {
      if (actor.kind === 'staff' && !(await stillMay(tx, actor, 'posting:write')))
        return refuse('access.forbidden')
      const { contractNumbers, ...common } = written
      const companies = contractNumbers ? await companiesOf(tx, contractNumbers) : null
      if (companies && companies.unknown.length > 0)
        return refuse('posting.companies.unknown', {
          count: companies.unknown.length,
          numbers: companies.unknown.slice(0, 5).join('、'),
        })
      const now = deps.clock.now()
      const by = actor.kind === 'staff' ? actor.id : null
      const columns = {
        ...common,
        ...own.columns,
        targetsCompanies: companies !== null,
        updatedAt: now,
        updatedById: by,
      }
      if (version === null)
        await tx.posting.create({
          data: { id, kind, ...columns, sent: sent ? [sent] : [], createdAt: now, createdById: by },
        })
      else {
        const { count } = await tx.posting.updateMany({
          where: { id, kind, version, withdrawnAt: null },
          data: { ...columns, version: version + 1, ...(sent && { sent: { push: sent } }) },
        })
        if (count === 0)
          return (await isWrittenBy(tx, posting)) ? ok({ id }) : refuse('posting.changedMeanwhile')
        await tx.postingCompany.deleteMany({ where: { postingId: id } })
      }
      if (companies)
        await tx.postingCompany.createMany({
          data: companies.companyIds.map(companyId => ({ postingId: id, companyId })),
        })
      const stored = await own.store(tx, id)
      if (!stored.ok) return stored
      const entry = { actor, companyId: null, subject: { kind: 'posting', id, label: written.title } }
      const after = writtenDetails(written, own)
      if (posting.before)
        await audit.record(deps, tx, PostingChanged, {
          ...entry,
          details: { postingKind: kind, before: posting.before, after },
        })
      else await audit.record(deps, tx, PostingPublished, { ...entry, details: { postingKind: kind, after } })
      return ok({ id })
    })
  } catch (error) {
    if (version === null && isUniqueViolation(error, 'posting_pkey'))
      return (await isWrittenBy(deps.db, posting)) ? ok({ id }) : refuse('posting.alreadyPublished')
    throw error
  }
}

/** Whether this very form has written the posting before, whatever has become of it since. */
const isWrittenBy = async (db: Tx, { id, kind, sent }: PostingToSave): Promise<boolean> =>
  sent !== null && (await db.posting.count({ where: { id, kind, sent: { has: sent } } })) > 0

/** What the history says of a posting. */
export const writtenDetails = (
  written: WrittenPosting,
  { columns, details }: Pick<OwnPart, 'columns' | 'details'>,
): WrittenDetails => ({
  postingTitle: written.title,
  postingBody: written.body,
  sender: written.sender,
  publishAt: written.publishAt.toISOString(),
  ...(written.endsAt && { shownUntil: written.endsAt.toISOString() }),
  ...(columns.mustAcknowledge !== undefined && { mustAcknowledge: columns.mustAcknowledge }),
  ...(columns.answerUntil && { answerUntil: columns.answerUntil.toISOString() }),
  targetPresets: written.presets,
  targetRoles: written.roles,
  ...(written.contractNumbers && { targetCompanies: written.contractNumbers.length }),
  ...details,
})

/** Takes a posting back: from now on nobody sees it, and it stays withdrawn. Refuses one that was changed meanwhile. */
export const withdrawPosting = (
  deps: Store,
  actor: StaffActor,
  { id, kind, title, version }: { id: string; kind: PostingKind; title: string; version: number },
): Promise<Result<null, 'access.forbidden' | 'posting.changedMeanwhile'>> =>
  inTx(deps, async (tx): Promise<Result<null, 'access.forbidden' | 'posting.changedMeanwhile'>> => {
    if (!(await stillMay(tx, actor, 'posting:write'))) return refuse('access.forbidden')
    const now = deps.clock.now()
    const { count } = await tx.posting.updateMany({
      where: { id, kind, version, withdrawnAt: null },
      data: { withdrawnAt: now, updatedAt: now, updatedById: actor.id, version: version + 1 },
    })
    if (count === 0) return refuse('posting.changedMeanwhile')
    await audit.record(deps, tx, PostingWithdrawn, {
      actor,
      companyId: null,
      subject: { kind: 'posting', id, label: title },
      details: { postingKind: kind },
    })
    return ok(null)
  })

/** Keeps that an officer has looked at who of the customers has read or answered (F-04). */
export const recordReadersViewed = async (
  deps: Store,
  actor: StaffActor,
  { id, kind, title }: { id: string; kind: PostingKind; title: string },
): Promise<void> => {
  await inTx(deps, tx =>
    audit.record(deps, tx, PostingReadersViewed, {
      actor,
      companyId: null,
      subject: { kind: 'posting', id, label: title },
      details: { postingKind: kind },
    }),
  )
}

/** Marks a posting as opened by a user; gives whether it is the first time. */
export const markRead = async (
  deps: Store,
  tx: Tx,
  { companyId, id: userId }: UserActor,
  postingId: string,
): Promise<boolean> => {
  const { count } = await tx.postingLook.createMany({
    data: [{ postingId, companyId, userId, readAt: deps.clock.now() }],
    skipDuplicates: true,
  })
  return count > 0
}
