import { hash } from 'node:crypto'
import type { Deps } from '../../deps.ts'
import { system } from '../../kernel/actor.ts'
import * as audit from '../../platform/audit/audit.ts'
import { type CertificateAuthority, type IssuedCertificate, SignedBefore } from '../../platform/ca/ca.ts'
import { generateKeys } from '../../platform/ca/keys.ts'
import type { Pkcs12Compatibility } from '../../platform/ca/pkcs12.ts'
import { inTx, type Tx } from '../../platform/db/in-tx.ts'
import * as outbox from '../../platform/outbox/outbox.ts'
import { fingerprintOf } from '../../platform/tls/listeners.ts'
import { authorityFor, authorityOf, chainOf, statusAddresses } from '../authorities/index.ts'
import { after, lifeOf, statesBefore } from './certificate.ts'
import {
  CertificatePrepared,
  CertificateSignatureLost,
  CertificateSigned,
  CertificateSigningAsked,
} from './events.ts'
import { holderOf, type Owner, ownerOf } from './holder.ts'
import { CertificateIssuedMail } from './mails.ts'
import { keyContext, passwordContext } from './request.ts'

const actor = system('certificate-issue')

/**
 * Issues a requested certificate, up to the file that its owner can download (C-10). Each step begins from what its
 * row says and ends in one transaction: cut off anywhere it may be run again, and run twice at once it still makes one
 * certificate. A certificate that has ended, or is unknown, is left alone.
 */
export const issueCertificate = async (deps: Deps, certificateId: string): Promise<void> => {
  const row = await deps.db.certificate.findUnique({
    where: { id: certificateId },
    select: { id: true, state: true, companyId: true, userId: true, staffId: true },
  })
  if (!row || !underWay.has(row.state)) return
  // Once for all steps, which take a second together.
  const owner = await ownerOf(deps.db, holderOf(row))
  if (row.state === 'requested') await prepare(deps, certificateId, owner)
  await sign(deps, certificateId, owner)
  await makeFile(deps, certificateId, owner)
}

const underWay: ReadonlySet<string> = new Set(['requested', 'prepared', 'signed'])

/** Serial, bytes to be signed and sealed key go on record before anything is signed (C-10). */
const prepare = async (deps: Deps, id: string, owner: Owner): Promise<void> => {
  const authority = await authorityFor(deps, owner.issuer)
  const { publicKey, privateKey } = await generateKeys(owner.policy.keyAlgorithm)
  const prepared = await authority.prepare({
    subject: owner.subject,
    publicKey,
    privateKey,
    ...lifeOf(deps.clock.now(), owner.policy.life),
    usage: 'client',
    ...statusAddresses(deps.settings, authority.issuer.id),
  })
  const key = privateKey.export({ type: 'pkcs8', format: 'der' })
  let sealedKey: Buffer
  try {
    sealedKey = deps.secretBox.seal(key, keyContext(id))
  } finally {
    key.fill(0)
  }
  await inTx(deps, async tx => {
    const moved = await tx.certificate.updateMany({
      where: { id, state: { in: statesBefore('prepare') } },
      data: {
        state: stateAfter('requested', 'prepare'),
        issuerId: authority.issuer.id,
        serial: prepared.serial,
        tbs: new Uint8Array(prepared.tbs),
        notBefore: prepared.notBefore,
        notAfter: prepared.notAfter,
      },
    })
    // Another worker has recorded its own request: that one is signed, this one forgotten.
    if (moved.count === 0) return
    await tx.certificateDelivery.update({
      where: { certificateId: id },
      data: { sealedKey: new Uint8Array(sealedKey) },
    })
    await audit.record(deps, tx, CertificatePrepared, {
      actor,
      companyId: owner.companyId,
      subject: owner.entrySubject,
      details: {
        issuer: authority.issuer.name,
        serial: prepared.serial,
        notAfter: prepared.notAfter.toISOString(),
        keyAlgorithm: owner.policy.keyAlgorithm,
      },
    })
  })
}

const stateAfter = (state: Parameters<typeof after>[0], step: Parameters<typeof after>[1]) => {
  const next = after(state, step)
  if (!next.ok) throw new Error(`no certificate goes on from ${state} by ${step}`)
  return next.value
}

/**
 * Signs exactly the bytes on record: done twice, it gives the same certificate (C-10). An authority elsewhere gives
 * another one each time: the row is held while it is asked, so that nobody asks beside us, and that it was asked is on
 * record first. What it signed for a program that did not live to record it is ended there, and asked for anew.
 */
const sign = async (deps: Deps, id: string, owner: Owner): Promise<void> => {
  const row = await deps.db.certificate.findUnique({
    where: { id },
    select: { state: true, issuerId: true, serial: true, tbs: true, notAfter: true },
  })
  if (row?.state !== 'prepared') return
  const { issuerId, serial, tbs, notAfter } = row
  if (!issuerId || !tbs || !notAfter) throw new Error(`certificate ${id} is prepared incompletely`)
  const authority = await authorityOf(deps, issuerId)
  const recorded = { serial, tbs: Buffer.from(tbs) }
  const certificate = { id, owner, authority, notAfter }
  if (authority.repeats) {
    const issued = await authority.issue(recorded)
    await inTx(deps, tx => keepSigned(deps, tx, certificate, issued))
    return
  }
  const lost = await inTx(deps, async tx => {
    const held = await tx.$queryRaw<unknown[]>`
      SELECT 1 FROM certificate WHERE id = ${id}::uuid AND state = 'prepared' AND serial IS NOT DISTINCT FROM ${serial}
         FOR UPDATE SKIP LOCKED`
    if (held.length === 0) return false
    await audit.recordAlone(deps, CertificateSigningAsked, {
      actor,
      companyId: certificate.owner.companyId,
      subject: certificate.owner.entrySubject,
      details: { issuer: authority.issuer.name, request: hash('sha256', tbs) },
    })
    try {
      await keepSigned(deps, tx, certificate, await authority.issue(recorded))
      return false
    } catch (error) {
      if (!(error instanceof SignedBefore) || serial === null) throw error
      await endLost(deps, tx, certificate, serial, error.instead)
      return true
    }
  })
  // The next serial is on record before it is asked for, as the first one was.
  if (lost) await sign(deps, id, owner)
}

/** Ends what an authority elsewhere signed without our hearing of it: nobody holds it, and no row of ours would (C-10). */
const endLost = async (
  deps: Deps,
  tx: Tx,
  { id, owner, authority }: Signing,
  serial: string,
  instead: SignedBefore['instead'],
): Promise<void> => {
  await authority.revoke(serial, 'superseded')
  await tx.certificate.update({
    where: { id },
    data: { serial: instead.serial, tbs: new Uint8Array(instead.tbs) },
  })
  await audit.record(deps, tx, CertificateSignatureLost, {
    actor,
    companyId: owner.companyId,
    subject: owner.entrySubject,
    details: { issuer: authority.issuer.name, serial },
  })
}

const keepSigned = async (
  deps: Deps,
  tx: Tx,
  { id, owner, authority, notAfter }: Signing,
  issued: IssuedCertificate,
): Promise<void> => {
  const fingerprint = fingerprintOf(issued.fingerprint256)
  // An authority elsewhere may let it last longer than the policy does: here it ends when it was to end.
  const end = issued.notAfter < notAfter ? issued.notAfter : notAfter
  const moved = await tx.certificate.updateMany({
    where: { id, state: { in: statesBefore('sign') } },
    data: {
      state: stateAfter('prepared', 'sign'),
      serial: issued.serial,
      der: new Uint8Array(issued.der),
      fingerprint,
      notBefore: issued.notBefore,
      notAfter: end,
      signedAt: deps.clock.now(),
    },
  })
  if (moved.count === 0) return
  await audit.record(deps, tx, CertificateSigned, {
    actor,
    companyId: owner.companyId,
    subject: owner.entrySubject,
    details: {
      issuer: authority.issuer.name,
      serial: issued.serial,
      fingerprint,
      notAfter: end.toISOString(),
    },
  })
}

type Signing = { id: string; owner: Owner; authority: CertificateAuthority; notAfter: Date }

/** The encrypted file for its owner; with it the sealed key and password are erased (C-11). */
const makeFile = async (deps: Deps, id: string, owner: Owner): Promise<void> => {
  const row = await deps.db.certificate.findUnique({ where: { id }, include: { delivery: true } })
  if (row?.state !== 'signed' || !row.delivery || row.delivery.readyAt || row.delivery.erasedAt) return
  const { der, serial, notAfter, issuerId, purpose, delivery } = row
  if (!der || !serial || !notAfter || !issuerId || !delivery.sealedKey || !delivery.sealedPassword)
    throw new Error(`certificate ${id} is signed incompletely`)
  const chain = await chainOf(deps, issuerId)
  const privateKey = deps.secretBox.open(delivery.sealedKey, keyContext(id))
  let file: Buffer
  try {
    file = await deps.pkcs12.build({
      privateKey,
      certificates: [der, ...chain],
      password: deps.secretBox.open(delivery.sealedPassword, passwordContext(id)).toString('utf8'),
      friendlyName: `${owner.subject.commonName} (${owner.subject.organization})`,
      compatibility: delivery.compatibility as Pkcs12Compatibility,
    })
  } finally {
    privateKey.fill(0)
  }
  await inTx(deps, async tx => {
    const now = deps.clock.now()
    const stored = await tx.certificateDelivery.updateMany({
      where: { certificateId: id, readyAt: null, erasedAt: null, certificate: { state: 'signed' } },
      data: { pkcs12: new Uint8Array(file), readyAt: now, sealedKey: null, sealedPassword: null },
    })
    // Mail and file belong together: whoever stored the file writes the mail, once.
    if (stored.count === 0 || !owner.letter || !owner.companyId) return
    await outbox.put(deps, tx, CertificateIssuedMail, {
      companyId: owner.companyId,
      ...owner.letter,
      params: { at: row.signedAt ?? now, purpose, notAfter, serial },
    })
  })
}
