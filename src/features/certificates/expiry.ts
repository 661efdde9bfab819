import type { Deps } from '../../deps.ts'
import { system } from '../../kernel/actor.ts'
import { businessDayOf, lastSecondOf, plusDays } from '../../kernel/business-day.ts'
import { plusSeconds } from '../../kernel/clock.ts'
import * as audit from '../../platform/audit/audit.ts'
import { isDatabaseAway } from '../../platform/db/client.ts'
import { standingContracts } from '../../platform/db/contract-over.ts'
import { inTx } from '../../platform/db/in-tx.ts'
import type { MailKind } from '../../platform/mail/mail-kind.ts'
import type { OutboxEntry } from '../../platform/outbox/outbox.ts'
import * as outbox from '../../platform/outbox/outbox.ts'
import type { SecurityPolicy } from '../../policy/policy.ts'
import { overdueSince, statesBefore } from './certificate.ts'
import { CertificateExpired } from './events.ts'
import { holderOf, ownerOf } from './holder.ts'
import { certificateWay, goesByMailedCode } from './journey.ts'
import { CertificateExpiredMail, CertificateExpiringMail } from './mails.ts'
import { eraseFile } from './revocation.ts'
import { daysLeft, renewalOpensAt } from './window.ts'

const actor = system('certificate-expiry')
/** What one round takes on at most; the next round takes the rest. */
const atMost = 500

/**
 * Days before the last day of a certificate on which its owner is told, once each (C-06): the last of them is the day after it,
 * since the manual tells also whose time has run out.
 */
export const noticeDays = [30, 14, 7, 1, 0, -1] as const

/**
 * The notice that is due with so many days left: the nearest mark that has been reached, so that a job that was away for
 * days tells the last thing and not everything at once. Undefined before the first, and a week after the end.
 */
export const dueNotice = (left: number): number | undefined =>
  left < -7 ? undefined : noticeDays.findLast(days => left <= days)

/** Marks certificates whose time is over as expired (C-06); every request has asked the clock itself before. */
export const expireEnded = async (deps: Deps): Promise<number> => {
  const ended = await deps.db.certificate.findMany({
    where: {
      state: { in: statesBefore('expire') },
      notAfter: { lte: plusSeconds(deps.clock.now(), -1) },
    },
    take: atMost,
    select: { id: true },
  })
  return countDone(ended, ({ id }) => expireOne(deps, id), failedAt(deps, 'expired'))
}

/** What becomes of a row that can't be settled: the others are, and the next round meets it again. */
export const failedAt =
  ({ log }: Pick<Deps, 'log'>, what: 'expired' | 'voided' | 'told') =>
  (err: unknown, { id }: { id: string }): void =>
    log.error(
      { err, certificate: id, what },
      'A certificate could not be settled; the next round tries it again',
    )

/** Settles each by itself and gives how many were; one that fails keeps nobody behind it waiting. */
export const countDone = async <Row>(
  rows: readonly Row[],
  settle: (row: Row) => Promise<boolean>,
  failed: (error: unknown, row: Row) => void,
): Promise<number> => {
  let done = 0
  for (const row of rows)
    try {
      if (await settle(row)) done++
    } catch (error) {
      if (isDatabaseAway(error)) throw error
      failed(error, row)
    }
  return done
}

const expireOne = (deps: Deps, id: string): Promise<boolean> =>
  inTx(deps, async tx => {
    const moved = await tx.certificate.updateMany({
      where: { id, state: { in: statesBefore('expire') } },
      data: { state: 'expired', endedAt: deps.clock.now(), endReason: 'expired' },
    })
    if (moved.count === 0) return false
    await eraseFile(deps, tx, id)
    const row = await tx.certificate.findUniqueOrThrow({ where: { id } })
    if (!row.serial || !row.notAfter) throw new Error(`certificate ${id} is signed incompletely`)
    const owner = await ownerOf(tx, holderOf(row))
    await audit.record(deps, tx, CertificateExpired, {
      actor,
      ...owner.about,
      details: { serial: row.serial, notAfter: row.notAfter.toISOString() },
    })
    return true
  })

/** So many are told in one transaction. */
const toldAtOnce = 200

/**
 * Tells users 30, 14, 7, 1 and 0 JST days before the last day of their certificate that it ends, and on the day after that
 * it has ended, until they have the next one (C-06). Run as often as one likes and by however many copies: each certificate
 * and mark has one mail, by the row that is written with it. A file may have registered tens of thousands on one day: they
 * are told in batches, and who can't be told keeps nobody behind them waiting. Gives how many mails there were.
 */
export const sendExpiryNotices = async (deps: Deps): Promise<number> => {
  const now = deps.clock.now()
  let sent = 0
  for (let last: Ending | undefined; ; ) {
    const ending = await endingAfter(deps, now, last)
    const due = ending.flatMap(({ id, notAfter, notices }): Due[] => {
      const mark = notAfter ? dueNotice(daysLeft(notAfter, now)) : undefined
      return mark === undefined || notices.some(({ daysBefore }) => daysBefore <= mark) ? [] : [{ id, mark }]
    })
    sent += await tellAll(deps, due)
    last = ending.at(-1)
    if (!last || ending.length < toldAtOnce) return sent
  }
}

type ParamsOf<Kind> = Kind extends MailKind<infer Params> ? Params : never
type Coming = ParamsOf<typeof CertificateExpiringMail>
type Over = ParamsOf<typeof CertificateExpiredMail>
type Ending = { id: string; notAfter: Date | null; notices: { daysBefore: number }[] }
type Due = { id: string; mark: number }

/** The next certificates that end about now, in the order of their ends. */
const endingAfter = (deps: Deps, now: Date, last: Ending | undefined): Promise<Ending[]> => {
  const today = businessDayOf(now)
  const [first] = noticeDays
  const from = last?.notAfter ?? lastSecondOf(plusDays(today, -8))
  return deps.db.certificate.findMany({
    where: {
      state: { in: ['delivered', 'active', 'expired'] },
      userId: { not: null },
      // Whose contract is over has nothing to renew, and may not be settled for a while yet (H-06).
      user: { serviceState: { in: ['available', 'suspended'] }, company: standingContracts(now) },
      notAfter: { gte: from, lte: lastSecondOf(plusDays(today, first)) },
      ...(last && { OR: [{ notAfter: { gt: from } }, { id: { gt: last.id } }] }),
    },
    orderBy: [{ notAfter: 'asc' }, { id: 'asc' }],
    take: toldAtOnce,
    select: { id: true, notAfter: true, notices: { select: { daysBefore: true } } },
  })
}

/** All in one transaction; where that fails, each by itself. */
const tellAll = async (deps: Deps, due: readonly Due[]): Promise<number> => {
  if (due.length === 0) return 0
  try {
    return await tell(deps, due)
  } catch (error) {
    if (isDatabaseAway(error)) throw error
    return countDone(due, async one => (await tell(deps, [one])) > 0, failedAt(deps, 'told'))
  }
}

/** A file that is being made, or that can still be downloaded (C-11). */
const stillToBeHad = (now: Date) => ({
  erasedAt: null,
  OR: [{ readyAt: null }, { readyAt: { gt: overdueSince(now) } }],
})

/**
 * How the next one is got while the one before works, as the mail says it. A window of a calendar month can open after the first
 * mail, 28 days before a last day in March: then the mail says when (C-04, C-06).
 */
export const wayBefore = (
  policy: SecurityPolicy['certificate'],
  notAfter: Date,
  now: Date,
): { way: 'issue' | 'renewal' } | { way: 'renewalLater'; opensAt: Date } => {
  if (goesByMailedCode({ certificate: policy })) return { way: 'issue' }
  const opensAt = renewalOpensAt(notAfter, policy.renewalWindow)
  return now < opensAt ? { way: 'renewalLater', opensAt } : { way: 'renewal' }
}

/** How the next one is got once the one before has ended, as the mail says it. */
const waysAfter = { mailedCode: 'issue', passkey: 'passkey', acquisitionPassword: 'enrolment' } as const

const tell = (deps: Deps, due: readonly Due[]): Promise<number> =>
  inTx(
    deps,
    async tx => {
      const now = deps.clock.now()
      const rows = await tx.certificate.findMany({ where: { id: { in: due.map(({ id }) => id) } } })
      // Whoever has the next one, renewed or got anew, has nothing to be told; one that was never fetched is none.
      const next = await tx.certificate.findMany({
        where: {
          userId: { in: rows.flatMap(({ userId }) => userId ?? []) },
          OR: [{ state: { in: ['delivered', 'active'] } }, { state: 'signed', delivery: stillToBeHad(now) }],
        },
        select: { userId: true, notAfter: true },
      })
      const latest = new Map<string | null, Date>()
      for (const { userId, notAfter } of next)
        if (notAfter && notAfter > (latest.get(userId) ?? new Date(0))) latest.set(userId, notAfter)
      const untold = rows.filter(
        ({ userId, notAfter }) => notAfter && notAfter >= (latest.get(userId) ?? notAfter),
      )
      const marks = new Map(due.map(({ id, mark }) => [id, mark]))
      const noted = await tx.certificateNotice.createManyAndReturn({
        data: untold.map(({ id }) => ({ certificateId: id, daysBefore: marks.get(id) ?? 0, sentAt: now })),
        skipDuplicates: true,
        select: { certificateId: true },
      })
      const ours = new Set(noted.map(({ certificateId }) => certificateId))
      const coming: OutboxEntry<Coming>[] = []
      const over: OutboxEntry<Over>[] = []
      for (const row of untold) {
        if (!ours.has(row.id) || !row.notAfter || !row.serial) continue
        const owner = await ownerOf(tx, holderOf(row))
        if (!owner.letter || !owner.companyId) continue
        const left = daysLeft(row.notAfter, now)
        const to = { companyId: owner.companyId, ...owner.letter }
        const told = { at: now, notAfter: row.notAfter, serial: row.serial }
        if (left < 0)
          over.push({
            ...to,
            params: { ...told, way: waysAfter[certificateWay({ certificate: owner.policy })] },
          })
        else
          coming.push({
            ...to,
            params: {
              ...told,
              daysLeft: left,
              stage: left > 0 ? 'coming' : 'today',
              ...wayBefore(owner.policy, row.notAfter, now),
            },
          })
      }
      if (coming.length > 0) await outbox.putAll(deps, tx, CertificateExpiringMail, coming)
      if (over.length > 0) await outbox.putAll(deps, tx, CertificateExpiredMail, over)
      return coming.length + over.length
    },
    { seconds: 30 },
  )
