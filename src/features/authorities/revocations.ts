import type { CertificateState } from '../../generated/prisma/enums.ts'
import { day, plusSeconds } from '../../kernel/clock.ts'
import type { Revocation, RevocationReason } from '../../platform/ca/revocation.ts'
import type { Db, Tx } from '../../platform/db/client.ts'

/** A certificate's row as far as its state in the eyes of others goes. */
export type EndedRow = { state: CertificateState; endedAt: Date | null; endReason: string | null }

/** The reasons of a revocation in the words of RFC 5280, 5.3.1; `other` has none. */
const reasons: Record<string, RevocationReason> = {
  lost: 'keyCompromise',
  newComputer: 'superseded',
  replaced: 'superseded',
  userLeft: 'affiliationChanged',
  contractEnded: 'cessationOfOperation',
  loginIdChanged: 'affiliationChanged',
}

/** Why a certificate ended, in RFC 5280's words; undefined where those have none that fits. */
export const reasonOf = ({ state, endReason }: EndedRow): RevocationReason | undefined => {
  if (state === 'superseded') return 'superseded'
  // Never seen in a login (C-11): nobody is known to hold it.
  if (state === 'void') return 'cessationOfOperation'
  return endReason === null ? undefined : reasons[endReason]
}

/**
 * How long a list goes on naming a certificate after its last second, in seconds: it must be on one list at least that
 * was made after it (RFC 5280, 3.3), and verifiers' clocks may be behind.
 */
const keptAfterExpiry = 2 * day

/** What a list made at `now` names: everything signed that ended before its time, in the order of serials. */
export const revocationsOf = async (
  db: Pick<Db | Tx, '$queryRaw'>,
  issuerId: string,
  now: Date,
): Promise<Revocation[]> => {
  const rows = await db.$queryRaw<(EndedRow & { serial: string })[]>`
    SELECT serial, state::text AS state, ended_at AS "endedAt", end_reason AS "endReason" FROM certificate
     WHERE issuer_id = ${issuerId}::uuid AND state IN ('revoked', 'superseded', 'void') AND der IS NOT NULL
       AND not_after > ${plusSeconds(now, -keptAfterExpiry)}
     ORDER BY serial`
  return rows.map(row => {
    const reason = reasonOf(row)
    return { serial: row.serial, at: row.endedAt ?? now, ...(reason && { reason }) }
  })
}
