import { X509Certificate } from 'node:crypto'
import type { Deps } from '../../deps.ts'
import type { IssuerKind } from '../../generated/prisma/enums.ts'
import type { SystemActor } from '../../kernel/actor.ts'
import * as audit from '../../platform/audit/audit.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import { fingerprintOf } from '../../platform/tls/listeners.ts'
import { IssuerRetired } from './events.ts'

/**
 * Has every authority of a kind sign no more from `at` on, within the transaction that puts another in its place; their
 * certificates and lists live on (C-16). Gives their names.
 */
export const retireOthers = async (
  deps: Deps,
  tx: Tx,
  actor: SystemActor,
  kind: IssuerKind,
  at: Date,
): Promise<string[]> => {
  const issuers = await tx.issuer.findMany({ where: { kind, retiredAt: null } })
  for (const { id, name, certificateDer } of issuers) {
    await tx.issuer.update({ where: { id }, data: { retiredAt: at } })
    await audit.record(deps, tx, IssuerRetired, {
      actor,
      companyId: null,
      details: {
        name,
        issuesFor: kind,
        fingerprint: fingerprintOf(new X509Certificate(certificateDer).fingerprint256),
        retiredAt: at.toISOString(),
      },
    })
  }
  return issuers.map(({ name }) => name)
}
