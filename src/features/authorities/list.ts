import { X509Certificate } from 'node:crypto'
import type { Deps } from '../../deps.ts'
import type { IssuerBackend, IssuerKind } from '../../generated/prisma/enums.ts'
import { plusSeconds } from '../../kernel/clock.ts'
import { warnedBefore } from './renewal.ts'

export type ListedIssuer = {
  id: string
  kind: IssuerKind
  backend: IssuerBackend
  name: string
  /** What it does now: it signs, will from a moment on, or signs no more; ended ones verify nothing any longer. */
  standing: 'signs' | 'waits' | 'retired' | 'ended'
  signsFrom: Date | null
  retiredAt: Date | null
  notAfter: Date
  /** Whether it is time for a rollover: it would be outlived before long (C-16). */
  ending: boolean
  /** The root above it, by name; null where it signed its own certificate. */
  root: string | null
  /** Its certificates that people may still use. */
  usable: number
  /** The list of revocations in force. */
  list: { number: number; thisUpdate: Date; nextUpdate: Date } | null
  certificatePem: string
}

/** Every issuing authority there has been, the oldest first. */
export const listIssuers = async (deps: Pick<Deps, 'db' | 'clock'>): Promise<ListedIssuer[]> => {
  const now = deps.clock.now()
  const rows = await deps.db.issuer.findMany({
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
    include: {
      crls: {
        orderBy: { number: 'desc' },
        take: 1,
        select: { number: true, thisUpdate: true, nextUpdate: true },
      },
      _count: {
        select: {
          certificates: {
            where: { state: { in: ['signed', 'delivered', 'active'] }, notAfter: { gt: now } },
          },
        },
      },
    },
  })
  return rows.map(row => {
    const standing = standingOf(row, now)
    const top = row.chainDer.at(-1)
    return {
      id: row.id,
      kind: row.kind,
      backend: row.backend,
      name: row.name,
      standing,
      signsFrom: row.signsFrom,
      retiredAt: row.retiredAt,
      notAfter: row.notAfter,
      ending: (standing === 'signs' || standing === 'waits') && row.notAfter < plusSeconds(now, warnedBefore),
      root: top ? new X509Certificate(top).subject.replaceAll('\n', ', ') : null,
      usable: row._count.certificates,
      list: row.crls[0] ?? null,
      certificatePem: new X509Certificate(row.certificateDer).toString(),
    }
  })
}

const standingOf = (
  row: { signsFrom: Date | null; retiredAt: Date | null; notAfter: Date },
  now: Date,
): ListedIssuer['standing'] => {
  if (row.notAfter <= now) return 'ended'
  if (row.retiredAt && row.retiredAt <= now) return 'retired'
  return row.signsFrom && row.signsFrom > now ? 'waits' : 'signs'
}
