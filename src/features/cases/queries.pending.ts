import type { Deps } from '../../deps.ts'
import type { StaffActor } from '../../kernel/actor.ts'
import { codeRules } from '../codes/index.ts'
import { resetRule } from '../forgotten-passwords/index.ts'
import { type Delivery, deliveries } from './case.ts'
import { viewing } from './queries.ts'

/** What has been made for a customer and is still to be typed, opened, fetched or printed (H-02); never its value. */
export type Pending = {
  issuedAt: Date | null
  until: Date
  /** Wrong tries, of how many; null where nobody types it yet. */
  tries: { made: number; atMost: number } | null
} & (
  | { kind: 'code'; purpose: string; channel: 'mail' | 'sms' }
  | { kind: 'link' }
  | { kind: 'secret'; opens: string[]; delivery: Delivery | null; caseId: string | null }
)

const ruleOf = (purpose: string): { tries: number } =>
  codeRules[purpose as keyof typeof codeRules] ?? { tries: 0 }

/** Codes and links on their way to a user, and what waits to be handed over to them, the first to end first (H-02). */
export const pendingFor = async (
  { db, clock }: Pick<Deps, 'db' | 'clock'>,
  actor: StaffActor,
  { companyId, id: userId }: { companyId: string; id: string },
): Promise<Pending[]> => {
  viewing(actor)
  const now = clock.now()
  const usable = { companyId, userId, usedAt: null, voidedAt: null, expiresAt: { gt: now } }
  const columns = { issuedAt: true, expiresAt: true, tries: true } as const
  const codes = await db.authenticationCode.findMany({
    where: usable,
    select: { ...columns, purpose: true, channel: true },
  })
  const links = await db.passwordReset.findMany({ where: usable, select: columns })
  const secrets = await db.shownOnce.findMany({
    where: { companyId, userId, sealed: { not: null }, keptUntil: { gt: now } },
    select: { id: true, opens: true, keptUntil: true },
  })
  const cases = await db.helpdeskCase.findMany({
    where: { id: { in: secrets.map(({ id }) => id) }, companyId, userId },
    select: { id: true, proposal: true, decidedAt: true },
  })
  const all: Pending[] = [
    ...codes.map(({ purpose, channel, issuedAt, expiresAt, tries }) => ({
      kind: 'code' as const,
      ...{ purpose, channel, issuedAt, until: expiresAt },
      tries: { made: tries, atMost: ruleOf(purpose).tries },
    })),
    ...links.map(({ issuedAt, expiresAt, tries }) => ({
      kind: 'link' as const,
      ...{ issuedAt, until: expiresAt },
      tries: { made: tries, atMost: resetRule.tries },
    })),
    ...secrets.map(({ id, opens, keptUntil }) => {
      const made = cases.find(each => each.id === id)
      const { delivery } = (made?.proposal ?? {}) as { delivery?: string }
      return {
        kind: 'secret' as const,
        ...{ opens, until: keptUntil, tries: null, issuedAt: made?.decidedAt ?? null },
        delivery: deliveries.find(each => each === delivery) ?? null,
        caseId: made?.id ?? null,
      }
    }),
  ]
  return all
    .filter(({ tries }) => !tries || tries.made < tries.atMost)
    .toSorted((one, other) => one.until.getTime() - other.until.getTime())
}
