import type { Deps } from '../../deps.ts'
import { system } from '../../kernel/actor.ts'
import { businessDayOf, lastSecondOf, plusDays } from '../../kernel/business-day.ts'
import { plusSeconds } from '../../kernel/clock.ts'
import * as audit from '../../platform/audit/audit.ts'
import { standingContracts } from '../../platform/db/contract-over.ts'
import { inTx } from '../../platform/db/in-tx.ts'
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
  let expired = 0
  for (const { id } of ended) if (await expireOne(deps, id)) expired++
  return expired
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

/**
 * Tells users 30, 14, 7, 1 and 0 JST days before the last day of their certificate that it ends, and on the day after that
 * it has ended, until they have the next one (C-06). Run as often as one likes and by however many copies: each certificate and mark has one mail, by the
 * row that is written with it. Gives how many mails there were.
 */
export const sendExpiryNotices = async (deps: Deps): Promise<number> => {
  const now = deps.clock.now()
  const today = businessDayOf(now)
  const [first] = noticeDays
  const ending = await deps.db.certificate.findMany({
    where: {
      state: { in: ['delivered', 'active', 'expired'] },
      userId: { not: null },
      // Whose contract is over has nothing to renew, and may not be settled for a while yet (H-06).
      user: { serviceState: { in: ['available', 'suspended'] }, company: standingContracts(now) },
      notAfter: { gte: lastSecondOf(plusDays(today, -8)), lte: lastSecondOf(plusDays(today, first)) },
    },
    orderBy: { notAfter: 'asc' },
    select: { id: true, notAfter: true, notices: { select: { daysBefore: true } } },
  })
  let sent = 0
  for (const { id, notAfter, notices } of ending) {
    const mark = notAfter ? dueNotice(daysLeft(notAfter, now)) : undefined
    if (mark === undefined || notices.some(({ daysBefore }) => daysBefore <= mark)) continue
    if (await notice(deps, id, mark)) sent++
  }
  return sent
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

const notice = (deps: Deps, id: string, mark: number): Promise<boolean> =>
  inTx(deps, async tx => {
    const now = deps.clock.now()
    const row = await tx.certificate.findUniqueOrThrow({ where: { id } })
    if (!row.notAfter || !row.serial || !row.userId) return false
    // Whoever has the next one, renewed or got anew, has nothing to be told; one that was never fetched is none.
    const next = await tx.certificate.count({
      where: {
        userId: row.userId,
        notAfter: { gt: row.notAfter },
        OR: [{ state: { in: ['delivered', 'active'] } }, { state: 'signed', delivery: stillToBeHad(now) }],
      },
    })
    if (next > 0) return false
    const { count } = await tx.certificateNotice.createMany({
      data: [{ certificateId: id, daysBefore: mark, sentAt: now }],
      skipDuplicates: true,
    })
    const owner = await ownerOf(tx, holderOf(row))
    if (count === 0 || !owner.letter || !owner.companyId) return false
    const left = daysLeft(row.notAfter, now)
    const to = { companyId: owner.companyId, ...owner.letter }
    const told = { at: now, notAfter: row.notAfter, serial: row.serial }
    if (left < 0)
      await outbox.put(deps, tx, CertificateExpiredMail, {
        ...to,
        params: { ...told, way: waysAfter[certificateWay({ certificate: owner.policy })] },
      })
    else
      await outbox.put(deps, tx, CertificateExpiringMail, {
        ...to,
        params: {
          ...told,
          daysLeft: left,
          stage: left > 0 ? 'coming' : 'today',
          ...wayBefore(owner.policy, row.notAfter, now),
        },
      })
    return true
  })
