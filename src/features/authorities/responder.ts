import { createPrivateKey } from 'node:crypto'
import type { Deps } from '../../deps.ts'
import { system } from '../../kernel/actor.ts'
import { day, hour, plusSeconds } from '../../kernel/clock.ts'
import * as audit from '../../platform/audit/audit.ts'
import { generateKeys } from '../../platform/ca/keys.ts'
import { type OcspSigner, ocspSigner } from '../../platform/ca/ocsp.ts'
import type { Db } from '../../platform/db/client.ts'
import { inTx } from '../../platform/db/in-tx.ts'
import { fingerprintOf } from '../../platform/tls/listeners.ts'
import { ResponderCertified } from './events.ts'
import { authorityOf } from './opened.ts'

/** A responder's certificate can't be revoked in any way that clients would see: it lives for days (RFC 6960). */
const responderLife = 7 * day
/** A new one is made when fewer seconds than these are left. */
const renewedBefore = 4 * day

const keyContext = (id: string): string => `ocsp-responder:${id}`

/**
 * Gets the OCSP responder a certificate of its own from an authority, where it has none that lasts. Several copies of
 * the program at once get one. An authority that answers such requests itself gives none.
 */
export const ensureResponder = async (deps: Deps, issuerId: string): Promise<void> => {
  const now = deps.clock.now()
  const lasting = { issuerId, notAfter: { gt: plusSeconds(now, renewedBefore) } }
  if ((await deps.db.ocspResponder.count({ where: lasting })) > 0) return
  const authority = await authorityOf(deps, issuerId)
  const { publicKey, privateKey } = await generateKeys('p-256')
  await inTx(deps, async tx => {
    await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`sekisho/ocsp/${issuerId}`}, 0))`
    if ((await tx.ocspResponder.count({ where: lasting })) > 0) return
    const certificate = await authority.certifyResponder({
      publicKey,
      privateKey,
      notBefore: plusSeconds(now, -hour),
      notAfter: plusSeconds(now, responderLife),
    })
    if (!certificate) return
    const id = deps.ids.next()
    const key = privateKey.export({ type: 'pkcs8', format: 'der' })
    try {
      await tx.ocspResponder.create({
        data: {
          id,
          issuerId,
          certificateDer: new Uint8Array(certificate.der),
          sealedKey: new Uint8Array(deps.secretBox.seal(key, keyContext(id))),
          notBefore: certificate.notBefore,
          notAfter: certificate.notAfter,
        },
      })
    } finally {
      key.fill(0)
    }
    await tx.ocspResponder.deleteMany({ where: { issuerId, notAfter: { lt: now } } })
    await audit.record(deps, tx, ResponderCertified, {
      actor: system('ocsp-responder'),
      companyId: null,
      details: {
        issuer: authority.issuer.name,
        serial: certificate.serial,
        fingerprint: fingerprintOf(certificate.fingerprint256),
        notAfter: certificate.notAfter.toISOString(),
      },
    })
  })
}

type Open = { signer: OcspSigner; notAfter: Date; lookedAt: Date }
const open = new WeakMap<Db, Map<string, Open>>()

/** How long an opened responder is used before it is looked whether there is a newer one, in seconds. */
const lookAgain = hour

/** The responder of an authority, ready to sign; undefined until there is one that is good now. */
export const responderOf = async (
  deps: Pick<Deps, 'db' | 'clock' | 'secretBox'>,
  issuerId: string,
): Promise<OcspSigner | undefined> => {
  const now = deps.clock.now()
  const known = open.get(deps.db) ?? new Map<string, Open>()
  open.set(deps.db, known)
  const kept = known.get(issuerId)
  if (kept && kept.notAfter > now && kept.lookedAt > plusSeconds(now, -lookAgain)) return kept.signer
  const row = await deps.db.ocspResponder.findFirst({
    where: { issuerId, notBefore: { lte: now }, notAfter: { gt: now } },
    orderBy: { notAfter: 'desc' },
  })
  if (!row) return undefined
  const plain = deps.secretBox.open(row.sealedKey, keyContext(row.id))
  try {
    const key = createPrivateKey({ key: plain, type: 'pkcs8', format: 'der' })
    const signer = ocspSigner(row.certificateDer, key)
    known.set(issuerId, { signer, notAfter: row.notAfter, lookedAt: now })
    return signer
  } finally {
    plain.fill(0)
  }
}
