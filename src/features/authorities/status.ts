import type { Deps } from '../../deps.ts'
import { hour, minute, plusSeconds } from '../../kernel/clock.ts'
import { issuerFrom, wholeSeconds } from '../../platform/ca/certificate.ts'
import {
  type CertId,
  type CertificateStatus,
  issuerKeysOf,
  ocspError,
  parseOcspRequest,
  signOcspResponse,
} from '../../platform/ca/ocsp.ts'
import type { Db } from '../../platform/db/client.ts'
import { responderOf } from './responder.ts'
import { type EndedRow, reasonOf } from './revocations.ts'

/** How long whoever asked may go without asking again, in seconds. */
const answerLife = hour
/** How long a signed answer without a nonce is given out again, in seconds, while the state is the same. */
const answerAge = minute
/** Answers kept; the oldest makes room. */
const answersKept = 5_000

type Kept = { der: Buffer; producedAt: Date }
/** What is kept for a database: which authority is meant by which hashes, and the answers signed in the last minute. */
type Memory = { issuers: Map<string, string>; answers: Map<string, Kept> }
const memories = new WeakMap<Db, Memory>()

const memoryOf = (db: Db): Memory => {
  const memory = memories.get(db) ?? { issuers: new Map(), answers: new Map() }
  memories.set(db, memory)
  return memory
}

/**
 * Answers a request of the Online Certificate Status Protocol (RFC 6960) in DER: signed by the delegated responder of
 * the authority asked about, or an error without signature. States come from the rows at every request, so that an
 * answer is never older than a revocation; certificates of another authority than the first one's are unknown.
 */
export const answerOcsp = async (
  deps: Pick<Deps, 'db' | 'clock' | 'secretBox'>,
  bytes: Uint8Array,
): Promise<Buffer> => {
  const request = parseOcspRequest(bytes)
  if (!request) return ocspError('malformedRequest')
  const issuerId = await issuerAskedAbout(deps.db, request.certIds)
  if (!issuerId) return ocspError('unauthorized')
  const signer = await responderOf(deps, issuerId)
  if (!signer) return ocspError('tryLater')
  const certificates = await statusesOf(deps.db, issuerId, request.certIds)

  const now = wholeSeconds(deps.clock.now())
  const { answers } = memoryOf(deps.db)
  const key = request.nonce ? undefined : `${signer.keyId.toString('hex')} ${JSON.stringify(certificates)}`
  const kept = key ? answers.get(key) : undefined
  if (kept && kept.producedAt <= now && kept.producedAt > plusSeconds(now, -answerAge)) return kept.der
  const der = signOcspResponse(
    { producedAt: now, nextUpdate: plusSeconds(now, answerLife), certificates, nonce: request.nonce },
    signer,
  )
  if (key) {
    answers.delete(key)
    answers.set(key, { der, producedAt: now })
    const [oldest] = answers.keys()
    if (answers.size > answersKept && oldest !== undefined) answers.delete(oldest)
  }
  return der
}

/** The first authority of ours that is asked about. */
const issuerAskedAbout = async (db: Db, certIds: readonly CertId[]): Promise<string | undefined> => {
  const { issuers } = memoryOf(db)
  const find = () => certIds.map(({ issuer }) => issuers.get(issuer)).find(id => id !== undefined)
  const known = find()
  if (known) return known
  // One made since, perhaps; rows never change, so what is known stays true.
  const rows = await db.issuer.findMany({ select: { id: true, certificateDer: true } })
  const ids = new Set(issuers.values())
  for (const { id, certificateDer } of rows.filter(row => !ids.has(row.id)))
    for (const name of issuerKeysOf(issuerFrom(certificateDer))) issuers.set(name, id)
  return find()
}

const statusesOf = async (
  db: Db,
  issuerId: string,
  certIds: readonly CertId[],
): Promise<{ id: Buffer; status: CertificateStatus }[]> => {
  const { issuers } = memoryOf(db)
  const rows = await db.$queryRaw<(EndedRow & { serial: string })[]>`
    SELECT serial, state::text AS state, ended_at AS "endedAt", end_reason AS "endReason" FROM certificate
     WHERE issuer_id = ${issuerId}::uuid AND serial = ANY(${certIds.map(each => each.serial)}) AND der IS NOT NULL`
  const found = new Map(rows.map(row => [row.serial, row]))
  return certIds.map(({ der, issuer, serial }) => {
    const row = issuers.get(issuer) === issuerId ? found.get(serial) : undefined
    return { id: der, status: row ? statusOf(row) : { is: 'unknown' } }
  })
}

const ended = new Set<EndedRow['state']>(['revoked', 'superseded', 'void'])

const statusOf = (row: EndedRow): CertificateStatus => {
  if (!ended.has(row.state) || !row.endedAt) return { is: 'good' }
  const reason = reasonOf(row)
  return { is: 'revoked', at: row.endedAt, ...(reason && { reason }) }
}
