import type { Deps } from '../../deps.ts'
import type { Actor, StaffActor, UserActor } from '../../kernel/actor.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import { isUniqueViolation } from '../../platform/db/errors.ts'
import { inTx } from '../../platform/db/in-tx.ts'
import type { LiveSession } from '../../platform/http/live-session.ts'
import type { Stage } from '../../platform/http/policy.ts'
import { stillMay } from '../officer-standing/index.ts'
import { type AdvanceRefusal, advanceSession } from '../sessions/index.ts'
import { TermsAccepted, TermsPublished } from './events.ts'
import { termsDue } from './queries.ts'

/**
 * Records that a user accepts the version they were shown, and opens the portal under a new token: nothing comes after
 * the terms (B-15). Refuses where another version has come into force meanwhile, for nobody accepts what they haven't
 * seen.
 */
export const acceptTerms = (
  deps: Deps,
  actor: UserActor,
  session: LiveSession,
  shownId: string,
): Promise<Result<{ token: string; stage: Stage }, 'terms.changed' | AdvanceRefusal>> =>
  inTx(deps, async tx => {
    const due = await termsDue(deps, tx, actor.id)
    if (due && due.id !== shownId) return refuse('terms.changed')
    const advanced = await advanceSession(deps, tx, session.id, 'terms', 'open')
    if (!advanced.ok) return advanced
    if (due) {
      await tx.termsAcceptance.create({
        data: {
          companyId: actor.companyId,
          userId: actor.id,
          termsId: due.id,
          acceptedAt: deps.clock.now(),
        },
      })
      await audit.record(deps, tx, TermsAccepted, {
        actor,
        companyId: actor.companyId,
        subject: { kind: 'user', id: actor.id, label: actor.loginId },
        details: { version: due.version },
      })
    }
    return ok({ token: advanced.value, stage: 'open' })
  })

export type NewTerms = { textJa: string; textEn: string; mustAccept: boolean; effectiveAt: Date }

/**
 * Publishes the next version of an entrance's terms (B-15). A version is never edited. Refuses an entrance that there
 * is not, and a version that somebody else has just published.
 */
export const publishTerms = async (
  deps: Deps,
  actor: StaffActor | (Actor & { kind: 'system' }),
  slug: string,
  terms: NewTerms,
): Promise<Result<{ version: number }, 'access.forbidden' | 'terms.noEntrance' | 'terms.changed'>> => {
  try {
    return await inTx(deps, async tx => {
      if (actor.kind === 'staff' && !(await stillMay(tx, actor, 'terms:publish')))
        return refuse('access.forbidden')
      const entrance = await tx.entrance.findUnique({ where: { slug }, select: { id: true } })
      if (!entrance) return refuse('terms.noEntrance')
      const last = await tx.terms.findFirst({
        where: { entranceId: entrance.id },
        orderBy: { version: 'desc' },
        select: { version: true },
      })
      const version = (last?.version ?? 0) + 1
      await tx.terms.create({
        data: {
          id: deps.ids.next(),
          entranceId: entrance.id,
          version,
          ...terms,
          publishedAt: deps.clock.now(),
          publishedById: actor.kind === 'staff' ? actor.id : null,
        },
      })
      await audit.record(deps, tx, TermsPublished, {
        actor,
        companyId: null,
        details: {
          entrance: slug,
          version,
          mustAccept: terms.mustAccept,
          effectiveAt: terms.effectiveAt.toISOString(),
        },
      })
      return ok({ version })
    })
  } catch (error) {
    if (isUniqueViolation(error, 'terms_entrance_id_version_key')) return refuse('terms.changed')
    throw error
  }
}
