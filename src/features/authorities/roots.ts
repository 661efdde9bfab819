import { X509Certificate } from 'node:crypto'
import type { Deps } from '../../deps.ts'
import type { SystemActor } from '../../kernel/actor.ts'
import { hour, plusSeconds } from '../../kernel/clock.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import {
  createRootCa,
  emptyListOf,
  type MadeCa,
  openCaKey,
  sealCaKey,
} from '../../platform/ca/embedded-ca.ts'
import { inTx } from '../../platform/db/in-tx.ts'
import { fingerprintOf } from '../../platform/tls/listeners.ts'
import { RootCreated, RootExported } from './events.ts'
import { bank } from './issuers.ts'

const rootName = 'Sekisho Root CA'
/** Outlasts the authorities it signs, and the next ones after them. */
const rootYears = 40

export type Root = { id: string; name: string; notAfter: Date; authority: MadeCa }

/** The root to sign a new authority by: the one whose key is here, made where there is none, or the one brought back. */
export const rootToSignBy = async (
  deps: Deps,
  actor: SystemActor,
  which: 'root' | MadeCa,
): Promise<Result<Root, 'issuer.rootUnknown'>> => {
  if (which === 'root') return ok((await keptRoot(deps)) ?? (await makeRoot(deps, actor)))
  const rows = await deps.db.issuerRoot.findMany()
  const row = rows.find(({ certificateDer }) => which.certificateDer.equals(certificateDer))
  return row
    ? ok({ id: row.id, name: row.name, notAfter: row.notAfter, authority: which })
    : refuse('issuer.rootUnknown')
}

/** The newest root whose key is here; null where there is none, or it has been exported. */
export const keptRoot = async (deps: Pick<Deps, 'db' | 'secretBox'>): Promise<Root | null> => {
  const row = await deps.db.issuerRoot.findFirst({
    where: { sealedKey: { not: null } },
    orderBy: { createdAt: 'desc' },
  })
  if (!row?.sealedKey) return null
  const { id, name, notAfter } = row
  const privateKey = openCaKey(deps.secretBox, id, row.sealedKey)
  return { id, name, notAfter, authority: { certificateDer: Buffer.from(row.certificateDer), privateKey } }
}

const makeRoot = async (deps: Deps, actor: SystemActor): Promise<Root> => {
  const createdAt = deps.clock.now()
  const clock = { now: () => plusSeconds(createdAt, -hour) }
  const generation = (await deps.db.issuerRoot.count()) + 1
  const name = generation === 1 ? rootName : `${rootName} G${generation}`
  const authority = await createRootCa({ name, organization: bank, years: rootYears, clock })
  const crlDer = await emptyListOf(authority, clock)
  const certificate = new X509Certificate(authority.certificateDer)
  const id = deps.ids.next()
  const notAfter = certificate.validToDate
  await inTx(deps, async tx => {
    await tx.issuerRoot.create({
      data: {
        id,
        name,
        certificateDer: new Uint8Array(authority.certificateDer),
        sealedKey: new Uint8Array(sealCaKey(deps.secretBox, id, authority.privateKey)),
        crlDer: new Uint8Array(crlDer),
        notAfter,
        createdAt,
      },
    })
    await audit.record(deps, tx, RootCreated, {
      actor,
      companyId: null,
      details: {
        name,
        fingerprint: fingerprintOf(certificate.fingerprint256),
        notAfter: notAfter.toISOString(),
      },
    })
  })
  return { id, name, notAfter, authority }
}

/** Erases the key of a root that has been written to a file and read back from it; its certificates stay good. */
export const forgetRootKey = (deps: Deps, actor: SystemActor, root: Root): Promise<void> =>
  inTx(deps, async tx => {
    const moved = await tx.issuerRoot.updateMany({
      where: { id: root.id, sealedKey: { not: null } },
      data: { sealedKey: null, exportedAt: deps.clock.now() },
    })
    if (moved.count === 0) return
    const { fingerprint256 } = new X509Certificate(root.authority.certificateDer)
    await audit.record(deps, tx, RootExported, {
      actor,
      companyId: null,
      details: { name: root.name, fingerprint: fingerprintOf(fingerprint256) },
    })
  })
