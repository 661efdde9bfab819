import type { Deps } from '../../deps.ts'
import type { CaseKind } from '../../generated/prisma/enums.ts'
import { type StaffActor, type SystemActor, system } from '../../kernel/actor.ts'
import { readReason } from '../../kernel/reason.ts'
import { ok, type Refusal, type Result, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import { inTx, type Tx } from '../../platform/db/in-tx.ts'
import type { OfficerProof } from '../officer-proof/index.ts'
import { stillMay } from '../officer-standing/index.ts'
import { CaseApproved, CaseDecisionRefused, CaseExpired, CaseRejected, CaseWithdrawn } from './events.ts'
import {
  type CaseState,
  type Decision,
  type DecisionRefusal,
  isPreparerOut,
  ofKnownKind,
  preparerColumns,
  stateAfter,
} from './flow.ts'

/** A case's row, held until the transaction ends. */
export type WaitingCase = {
  id: string
  /** Null where it is the bank's own. */
  companyId: string | null
  userId: string | null
  kind: CaseKind
  state: CaseState
  reason: string
  proposal: unknown
  formNumber: string | null
  formReceivedOn: Date | null
  preparedById: string
  preparedBy: string
  expiresAt: Date | null
  /** Null where it is about no officer. */
  aboutOfficerId: string | null
  preparerOut: boolean
}

/** What a kind of case brings to the flow: everything else is the same for all of them. */
export type CaseHandling<Held, Done, R extends string> = {
  kinds: readonly CaseKind[]
  /** Locks the row that the case is about. It comes before the case's own row, in every transaction (one order). */
  hold: (tx: Tx, row: Pick<WaitingCase, 'companyId' | 'userId'>) => Promise<Held | undefined>
  /** Carries out what was prepared, in the transaction of the approval; a refusal leaves the case as it was. */
  carryOut: (tx: Tx, held: Held, row: WaitingCase) => Promise<Result<Done, R>>
  /** How long that may take, where it changes very many rows (`inTx`). */
  seconds?: number
  /** Why it could not be carried out, where the database refused it because somebody else was first. */
  taken?: (error: unknown) => Refusal<R> | undefined
}

export type CaseDecisionRefusal =
  | DecisionRefusal
  | 'case.notFound'
  | 'case.noteMissing'
  | 'case.noteTooLong'
  | 'case.noteUnprintable'

/** The longest reason of a no. */
export const longestNote = 400

/**
 * The second officer's yes (H-04): what was prepared is carried out in the transaction that closes the case. Refuses the
 * officer who prepared it, the one it is about, whoever may not approve, a case that is decided or over, and what `carryOut` refuses, such as
 * a customer whose state has changed meanwhile. Of any number at once one carries it out.
 */
export const approveCase = <Held, Done, R extends string>(
  deps: Deps,
  actor: StaffActor,
  proof: OfficerProof,
  caseId: string,
  handling: CaseHandling<Held, Done, R>,
): Promise<Result<Done, R | CaseDecisionRefusal>> => {
  if (proof.officerId !== actor.id) throw new Error('the proof is another officer’s')
  const carryOut = async (tx: Tx, held: Held, row: WaitingCase & { label: string | null }) => {
    const done = await handling.carryOut(tx, held, row)
    if (done.ok)
      await audit.record(deps, tx, CaseApproved, {
        ...entryOf(actor, row),
        details: { ...whichOf(row), preparedBy: row.preparedBy },
      })
    return done
  }
  return decide(deps, actor, caseId, 'approve', handling, null, carryOut, handling.taken)
}

/** The second officer's no, with a reason for the one who prepared it: nothing of the case is carried out. */
export const rejectCase = <Held, R extends string>(
  deps: Deps,
  actor: StaffActor,
  caseId: string,
  note: string,
  handling: CaseHandling<Held, unknown, R>,
): Promise<Result<null, CaseDecisionRefusal>> => {
  const { text: decisionNote, problem } = readReason(note, longestNote)
  return decide(deps, actor, caseId, 'reject', handling, decisionNote, async (tx, _held, row) => {
    if (problem === 'missing') return refuse('case.noteMissing')
    if (problem === 'tooLong') return refuse('case.noteTooLong', { longest: longestNote })
    if (problem) return refuse('case.noteUnprintable')
    await audit.record(deps, tx, CaseRejected, {
      ...entryOf(actor, row),
      details: { ...whichOf(row), preparedBy: row.preparedBy, decisionNote },
    })
    return ok(null)
  })
}

/** Takes a case back that the officer has prepared and nobody has decided. */
export const withdrawCase = <Held, R extends string>(
  deps: Deps,
  actor: StaffActor,
  caseId: string,
  handling: CaseHandling<Held, unknown, R>,
): Promise<Result<null, CaseDecisionRefusal>> =>
  decide(deps, actor, caseId, 'withdraw', handling, null, async (tx, _held, row) => {
    await audit.record(deps, tx, CaseWithdrawn, { ...entryOf(actor, row), details: whichOf(row) })
    return ok(null)
  })

const decide = async <Held, Done, R extends string>(
  deps: Deps,
  actor: StaffActor,
  caseId: string,
  decision: Decision,
  { kinds, hold, seconds }: Pick<CaseHandling<Held, unknown, string>, 'kinds' | 'hold' | 'seconds'>,
  decisionNote: string | null,
  carryOut: (tx: Tx, held: Held, row: WaitingCase & { label: string | null }) => Promise<Result<Done, R>>,
  taken?: (error: unknown) => Refusal<R> | undefined,
): Promise<Result<Done, R | CaseDecisionRefusal>> => {
  let known: (WaitingCase & { label: string | null }) | undefined
  const done = await inTx(
    deps,
    async (tx): Promise<Result<Done, R | CaseDecisionRefusal>> => {
      const about = await tx.helpdeskCase.findFirst({
        where: { id: caseId, kind: { in: [...kinds] } },
        select: { companyId: true, userId: true },
      })
      const held = about && (await hold(tx, about))
      const row = held && (await holdCase(tx, caseId))
      if (!held || !row) return refuse('case.notFound')
      known = row
      const may = await stillMay(tx, actor, decision === 'withdraw' ? 'case:open' : 'case:approve')
      if (!may) return refuse('access.forbidden')
      const officer = { id: actor.id, mayApprove: decision !== 'withdraw' }
      const next = stateAfter(row, decision, officer, deps.clock.now())
      if (!next.ok) return next
      await tx.helpdeskCase.update({
        where: { id: caseId },
        data: {
          state: next.value,
          decidedAt: deps.clock.now(),
          decisionNote,
          ...(decision !== 'withdraw' && { approvedById: actor.id }),
        },
      })
      return carryOut(tx, held, row)
    },
    { seconds },
  ).catch((error: unknown) => {
    const refusal = taken?.(error)
    if (refusal) return refusal
    throw error
  })
  if (!done.ok && known)
    await audit.recordAlone(deps, CaseDecisionRefused, {
      ...entryOf(actor, known),
      details: { ...whichOf(known), decision },
      outcome: 'refused',
      reason: done.reason,
    })
  return done
}

const holdCase = async (
  tx: Tx,
  caseId: string,
): Promise<(WaitingCase & { label: string | null }) | undefined> => {
  const [row] = await tx.$queryRaw<(Omit<WaitingCase, 'preparerOut'> & { label: string | null })[]>`
    SELECT h.id, h.company_id AS "companyId", h.user_id AS "userId", h.kind::text AS kind, h.state::text AS state,
           h.reason, h.proposal, h.form_number AS "formNumber", h.form_received_on AS "formReceivedOn",
           h.prepared_by_id AS "preparedById", s.name AS "preparedBy", h.expires_at AS "expiresAt",
           h.officer_id AS "aboutOfficerId",
           (SELECT login_id FROM "user" u WHERE u.id = h.user_id) AS label
      FROM helpdesk_case h JOIN staff s ON s.id = h.prepared_by_id
     WHERE h.id = ${caseId}::uuid
       FOR UPDATE OF h`
  if (!row) return undefined
  const preparer = await tx.staff.findUniqueOrThrow({
    where: { id: row.preparedById },
    select: preparerColumns,
  })
  return { ...row, preparerOut: isPreparerOut(preparer) }
}

const whichOf = ({ id, kind }: Pick<WaitingCase, 'id' | 'kind'>) => ({ caseId: id, caseKind: kind })

/** In the history of the company whose case it is, or the bank's, about the user if it is one's. */
const entryOf = (
  actor: StaffActor | SystemActor,
  row: { companyId: string | null; userId: string | null; label: string | null },
) => ({
  actor,
  companyId: row.companyId,
  ...(row.userId && row.label && { subject: { kind: 'user', id: row.userId, label: row.label } }),
})

/**
 * Ends the cases that nobody has decided in time, each in a transaction of its own, or those about one user, officer or company in
 * the transaction of a new one, which would otherwise wait behind them. Gives how many there were.
 */
export const expireCases = async (
  deps: Deps,
  about: { userId?: string; companyId?: string; officerId?: string; kind?: CaseKind } = {},
): Promise<number> => {
  const now = deps.clock.now()
  const overdue = await inTx(deps, tx =>
    tx.helpdeskCase.findMany({
      where: { ...ofKnownKind, ...about, state: 'prepared', expiresAt: { lt: now } },
      orderBy: { id: 'asc' },
      take: 500,
      select: {
        id: true,
        kind: true,
        companyId: true,
        userId: true,
        user: { select: { loginId: true } },
      },
    }),
  )
  let count = 0
  for (const row of overdue)
    count += await inTx(deps, async tx => {
      const moved = await tx.helpdeskCase.updateMany({
        where: { id: row.id, state: 'prepared' },
        data: { state: 'expired', decidedAt: now },
      })
      if (moved.count > 0)
        await audit.record(deps, tx, CaseExpired, {
          ...entryOf(system('case-expiry'), { ...row, label: row.user?.loginId ?? null }),
          details: whichOf(row),
        })
      return moved.count
    })
  return count
}
