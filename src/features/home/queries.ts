import type { Deps } from '../../deps.ts'
import type { UserActor } from '../../kernel/actor.ts'
import type { BusinessDay } from '../../kernel/business-day.ts'
import type { LiveSession } from '../../platform/http/live-session.ts'
import { policyOf } from '../../policy/policy.ts'
import { lastDayOf } from '../passwords/index.ts'

/** The last day on which the actor's login password works; null where it does not end by itself (A-00, B-08). */
export const passwordLastDay = async (
  { db }: Pick<Deps, 'db'>,
  { companyId, id: userId }: UserActor,
  company: NonNullable<LiveSession['company']>,
): Promise<BusinessDay | null> => {
  const rule = policyOf(company).loginPassword
  if (rule.days === null) return null
  const credential = await db.credential.findFirst({
    where: { companyId, userId, kind: 'login_password' },
    select: { setOn: true },
  })
  return credential && lastDayOf(rule, credential.setOn)
}
