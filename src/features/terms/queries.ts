import type { Deps } from '../../deps.ts'
import { Prisma } from '../../generated/prisma/client.ts'
import type { StaffActor } from '../../kernel/actor.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import { read } from '../../platform/db/read.ts'

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

/**
 * The 利用規定 in force at an entrance; null where the bank has published none for it (B-15). What counts is when a version
 * comes into force: one announced for a later day does so, whatever was published and in force meanwhile.
 */
export const termsInForce = async (
  deps: Pick<Deps, 'clock'>,
  db: Pick<Tx, '$queryRaw'>,
  entranceId: string,
): Promise<TermsVersion | null> => {
  const [inForce] = await read<TermsVersion>(db)`
    SELECT id, version, text_ja AS "textJa", text_en AS "textEn", must_accept AS "mustAccept",
           effective_at AS "effectiveAt"
      FROM terms WHERE entrance_id = ${entranceId}::uuid AND effective_at <= ${deps.clock.now()}::timestamptz
     ORDER BY effective_at DESC, version DESC LIMIT 1`
  return inForce ?? null
}

/**
 * Whether the user `u` of the company `c`, in whatever statement this is put into, must accept the terms before going on:
 * they have accepted neither the last version that asks for it nor one in force after it, which says as much (B-15).
 */
export const owesTerms = (now: Date): Prisma.Sql => Prisma.sql`
  EXISTS (
    SELECT FROM terms asking
     WHERE asking.entrance_id = c.entrance_id AND asking.must_accept AND asking.effective_at <= ${now}::timestamptz
       AND NOT EXISTS (
         SELECT FROM terms_acceptance a JOIN terms accepted ON accepted.id = a.terms_id
          WHERE a.company_id = u.company_id AND a.user_id = u.id
            AND accepted.entrance_id = c.entrance_id
            AND (accepted.effective_at, accepted.version) >= (asking.effective_at, asking.version)))`

/** The version that this user must accept before going on: the one in force at their entrance, where they owe it; else null. */
export const termsDue = async (
  deps: Pick<Deps, 'clock'>,
  tx: Pick<Tx, '$queryRaw'>,
  userId: string,
): Promise<TermsVersion | null> => {
  const now = deps.clock.now()
  const [due] = await tx.$queryRaw<TermsVersion[]>`
    SELECT t.id, t.version, t.text_ja AS "textJa", t.text_en AS "textEn", t.must_accept AS "mustAccept",
           t.effective_at AS "effectiveAt"
      FROM "user" u
      JOIN company c ON c.id = u.company_id
      JOIN terms t ON t.entrance_id = c.entrance_id AND t.effective_at <= ${now}::timestamptz
     WHERE u.id = ${userId}::uuid AND ${owesTerms(now)}
     ORDER BY t.effective_at DESC, t.version DESC
     LIMIT 1`
  return due ?? null
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

/** One version of an entrance's terms, for staff; null where there is none of that number. */
export const findTerms = async (
  deps: Pick<Deps, 'db'>,
  _actor: StaffActor,
  entranceId: string,
  version: string,
): Promise<TermsVersion | null> =>
  /^[1-9]\d{0,8}$/.test(version)
    ? deps.db.terms.findUnique({
        where: { entranceId_version: { entranceId, version: Number(version) } },
        select: columns,
      })
    : null
