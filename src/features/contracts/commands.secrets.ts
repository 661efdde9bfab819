import type { Deps } from '../../deps.ts'
import type { StaffActor } from '../../kernel/actor.ts'
import { SecretShown, type ShownAs, type ShownSecret } from '../cases/index.ts'
import type { OfficerProof } from '../officer-proof/index.ts'
import { fetchSecret } from '../two-officers/index.ts'
import type { ContractCase } from './queries.cases.ts'

/** Shows what a case about a contract made, once (`fetchSecret`); the company's history has who fetched it. */
export const fetchContractSecret = <T>(
  deps: Deps,
  actor: StaffActor,
  proof: OfficerProof,
  found: ContractCase,
  as: ShownAs,
  make: (values: Record<string, string>) => Promise<T>,
) =>
  fetchSecret(
    deps,
    actor,
    proof,
    found,
    'case:open',
    {
      event: SecretShown,
      companyId: found.companyId,
      details: { caseId: found.id, caseKind: found.kind, shownAs: as },
    },
    make,
  )

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
