import { Prisma } from '../../generated/prisma/client.ts'
import { plusSeconds } from '../../kernel/clock.ts'
import { purposesThatVoid, unusedSince } from './certificate.ts'

/**
 * `standingOf(…) === 'usable'` of the certificate `k` of a statement, where a company's are counted and not read one by one;
 * a test holds the two to each other.
 */
export const usableInSql = (now: Date): Prisma.Sql => Prisma.sql`(
  (k.not_after IS NULL OR k.not_after > ${plusSeconds(now, -1)})
  AND (k.state = 'active'
    OR k.state = 'delivered' AND NOT coalesce(
         k.purpose::text = ANY(${purposesThatVoid}) AND k.signed_at < ${unusedSince(now)}
         AND EXISTS (SELECT FROM certificate_delivery d WHERE d.certificate_id = k.id), false)))`
