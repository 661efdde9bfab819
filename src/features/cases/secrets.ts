import type { Deps } from '../../deps.ts'
import type { StaffActor } from '../../kernel/actor.ts'
import { plusSeconds } from '../../kernel/clock.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import { randomPassword } from '../../platform/random.ts'
import { eraseReplaced, keepOnce } from '../../platform/shown-once.ts'
import type { OfficerProof } from '../officer-proof/index.ts'
import { makeTemporaryPassword } from '../passwords/index.ts'
import { fetchedUntil, fetchSecret } from '../two-officers/index.ts'
import { type SecretKind, secretOf } from './acts.ts'
import type { CustomerAct } from './case.ts'
import { SecretShown } from './events.ts'
import type { Case } from './queries.cases.ts'
import type { Customer } from './queries.ts'

/** A secret made for a customer: its value goes into the sealed row alone, its hash to where it is asked for. */
export type MadeSecret = {
  kind: SecretKind
  password: string
  hash: string
  until: Date
  /** What its owner is told: «until the 27th, 23:59:59» rather than «until the 28th, 0:00». */
  goodThrough: Date
}

/** Makes the secret of an act, by the company's rule; null where the act makes none. Slow: it hashes. */
export const makeSecret = async (
  deps: Pick<Deps, 'clock' | 'hasher'>,
  act: CustomerAct,
  customer: Customer,
): Promise<MadeSecret | null> => {
  const kind = secretOf(act, customer)
  if (!kind) return null
  const now = deps.clock.now()
  const { policy, loginId, name, email, companyName, contractNumber } = customer
  const { password, until } =
    kind === 'acquisition'
      ? {
          password: randomPassword(),
          until: plusSeconds(now, policy.acquisitionPassword.validSeconds),
        }
      : makeTemporaryPassword(
          policy.loginPassword,
          { loginId, name, ownWords: [email, companyName, contractNumber] },
          now,
        )
  const goodThrough = kind === 'acquisition' ? until : plusSeconds(until, -1)
  return { kind, password, until, goodThrough, hash: await deps.hasher.hash(password) }
}

/**
 * Keeps a case's secret until one of its officers fetches it, once (H-05). One of the same kind that nobody has fetched yet
 * opens nothing any more, and is erased.
 */
export const keepSecret = async (
  deps: Pick<Deps, 'clock' | 'secretBox'>,
  tx: Tx,
  caseId: string,
  customer: Customer,
  { kind, password, until, goodThrough }: MadeSecret,
): Promise<void> => {
  const holder = { companyId: customer.companyId, userId: customer.id }
  // An initial password is a login password.
  const opens = kind === 'initial' ? 'login' : kind
  await eraseReplaced(tx, holder, opens)
  await keepOnce(deps, tx, {
    id: caseId,
    companyId: customer.companyId,
    values: { kind, password, until: goodThrough.toISOString() },
    until: fetchedUntil(deps.clock.now(), until),
    of: { userId: customer.id, opens: [opens] },
  })
}

/** How a secret leaves the portal: on the officer's page, to be told by telephone, or in a letter. */
export const shownAs = ['page', 'letter'] as const
export type ShownAs = (typeof shownAs)[number]

/** A secret as it is shown: what it opens, and until when. */
export type ShownSecret = { kind: SecretKind; password: string; until: Date }

/** Shows the secret of a case about a customer, once (`fetchSecret`); the company's history has who fetched it. */
export const fetchCustomerSecret = <T>(
  deps: Deps,
  actor: StaffActor,
  proof: OfficerProof,
  found: Case,
  as: ShownAs,
  make: (secret: ShownSecret) => Promise<T>,
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
      subject: { kind: 'user', id: found.userId, label: found.loginId },
      details: { caseId: found.id, caseKind: found.kind, shownAs: as },
    },
    ({ kind, password = '', until = '' }) =>
      make({ kind: kind as SecretKind, password, until: new Date(until) }),
  )
