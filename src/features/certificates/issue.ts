import { hash } from 'node:crypto'
import type { Deps } from '../../deps.ts'
import type { CertificatePurpose, CertificateState } from '../../generated/prisma/enums.ts'
import { system } from '../../kernel/actor.ts'
import * as audit from '../../platform/audit/audit.ts'
import { type CertificateAuthority, type IssuedCertificate, SignedBefore } from '../../platform/ca/ca.ts'
import { generateKeys } from '../../platform/ca/keys.ts'
import type { Pkcs12Compatibility } from '../../platform/ca/pkcs12.ts'
import { inTx, type Tx } from '../../platform/db/in-tx.ts'
import { read } from '../../platform/db/read.ts'
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
  let row = await onRecord(deps, certificateId)
  if (!row || !(row.state in steps)) return
  // Once for all steps, which take a second together.
  const owner = await ownerOf(deps.db, holderOf(row))
  for (;;) {
    const step: Step | undefined = row && steps[row.state]
    if (!row || !step) return
    row = await step(deps, row, owner)
  }
}

/** What a row says on the way from the request to the file, with what its delivery keeps for the file. */
type OnRecord = {
  id: string
  state: CertificateState
  companyId: string | null
  userId: string | null
  staffId: string | null
  purpose: CertificatePurpose
  issuerId: string | null
  serial: string | null
  tbs: Uint8Array | null
  der: Uint8Array | null
  notAfter: Date | null
  signedAt: Date | null
  compatibility: string
  sealedKey: Uint8Array | null
  sealedPassword: Uint8Array | null
  isReady: boolean
}

/**
 * A step from one state to the next: gives what is on record then, so that nobody has to read what they have just
 * written; nothing where the row is somebody else's now.
 */
type Step = (deps: Deps, row: OnRecord, owner: Owner) => Promise<OnRecord | undefined>

const onRecord = async ({ db }: Pick<Deps, 'db'>, id: string): Promise<OnRecord | undefined> => {
  const [row] = await read<OnRecord>(db)`
    SELECT c.id, c.state, c.company_id AS "companyId", c.user_id AS "userId", c.staff_id AS "staffId", c.purpose,
           c.issuer_id AS "issuerId", c.serial, c.tbs, c.der, c.not_after AS "notAfter", c.signed_at AS "signedAt",
           d.compatibility, d.sealed_key AS "sealedKey", d.sealed_password AS "sealedPassword",
           d.ready_at IS NOT NULL OR d.erased_at IS NOT NULL AS "isReady"
      FROM certificate c JOIN certificate_delivery d ON d.certificate_id = c.id WHERE c.id = ${id}::uuid`
  return row
}

/** Serial, bytes to be signed and sealed key go on record before anything is signed (C-10). */
const prepare: Step = async (deps, row, owner) => {
  const { id } = row
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
  const { serial, tbs, notBefore, notAfter } = prepared
  const issuerId = authority.issuer.id
  const state = stateAfter('requested', 'prepare')
  const recorded = await inTx(deps, async tx => {
    const moved = await tx.$executeRaw`
      WITH moved AS (
        UPDATE certificate SET state = ${state}::certificate_state, issuer_id = ${issuerId}::uuid, serial = ${serial},
                               tbs = ${tbs}, not_before = ${notBefore}::timestamptz, not_after = ${notAfter}::timestamptz
         WHERE id = ${id}::uuid AND state = ANY (${statesBefore('prepare')}::certificate_state[]) RETURNING id
      )
      UPDATE certificate_delivery SET sealed_key = ${sealedKey} FROM moved WHERE certificate_id = moved.id`
    // Another worker has recorded its own request: that one is signed, this one forgotten.
    if (moved === 0) return false
    await audit.record(deps, tx, CertificatePrepared, {
      actor,
      ...owner.about,
      details: {
        issuer: authority.issuer.name,
        serial,
        notAfter: notAfter.toISOString(),
        keyAlgorithm: owner.policy.keyAlgorithm,
      },
    })
    return true
  })
  return recorded ? { ...row, state, issuerId, serial, tbs, notAfter, sealedKey } : onRecord(deps, id)
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
const sign: Step = async (deps, row, owner) => {
  const { id, issuerId, serial, tbs, notAfter } = row
  if (!issuerId || !tbs || !notAfter) throw new Error(`certificate ${id} is prepared incompletely`)
  const authority = await authorityOf(deps, issuerId)
  const recorded = { serial, tbs: Buffer.from(tbs) }
  const certificate = { row, owner, authority, notAfter }
  if (authority.repeats) {
    const issued = await authority.issue(recorded)
    return (await inTx(deps, tx => keepSigned(deps, tx, certificate, issued))) ?? onRecord(deps, id)
  }
  const kept = await inTx(deps, async tx => {
    const held = await tx.$queryRaw<unknown[]>`
      SELECT 1 FROM certificate WHERE id = ${id}::uuid AND state = 'prepared' AND serial IS NOT DISTINCT FROM ${serial}
         FOR UPDATE SKIP LOCKED`
    if (held.length === 0) return 'elsewhere'
    await audit.recordAlone(deps, CertificateSigningAsked, {
      actor,
      ...owner.about,
      details: { issuer: authority.issuer.name, request: hash('sha256', tbs) },
    })
    try {
      return await keepSigned(deps, tx, certificate, await authority.issue(recorded))
    } catch (error) {
      if (!(error instanceof SignedBefore) || serial === null) throw error
      await endLost(deps, tx, certificate, serial, error.instead)
      return 'lost'
    }
  })
  // The next serial is on record before it is asked for, as the first one was.
  if (kept === 'lost') return onRecord(deps, id)
  return kept === 'elsewhere' ? undefined : kept
}

/** Ends what an authority elsewhere signed without our hearing of it: nobody holds it, and no row of ours would (C-10). */
const endLost = async (
  deps: Deps,
  tx: Tx,
  { row, owner, authority }: Signing,
  serial: string,
  instead: SignedBefore['instead'],
): Promise<void> => {
  await authority.revoke(serial, 'superseded')
  await tx.certificate.update({
    where: { id: row.id },
    data: { serial: instead.serial, tbs: new Uint8Array(instead.tbs) },
  })
  await audit.record(deps, tx, CertificateSignatureLost, {
    actor,
    ...owner.about,
    details: { issuer: authority.issuer.name, serial },
  })
}

/** Gives what is on record then; nothing where the row had moved on before. */
const keepSigned = async (
  deps: Deps,
  tx: Tx,
  { row, owner, authority, notAfter }: Signing,
  issued: IssuedCertificate,
): Promise<OnRecord | undefined> => {
  const fingerprint = fingerprintOf(issued.fingerprint256)
  // An authority elsewhere may let it last longer than the policy does: here it ends when it was to end.
  const end = issued.notAfter < notAfter ? issued.notAfter : notAfter
  const { serial, notBefore } = issued
  const signed = {
    state: stateAfter('prepared', 'sign'),
    serial,
    der: new Uint8Array(issued.der),
    notAfter: end,
    signedAt: deps.clock.now(),
  }
  const moved = await tx.certificate.updateMany({
    where: { id: row.id, state: { in: statesBefore('sign') } },
    data: { ...signed, fingerprint, notBefore },
  })
  if (moved.count === 0) return undefined
  await audit.record(deps, tx, CertificateSigned, {
    actor,
    ...owner.about,
    details: {
      issuer: authority.issuer.name,
      serial,
      fingerprint,
      notAfter: end.toISOString(),
    },
  })
  return { ...row, ...signed }
}

type Signing = { row: OnRecord; owner: Owner; authority: CertificateAuthority; notAfter: Date }

/** The encrypted file for its owner; with it the sealed key and password are erased (C-11). */
const makeFile: Step = async (deps, row, owner) => {
  if (row.isReady) return undefined
  const { id, der, serial, notAfter, issuerId, purpose, sealedKey, sealedPassword } = row
  if (!der || !serial || !notAfter || !issuerId || !sealedKey || !sealedPassword)
    throw new Error(`certificate ${id} is signed incompletely`)
  const chain = await chainOf(deps, issuerId)
  const privateKey = deps.secretBox.open(sealedKey, keyContext(id))
  let file: Buffer
  try {
    file = await deps.pkcs12.build({
      privateKey,
      certificates: [der, ...chain],
      password: deps.secretBox.open(sealedPassword, passwordContext(id)).toString('utf8'),
      friendlyName: `${owner.subject.commonName} (${owner.subject.organization})`,
      compatibility: row.compatibility as Pkcs12Compatibility,
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
  return undefined
}

/** Who goes on from where. */
const steps: Partial<Record<CertificateState, Step>> = {
  requested: prepare,
  prepared: sign,
  signed: makeFile,
}
