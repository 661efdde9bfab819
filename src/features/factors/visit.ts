import type { Deps } from '../../deps.ts'
import { companyOf, type LiveSession } from '../../platform/http/live-session.ts'
import { policyOf } from '../../policy/policy.ts'
import { type FactorKind, factorsAtLogin, factorsOf } from '../../policy/second-factor.ts'
import { type Holdings, heldAmong, holdingsOf } from './queries.ts'

/** What a session in stage `second_factor` may go on with. */
export type SecondFactorChoice = {
  holdings: Holdings
  /** Factors the user holds among those that finish this login. */
  usable: readonly FactorKind[]
  /** A recovery code may stand in for a factor that was lost. */
  recovery: boolean
  /**
   * What may be registered right now, with the password alone: only where the user holds nothing that the policy takes
   * (B-17: a lost token, revoked by the administrator, is registered anew). A passkey never: it replaces a certificate.
   */
  registrable: readonly FactorKind[]
}

export const policyOfSession = (live: LiveSession) => policyOf(companyOf(live))

/** Reads what this login may go on with; GET and POST of its page share it (house rule 8). */
export const choiceOf = async (deps: Deps, live: LiveSession): Promise<SecondFactorChoice> => {
  const accepted = factorsAtLogin(policyOfSession(live).login, live.certificateId !== null)
  const holdings = await holdingsOf(deps.db, { companyId: companyOf(live).id, userId: live.actor.id })
  const usable = heldAmong(holdings, accepted)
  return {
    holdings,
    usable,
    recovery: usable.length > 0 && (holdings.recovery?.left ?? 0) > 0,
    registrable: usable.length > 0 ? [] : accepted.filter(kind => kind !== 'passkey'),
  }
}

/** The factors that this company's users may hold at all. */
export const factorsOfSession = (live: LiveSession): readonly FactorKind[] =>
  factorsOf(policyOfSession(live).login)
