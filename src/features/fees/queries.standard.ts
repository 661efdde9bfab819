import type { Deps } from '../../deps.ts'
import type { StaffActor } from '../../kernel/actor.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import { type FoundCase, findCaseOf } from '../two-officers/index.ts'
import { type FeeService, feeKinds, serviceOf } from './fee.ts'
import { proposalFrom, type StandardProposal } from './standard.ts'

/** A change of the standard as a case; undefined where there is none with this id. */
export const findStandardCase = async (
  deps: Pick<Deps, 'db' | 'clock'>,
  actor: StaffActor,
  caseId: string,
): Promise<(FoundCase & { proposal: StandardProposal }) | undefined> => {
  const found = await findCaseOf(deps, actor, caseId, ['standard_fees'])
  return found && { ...found, proposal: proposalFrom(found.proposal) }
}

/** The proposals that wait for their second officer, by function. */
export const waitingProposals = async (
  { db, clock }: Pick<Deps, 'db' | 'clock'>,
  _actor: StaffActor,
): Promise<Map<FeeService, string>> => {
  const rows = await db.helpdeskCase.findMany({
    where: { kind: 'standard_fees', state: 'prepared', expiresAt: { gte: clock.now() } },
    select: { id: true, proposal: true },
  })
  return new Map(rows.map(({ id, proposal }) => [proposalFrom(proposal).service, id]))
}

/** How many companies have contracted a function and follow its standard for at least one kind of fees. */
export const countFollowers = async (db: Tx, service: FeeService): Promise<number> => {
  const kinds = feeKinds.filter(kind => serviceOf(kind) === service)
  const [row] = await db.$queryRaw<{ companies: number }[]>`
    SELECT count(*)::int AS companies FROM company_service s
     WHERE s.service_code = ${service}
       AND (SELECT count(*) FROM company_fee f
             WHERE f.company_id = s.company_id AND f.kind::text = ANY(${kinds}::text[])
               AND NOT f.follows_standard) < ${kinds.length}`
  return row?.companies ?? 0
}
