import { X509Certificate } from 'node:crypto'
import type { Deps } from '../../deps.ts'
import type { IssuerKind } from '../../generated/prisma/enums.ts'
import type { SystemActor } from '../../kernel/actor.ts'
import { day, hour, plusSeconds } from '../../kernel/clock.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import { createCa, createCaUnder, type MadeCa, sealCaKey } from '../../platform/ca/embedded-ca.ts'
import { inTx } from '../../platform/db/in-tx.ts'
import { fingerprintOf } from '../../platform/tls/listeners.ts'
import { statusAddresses } from './addresses.ts'
import { crlQueue } from './crl.ts'
import { IssuerCreated } from './events.ts'
import { bank, issuerNames, issuerYears } from './issuers.ts'
import { retireOthers } from './retirement.ts'
import { rootToSignBy } from './roots.ts'
import { tellIssuers } from './trust.ts'

export type Rollover = {
  kind: IssuerKind
  /**
   * What signs the new authority: itself, the root whose key is kept here (made where there is none), or a root that
   * was exported and has been brought back for the moment.
   */
  under: 'itself' | 'root' | MadeCa
  /** Seconds until it signs; listeners and fronts learn to trust it meanwhile. */
  after: number
  actor: SystemActor
}

export type RolledOver = { id: string; name: string; signsFrom: Date; notAfter: Date; retired: string[] }

/** A root must outlast what it signs by at least this much of the authority's life, in years. */
const shortestLife = 3

/**
 * Puts a new authority in the place of the one that signs for users or staff: from `after` seconds on it signs, the one
 * before signs no more, and the certificates of both are good until they end (C-16). Refuses `issuer.rootUnknown` for a
 * root that isn't one of ours, and `issuer.rootEnds` where it would not last.
 */
export const rollOver = async (
  deps: Deps,
  { kind, under, after, actor }: Rollover,
): Promise<Result<RolledOver, 'issuer.rootUnknown' | 'issuer.rootEnds'>> => {
  const now = deps.clock.now()
  const root = under === 'itself' ? undefined : await rootToSignBy(deps, actor, under)
  if (root && !root.ok) return root
  // Keys take seconds: made before the transaction begins.
  const years = root ? Math.min(issuerYears, yearsUntil(now, root.value.notAfter)) : issuerYears
  if (years < shortestLife) return refuse('issuer.rootEnds')
  const generation = (await deps.db.issuer.count({ where: { kind } })) + 1
  const wanted = {
    name: `${issuerNames[kind]} G${generation}`,
    organization: bank,
    years,
    // Its first certificates begin some minutes back: none of them may begin before their issuer.
    clock: { now: () => plusSeconds(now, -hour) },
  }
  const made = root
    ? await createCaUnder(
        { ...root.value.authority, crlUrl: statusAddresses(deps.settings, root.value.id).crlUrl },
        wanted,
      )
    : await createCa(wanted)
  const certificate = new X509Certificate(made.certificateDer)
  const id = deps.ids.next()
  const signsFrom = plusSeconds(now, after)
  return inTx(deps, async tx => {
    await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended('sekisho/issuers', 0))`
    const retired = await retireOthers(deps, tx, actor, kind, signsFrom)
    await tx.issuer.create({
      data: {
        id,
        kind,
        name: wanted.name,
        certificateDer: new Uint8Array(made.certificateDer),
        chainDer: root ? [new Uint8Array(root.value.authority.certificateDer)] : [],
        sealedKey: new Uint8Array(sealCaKey(deps.secretBox, id, made.privateKey)),
        notAfter: certificate.validToDate,
        createdAt: now,
        signsFrom,
      },
    })
    await audit.record(deps, tx, IssuerCreated, {
      actor,
      companyId: null,
      details: {
        name: wanted.name,
        issuesFor: kind,
        fingerprint: fingerprintOf(certificate.fingerprint256),
        notAfter: certificate.validToDate.toISOString(),
        ...(root && { root: root.value.name }),
      },
    })
    await tellIssuers(tx)
    // Its list and its responder, before its first certificate.
    await deps.jobs.put(tx, crlQueue, {})
    return ok({
      id,
      name: wanted.name,
      signsFrom,
      notAfter: certificate.validToDate,
      retired,
    })
  })
}

/** Whole years left, reckoned short: none of them may reach beyond the end. */
const yearsUntil = (now: Date, end: Date): number =>
  Math.floor((end.getTime() - now.getTime()) / (366 * day * 1000))
