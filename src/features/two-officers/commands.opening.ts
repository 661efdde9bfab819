import type { Deps } from '../../deps.ts'
import type { Prisma } from '../../generated/prisma/client.ts'
import type { CaseKind } from '../../generated/prisma/enums.ts'
import type { StaffActor } from '../../kernel/actor.ts'
import { type BusinessDay, toColumn } from '../../kernel/business-day.ts'
import { ok, type Refusal, type Result, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import { isUniqueViolation } from '../../platform/db/errors.ts'
import { inTx, type Tx } from '../../platform/db/in-tx.ts'
import { stillMay } from '../officer-standing/index.ts'
import { tellReviewers, tellSecondOfficers } from './commands.mails.ts'
import { expireCases } from './commands.ts'
import { CasePrepared, CaseRefused } from './events.ts'
import { endOfWaiting, reviewDayFrom } from './flow.ts'

/** A case as its form asks for it. */
export type AskedCase = {
  /** The id that the form was opened with: whoever sends it twice sends it under the same one. */
  caseId: string
  kind: CaseKind
  /** All that the form says (`contentOf`). */
  sent: string
  /** Whom its address names. */
  about: { companyId?: string; userId?: string; officerId?: string }
}

/** `repeated`: the same form was sent before, nothing happened now. */
export type OpenedCase = { caseId: string; state: 'done' | 'prepared'; repeated: boolean }

export type RepeatRefusal = 'case.notFound' | 'case.openedOtherwise'
export type OpeningRefusal = RepeatRefusal | 'access.forbidden'

/** The paper form (依頼書) that a case stands on (H-04). */
export type StandsOn = { formNumber: string | null; formReceivedOn: BusinessDay | null; sealChecked: boolean }

/** What is opened, once nothing stands in its way. */
export type CaseContent<R extends string> = {
  /** Whose history it belongs to; null is the bank's own. */
  companyId: string | null
  subject?: { kind: string; id: string; label: string }
  reason: string
  paper?: StandsOn
  /** What the case changes, exactly as it is approved and carried out. */
  proposal?: object
  /** Carried out at once by one officer; `reviewed`: another looks at it by the next business day. Absent: it waits for a second one. */
  alone?: { reviewed: boolean; carryOut: () => Promise<Result<unknown, R>> }
  /** Its entry in the history, where the kind says more than `CasePrepared`; it is the last step. */
  recordPrepared?: () => Promise<unknown>
}

/** What a kind of case brings to its opening: everything else is the same for all of them. */
export type CaseOpening<Held, R extends string> = {
  /** What the officer's role must allow. */
  action: 'case:open' | 'policy:change' | 'staff:manage'
  /** Locks what the case is about, and judges nothing yet. */
  hold: (tx: Tx) => Promise<Result<Held, R>>
  /** Whether it may be, and what it is. */
  content: (tx: Tx, held: Held) => Promise<Result<CaseContent<R>, R>>
  /** Why it could not be opened, where the database refused it because somebody else was first. */
  taken: (error: unknown) => Refusal<R> | undefined
  /** How long carrying it out may take, where it changes very many rows (`inTx`). */
  seconds?: number
  /** Records the refusal once nothing is open any more (F-02). `held`: undefined where there is no such thing. */
  refused: (reason: string, held: Held | undefined) => Promise<unknown>
}

/**
 * Opens a case of the bank (H-04): prepares it for a second officer, or carries it out at once where one is enough. Row, mails,
 * history and change are stored together or not at all. The same form sent twice, one after the other or at the same moment,
 * opens one case and gives it both times; a corrected one under the same id is refused, for its officer would believe the
 * correction and another approve what was there before. Every refusal is recorded.
 */
export const openCase = async <Held, R extends string>(
  deps: Deps,
  actor: StaffActor,
  asked: AskedCase,
  opening: CaseOpening<Held, R>,
): Promise<Result<OpenedCase, R | OpeningRefusal>> => {
  let held: Held | undefined
  const done = await inTx(
    deps,
    async (tx): Promise<Result<OpenedCase, R | OpeningRefusal>> => {
      held = undefined
      await takeTurn(tx, asked.caseId)
      const holding = await opening.hold(tx)
      if (!holding.ok) return holding
      held = holding.value
      if (!(await stillMay(tx, actor, opening.action))) return refuse('access.forbidden')
      const before = await openedBefore({ db: tx }, actor, asked)
      if (!before.ok) return before
      if (before.value) return ok(before.value)
      const content = await opening.content(tx, held)
      if (!content.ok) return content
      return store(deps, tx, actor, asked, content.value)
    },
    opening,
  ).catch((error: unknown) => {
    const refusal = opening.taken(error)
    if (refusal) return refusal
    // The previous version of the program, while it still serves, takes no turns.
    if (isUniqueViolation(error, 'helpdesk_case_pkey')) return refuse('case.notFound')
    throw error
  })
  if (!done.ok) await opening.refused(done.reason, held)
  return done
}

/** The second of two clicks waits here until the first one's case is stored, whatever either of them holds besides. */
const takeTurn = (tx: Tx, caseId: string): Promise<unknown> =>
  tx.$queryRaw`SELECT 1 FROM (SELECT pg_advisory_xact_lock(hashtextextended(${caseId}, 0))) AS turn`

/**
 * The case that this very form has opened already; null where it has opened none. Refuses another officer's case, one about
 * somebody else, and a form that was corrected since (`case.openedOtherwise`). `openCase` asks it itself; a form whose reading
 * depends on what its case changes asks it first.
 */
export const openedBefore = async (
  { db }: { db: Tx },
  actor: StaffActor,
  { caseId, kind, sent, about }: AskedCase,
): Promise<Result<OpenedCase | null, RepeatRefusal>> => {
  const before = await db.helpdeskCase.findUnique({
    where: { id: caseId },
    select: { ...{ kind: true, state: true, sent: true, preparedById: true }, ...named },
  })
  if (!before) return ok(null)
  const isOthers = before.preparedById !== actor.id
  if (isOthers || nameKeys.some(key => about[key] !== undefined && about[key] !== before[key]))
    return refuse('case.notFound')
  if (before.kind !== kind || before.sent !== sent) return refuse('case.openedOtherwise')
  return ok({ caseId, state: before.state === 'done' ? 'done' : 'prepared', repeated: true })
}

const named = { companyId: true, userId: true, officerId: true } as const
const nameKeys = ['companyId', 'userId', 'officerId'] as const

const store = async <R extends string>(
  deps: Deps,
  tx: Tx,
  actor: StaffActor,
  { caseId, kind, sent, about: { userId, officerId } }: AskedCase,
  { companyId, subject, reason, paper, proposal, alone, recordPrepared }: CaseContent<R>,
): Promise<Result<OpenedCase, R>> => {
  const now = deps.clock.now()
  const until = endOfWaiting(now)
  const dueOn = reviewDayFrom(now)
  // What waits behind its time is out of the way of a new one.
  if (!alone) await expireCases(deps, overdueBefore(kind, { companyId, userId, officerId }))
  await tx.helpdeskCase.create({
    data: {
      id: caseId,
      companyId,
      userId: userId ?? null,
      officerId: officerId ?? null,
      kind,
      sent,
      state: alone ? 'done' : 'prepared',
      reason,
      ...(paper && {
        formNumber: paper.formNumber,
        sealChecked: paper.sealChecked,
        formReceivedOn: paper.formReceivedOn && toColumn(paper.formReceivedOn),
      }),
      ...(proposal && { proposal: proposal as Prisma.InputJsonObject }),
      preparedById: actor.id,
      preparedAt: now,
      ...(alone ? { decidedAt: now } : { expiresAt: until }),
      ...(alone?.reviewed && { reviewDueOn: toColumn(dueOn) }),
    },
  })
  const about = officerId ?? null
  if (alone) {
    if (alone.reviewed) await tellReviewers(deps, tx, actor, { kind, dueOn, about })
    const done = await alone.carryOut()
    return done.ok ? ok({ caseId, state: 'done', repeated: false }) : done
  }
  await tellSecondOfficers(deps, tx, actor, { kind, until, about })
  if (recordPrepared) await recordPrepared()
  else
    await audit.record(deps, tx, CasePrepared, {
      actor,
      companyId,
      ...(subject && { subject }),
      details: {
        caseId,
        caseKind: kind,
        caseReason: reason,
        formNumber: paper?.formNumber ?? null,
        formReceivedOn: paper?.formReceivedOn ?? null,
      },
    })
  return ok({ caseId, state: 'prepared', repeated: false })
}

type Named = { companyId: string | null; userId: string | undefined; officerId: string | undefined }

/** The cases that a new one would wait behind: about an officer any of them, about anybody else those of its kind. */
const overdueBefore = (kind: CaseKind, { companyId, userId, officerId }: Named) =>
  officerId ? { officerId } : { kind, ...(companyId && { companyId }), ...(userId && { userId }) }

/** Records a case that was refused, in the history of whom it is about (F-02, H-04). */
export const recordCaseRefused = async (
  deps: Deps,
  actor: StaffActor,
  caseKind: CaseKind,
  reason: string,
  about: { companyId: string | null; subject?: { kind: string; id: string; label: string } },
): Promise<void> => {
  await audit.recordAlone(deps, CaseRefused, {
    actor,
    ...about,
    details: { caseKind },
    outcome: 'refused',
    reason,
  })
}
