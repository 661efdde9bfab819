import { X509Certificate } from 'node:crypto'
import type { Deps } from '../../deps.ts'
import type { IssuerKind } from '../../generated/prisma/enums.ts'
import { system } from '../../kernel/actor.ts'
import { hour, plusSeconds } from '../../kernel/clock.ts'
import * as audit from '../../platform/audit/audit.ts'
import { createCa, sealCaKey } from '../../platform/ca/embedded-ca.ts'
import { inTx } from '../../platform/db/in-tx.ts'
import { fingerprintOf } from '../../platform/tls/listeners.ts'
import { IssuerCreated } from './events.ts'
import { adoptExternal } from './external.ts'

/** The organization that issues: it stands in the authorities' own names and in the staff's certificates. */
export const bank = 'Sekisho'

export const issuerNames: Record<IssuerKind, string> = {
  users: 'Sekisho Users CA',
  staff: 'Sekisho Staff CA',
}

/** Long enough to outlast the last certificate it signs by far; a rollover makes the next (C-16). */
export const issuerYears = 20

const present = async (db: Pick<Deps['db'], 'issuer'>): Promise<Set<IssuerKind>> => {
  const rows = await db.issuer.findMany({ where: { retiredAt: null }, select: { kind: true } })
  return new Set(rows.map(row => row.kind))
}

/**
 * Makes the authority for users and the one for staff where they are missing, with their keys sealed (C-16, H-01), and
 * takes on the one of the settings for users. Two copies of the program that start at once make one of each.
 */
export const ensureIssuers = async (deps: Deps): Promise<void> => {
  const { externalCa } = deps.settings
  if (externalCa) await adoptExternal(deps, externalCa)
  const there = await present(deps.db)
  const missing = (Object.keys(issuerNames) as IssuerKind[]).filter(kind => !there.has(kind))
  if (missing.length === 0) return
  // Keys take seconds: made before the lock is taken, and thrown away if another copy was quicker.
  const drafts = await Promise.all(missing.map(kind => draftIssuer(deps, kind)))
  await inTx(deps, async tx => {
    await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended('sekisho/issuers', 0))`
    const meanwhile = await present(tx)
    for (const draft of drafts.filter(({ row }) => !meanwhile.has(row.kind))) {
      await tx.issuer.create({ data: draft.row })
      await audit.record(deps, tx, IssuerCreated, {
        actor: system('issuers'),
        companyId: null,
        details: {
          name: draft.row.name,
          issuesFor: draft.row.kind,
          fingerprint: draft.fingerprint,
          notAfter: draft.row.notAfter.toISOString(),
        },
      })
    }
  })
}

const draftIssuer = async (deps: Deps, kind: IssuerKind) => {
  const createdAt = deps.clock.now()
  const id = deps.ids.next()
  const { certificateDer, privateKey } = await createCa({
    name: issuerNames[kind],
    organization: bank,
    years: issuerYears,
    // Its first certificates begin some minutes back: none of them may begin before their issuer.
    clock: { now: () => plusSeconds(createdAt, -hour) },
  })
  const certificate = new X509Certificate(certificateDer)
  return {
    fingerprint: fingerprintOf(certificate.fingerprint256),
    row: {
      id,
      kind,
      name: issuerNames[kind],
      certificateDer: new Uint8Array(certificateDer),
      sealedKey: new Uint8Array(sealCaKey(deps.secretBox, id, privateKey)),
      notAfter: certificate.validToDate,
      createdAt,
    },
  }
}

/**
 * Certificates of every issuing authority in PEM, the retired ones too, since theirs live on, with the roots above
 * them: what the certificate listener asks browsers for and verifies against. Each once.
 */
export const issuerCertificates = async (deps: Pick<Deps, 'db'>): Promise<string[]> => {
  const rows = await deps.db.issuer.findMany({
    orderBy: { createdAt: 'asc' },
    select: { certificateDer: true, chainDer: true },
  })
  const all = rows.flatMap(row => [row.certificateDer, ...row.chainDer])
  return [...new Set(all.map(der => new X509Certificate(der).toString()))]
}

/** Chains by authority, for each database: what a row names never changes. */
const chains = new WeakMap<Deps['db'], Map<string, Uint8Array[]>>()

/** The certificates that go with one of this authority's, from the authority's own up to the root's, in DER. */
export const chainOf = async (deps: Pick<Deps, 'db'>, issuerId: string): Promise<Uint8Array[]> => {
  const known = chains.get(deps.db) ?? new Map<string, Uint8Array[]>()
  chains.set(deps.db, known)
  const chain = known.get(issuerId)
  if (chain) return chain
  const { certificateDer, chainDer } = await deps.db.issuer.findUniqueOrThrow({
    where: { id: issuerId },
    select: { certificateDer: true, chainDer: true },
  })
  const found = [certificateDer, ...chainDer]
  known.set(issuerId, found)
  return found
}

/** The certificate of an issuing authority in DER, for whoever builds the chain from one of its certificates. */
export const findIssuerCertificate = async (
  deps: Pick<Deps, 'db'>,
  issuerId: string,
): Promise<Buffer | null> => {
  const row = await deps.db.issuer.findUnique({ where: { id: issuerId }, select: { certificateDer: true } })
  return row && Buffer.from(row.certificateDer)
}
