import type { Deps } from '../../deps.ts'
import type { StaffActor } from '../../kernel/actor.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import { showOnce } from '../../platform/shown-once.ts'
import { can } from '../../policy/can.ts'
import { SecretShown, type ShownAs, type ShownSecret } from '../cases/index.ts'
import type { OfficerProof } from '../officer-proof/index.ts'
import { stillMay } from '../officer-standing/index.ts'
import type { ContractCase } from './queries.cases.ts'

/** Who fetches what a case made: the officer who prepared it or the one who approved it (H-05). */
export const mayFetch = (
  actor: StaffActor,
  { preparedById, approvedById }: Pick<ContractCase, 'preparedById' | 'approvedById'>,
): boolean => can(actor, 'case:open') && (actor.id === preparedById || actor.id === approvedById)

/**
 * Shows what a case about a contract made, once (H-05): `make` makes the page or the letter of its sealed values, and the
 * company's history has who fetched it. Refuses other officers, whoever may open no cases any more, and what was shown or is over.
 */
export const fetchContractSecret = async <T>(
  deps: Deps,
  actor: StaffActor,
  proof: OfficerProof,
  found: ContractCase,
  as: ShownAs,
  make: (values: Record<string, string>) => Promise<T>,
): Promise<Result<T, 'case.notYourSecret' | 'case.secretGone'>> => {
  if (proof.officerId !== actor.id) throw new Error('the proof is another officer’s')
  const entry = {
    actor,
    companyId: found.companyId,
    details: { caseId: found.id, caseKind: found.kind, shownAs: as },
  }
  let mine = mayFetch(actor, found)
  const made = mine
    ? await showOnce(
        deps,
        found.id,
        make,
        async tx => {
          await audit.record(deps, tx, SecretShown, entry)
        },
        async tx => {
          mine = await stillMay(tx, actor, 'case:open')
          return mine
        },
      )
    : undefined
  if (made !== undefined) return ok(made)
  const reason = mine ? 'case.secretGone' : 'case.notYourSecret'
  await audit.recordAlone(deps, SecretShown, { ...entry, outcome: 'refused', reason })
  return refuse(reason)
}

/** The first passwords of a company's first user, of the values that were sealed. */
export const firstSecretsIn = (values: Record<string, string>): ShownSecret[] => [
  {
    kind: values.kind === 'initial' ? 'initial' : 'login',
    password: values.password ?? '',
    until: new Date(values.until ?? ''),
  },
  ...(values.acquisition && values.acquisitionUntil
    ? [
        {
          kind: 'acquisition' as const,
          password: values.acquisition,
          until: new Date(values.acquisitionUntil),
        },
      ]
    : []),
]
