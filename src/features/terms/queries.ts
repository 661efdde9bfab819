import type { Deps } from '../../deps.ts'
import type { StaffActor } from '../../kernel/actor.ts'
import type { Tx } from '../../platform/db/in-tx.ts'

export type TermsVersion = {
  id: string
  version: number
  textJa: string
  textEn: string
  mustAccept: boolean
  effectiveAt: Date
}

const columns = {
  id: true,
  version: true,
  textJa: true,
  textEn: true,
  mustAccept: true,
  effectiveAt: true,
} as const

/** The 利用規定 in force at an entrance; null where the bank has published none for it (B-15). */
export const termsInForce = (
  deps: Pick<Deps, 'clock'>,
  db: Pick<Tx, 'terms'>,
  entranceId: string,
): Promise<TermsVersion | null> =>
  db.terms.findFirst({
    where: { entranceId, effectiveAt: { lte: deps.clock.now() } },
    orderBy: { version: 'desc' },
    select: columns,
  })

/** The version that this user must accept before going on: the last one in force that asks for it; else null. */
export const termsDue = async (
  deps: Pick<Deps, 'clock'>,
  tx: Pick<Tx, 'terms' | 'termsAcceptance' | 'user'>,
  userId: string,
): Promise<TermsVersion | null> => {
  const { company } = await tx.user.findUniqueOrThrow({
    where: { id: userId },
    select: { company: { select: { entranceId: true } } },
  })
  const demanded = await tx.terms.findFirst({
    where: { entranceId: company.entranceId, mustAccept: true, effectiveAt: { lte: deps.clock.now() } },
    orderBy: { version: 'desc' },
    select: { version: true },
  })
  if (!demanded) return null
  // Whoever accepted a later version, though it did not ask for it, has accepted what this one says.
  const accepted = await tx.termsAcceptance.count({
    where: {
      userId,
      terms: { entranceId: company.entranceId, version: { gte: demanded.version } },
    },
  })
  return accepted > 0 ? null : termsInForce(deps, tx, company.entranceId)
}

/** A version as the helpdesk lists it. */
export type PublishedTerms = TermsVersion & {
  publishedAt: Date
  publishedBy: string | null
  accepted: number
}

/** Every version of an entrance's terms, the newest first, with who published it and how many accepted it. */
export const listTerms = async (
  deps: Pick<Deps, 'db'>,
  _actor: StaffActor,
  entranceId: string,
): Promise<PublishedTerms[]> => {
  const rows = await deps.db.terms.findMany({
    where: { entranceId },
    orderBy: { version: 'desc' },
    take: 50,
    select: {
      ...columns,
      publishedAt: true,
      publishedBy: { select: { name: true } },
      _count: { select: { acceptances: true } },
    },
  })
  return rows.map(({ publishedBy, _count, ...row }) => ({
    ...row,
    publishedBy: publishedBy?.name ?? null,
    accepted: _count.acceptances,
  }))
}
