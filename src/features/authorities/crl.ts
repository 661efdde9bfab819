import { hash } from 'node:crypto'
import type { Deps } from '../../deps.ts'
import { day, minute, plusSeconds } from '../../kernel/clock.ts'
import { NotInTheBooks } from '../../platform/ca/ca.ts'
import { wholeSeconds } from '../../platform/ca/certificate.ts'
import type { Revocation } from '../../platform/ca/revocation.ts'
import { inTx, type Tx } from '../../platform/db/in-tx.ts'
import { authorityOf } from './opened.ts'
import { reasonOf, revocationsOf } from './revocations.ts'

/** How long a list is good, in seconds (C-13); a new one comes each hour. */
const listLife = day
/** A list that would say the same is signed again when it is this old, in seconds: a little less than the hour. */
const listAge = 50 * minute
/** Lists kept of each authority, the one in force included. */
const listsKept = 10

/** The queue of lists to be renewed: a job names the certificate that has just ended, or nothing at the full hour. */
export const crlQueue = 'crl'
export type CrlJob = { issuerId: string; certificateId: string } | Record<string, never>

/**
 * Asks for a new list of the authority that signed a certificate, in the transaction that ends it before its time (as
 * revoked, superseded or void): within seconds of its commit the list names it. One that was never signed is on no
 * list, but an authority elsewhere may have signed it in an answer that was lost, and is told.
 */
export const requestCrl = async (
  deps: Pick<Deps, 'jobs'>,
  tx: Tx,
  certificate: { id: string; issuerId: string | null; serial: string | null },
): Promise<void> => {
  const { id, issuerId, serial } = certificate
  // One job for each: a job that is already waiting may be read before this transaction commits.
  if (issuerId && serial) await deps.jobs.put(tx, crlQueue, { issuerId, certificateId: id } satisfies CrlJob)
}

const digestOf = (entries: readonly Revocation[]): Buffer =>
  hash(
    'sha256',
    entries.map(({ serial, at, reason }) => `${serial} ${at.toISOString()} ${reason ?? ''}\n`).join(''),
    'buffer',
  )

/**
 * Signs a new list of an authority unless the one in force says the same and is young. Lists are numbered without gaps
 * from 1, also when several copies of the program sign at once. Gives the number in force; null for an authority that
 * publishes its lists itself.
 */
export const renewCrl = (deps: Deps, issuerId: string): Promise<number | null> =>
  inTx(deps, async tx => {
    await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`sekisho/crl/${issuerId}`}, 0))`
    const now = wholeSeconds(deps.clock.now())
    const latest = await tx.crl.findFirst({
      where: { issuerId },
      orderBy: { number: 'desc' },
      select: { number: true, digest: true, thisUpdate: true },
    })
    const entries = await revocationsOf(tx, issuerId, now)
    const digest = digestOf(entries)
    const isYoung = latest !== null && latest.thisUpdate > plusSeconds(now, -listAge)
    if (latest && isYoung && digest.equals(latest.digest)) return latest.number

    const number = (latest?.number ?? 0) + 1
    const [thisUpdate, nextUpdate] = [now, plusSeconds(now, listLife)]
    const authority = await authorityOf(deps, issuerId)
    const der = await authority.crl({ number, thisUpdate, nextUpdate, entries })
    if (!der) return null
    await tx.crl.create({
      data: {
        issuerId,
        number,
        der: new Uint8Array(der),
        digest: new Uint8Array(digest),
        thisUpdate,
        nextUpdate,
      },
    })
    await tx.crl.deleteMany({ where: { issuerId, number: { lte: number - listsKept } } })
    return number
  })

/** What a job of the queue does: an authority that keeps its own books is told first, then the list is renewed. */
export const publishRevocation = async (
  deps: Deps,
  { issuerId, certificateId }: { issuerId: string; certificateId: string },
): Promise<void> => {
  const row = await deps.db.certificate.findUniqueOrThrow({ where: { id: certificateId } })
  const authority = await authorityOf(deps, issuerId)
  if (row.serial)
    await authority.revoke(row.serial, reasonOf(row)).catch(error => {
      // What was signed neither here nor there has nothing to end.
      if (row.der || !(error instanceof NotInTheBooks)) throw error
    })
  await renewCrl(deps, issuerId)
}

const lists = new WeakMap<Deps['db'], Map<string, { number: number; der: Buffer }>>()

/**
 * The list in force of an authority or a root, with its number; null where there is none. Read once a number, then kept.
 */
export const findCrl = async (
  deps: Pick<Deps, 'db'>,
  issuerId: string,
): Promise<{ number: number; der: Buffer } | null> => {
  const known = lists.get(deps.db) ?? new Map<string, { number: number; der: Buffer }>()
  lists.set(deps.db, known)
  const [latest] = await deps.db.$queryRaw<{ number: number }[]>`
    SELECT number FROM crl WHERE issuer_id = ${issuerId}::uuid ORDER BY number DESC LIMIT 1`
  if (!latest) return listOfRoot(deps, issuerId)
  const kept = known.get(issuerId)
  if (kept?.number === latest.number) return kept
  const row = await deps.db.crl.findUnique({
    where: { issuerId_number: { issuerId, number: latest.number } },
    select: { der: true },
  })
  // Ten lists later than a moment ago: whoever asks again gets the newest.
  if (!row) return null
  const list = { number: latest.number, der: Buffer.from(row.der) }
  known.set(issuerId, list)
  return list
}

const listOfRoot = async (deps: Pick<Deps, 'db'>, id: string) => {
  const root = await deps.db.issuerRoot.findUnique({ where: { id }, select: { crlDer: true } })
  return root && { number: 1, der: Buffer.from(root.crlDer) }
}
