import type { Deps } from '../../deps.ts'
import type { StaffActor } from '../../kernel/actor.ts'
import { isId } from '../../kernel/ids.ts'
import { type OnceStanding, onceStanding } from '../../platform/shown-once.ts'
import { can } from '../../policy/can.ts'
import { staffPolicy } from '../../policy/policy.ts'
import { statesBefore } from '../certificates/index.ts'
import { otpStanding } from '../otp/index.ts'
import { isLocked } from '../passwords/index.ts'
import { isPreparerOut, knownTo, preparerColumns } from '../two-officers/index.ts'
import { isStaffCase, type StaffCaseKind, type StaffProposal, staffCaseKinds } from './officer.ts'

const looking = (actor: StaffActor): void => {
  if (!can(actor, 'staff:view')) throw new Error(`${actor.role} may not look at officers`)
}

/** The case that waits about an officer, unless it is about who asks. */
const waitingFor = (actor: StaffActor) =>
  ({
    where: { state: 'prepared', ...knownTo(actor) },
    select: { id: true, kind: true, expiresAt: true },
  }) as const

/** The bank's officers, by login ID, each with the case that waits about them (H-08). */
export const listOfficers = async ({ db, clock }: Pick<Deps, 'db' | 'clock'>, actor: StaffActor) => {
  looking(actor)
  const officers = await db.staff.findMany({
    orderBy: { loginIdKey: 'asc' },
    include: { casesAbout: waitingFor(actor) },
  })
  const registrations = await db.helpdeskCase.findMany({
    where: { kind: 'staff_registration', state: 'prepared', expiresAt: { gte: clock.now() } },
    orderBy: { preparedAt: 'asc' },
    select: { id: true, proposal: true },
  })
  return { officers, registrations }
}

/** One officer: how their password, their one-time password and their certificates stand, and the case that waits about them. */
export const findOfficer = async (
  { db, clock }: Pick<Deps, 'db' | 'clock'>,
  actor: StaffActor,
  staffId: string,
) => {
  looking(actor)
  if (!isId(staffId)) return undefined
  const officer = await db.staff.findUnique({
    where: { id: staffId },
    include: {
      casesAbout: waitingFor(actor),
      credentials: { where: { kind: 'login_password' } },
      certificates: {
        orderBy: { requestedAt: 'desc' },
        take: 20,
        select: {
          id: true,
          serial: true,
          state: true,
          requestedAt: true,
          notAfter: true,
          lastUsedAt: true,
        },
      },
    },
  })
  if (!officer) return undefined
  const [password] = officer.credentials
  const now = clock.now()
  return {
    ...officer,
    locked: password !== undefined && isLocked(password, staffPolicy.lock, now),
    /** A certificate of theirs still opens the door. */
    certified: officer.certificates.some(({ state }) => statesBefore('revoke').includes(state)),
    otp: (await otpStanding(db, { staffId })).standing,
    waitingCase: officer.casesAbout.find(({ expiresAt }) => !expiresAt || expiresAt >= now),
  }
}

export type StaffCase = NonNullable<Awaited<ReturnType<typeof findStaffCase>>>

/** A case about an officer, or about who is to become one; undefined where there is none that this officer may know of. */
export const findStaffCase = async (deps: Pick<Deps, 'db' | 'clock'>, actor: StaffActor, caseId: string) => {
  looking(actor)
  const row = isId(caseId)
    ? await deps.db.helpdeskCase.findFirst({
        where: { id: caseId, kind: { in: [...staffCaseKinds] }, ...knownTo(actor) },
        include: {
          officer: { select: { id: true, loginId: true, name: true, email: true, role: true } },
          preparedBy: { select: preparerColumns },
          approvedBy: { select: { name: true } },
          reviewedBy: { select: { name: true } },
        },
      })
    : null
  if (!row || !isStaffCase(row.kind)) return undefined
  const kind: StaffCaseKind = row.kind
  const proposal = (row.proposal ?? {}) as StaffProposal
  const { staffLoginId = '', name = '', email = '' } = proposal
  const about = row.officer ?? { id: null, loginId: staffLoginId, name, email, role: proposal.role ?? null }
  const secret: OnceStanding | undefined = await onceStanding(deps, caseId)
  return {
    ...row,
    kind,
    proposal,
    about,
    secret,
    aboutOfficerId: row.officerId,
    preparerOut: isPreparerOut(row.preparedBy),
  }
}
