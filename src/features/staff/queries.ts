import type { Deps } from '../../deps.ts'
import type { StaffRole } from '../../generated/prisma/enums.ts'
import type { StaffActor } from '../../kernel/actor.ts'
import { isId } from '../../kernel/ids.ts'
import { can } from '../../policy/can.ts'
import { staffPolicy } from '../../policy/policy.ts'
import { statesBefore } from '../certificates/index.ts'
import { otpStanding } from '../otp/index.ts'
import { isLocked } from '../passwords/index.ts'
import { type FoundCase, findCaseOf, knownTo } from '../two-officers/index.ts'
import { type StaffCaseKind, type StaffProposal, staffCaseKinds } from './officer.ts'

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

/** A case about an officer, or about who is to become one, as its page shows it. */
export type StaffCase = FoundCase<StaffCaseKind> & {
  proposal: StaffProposal
  /** Whom it is about; without an id who is to become an officer. */
  about: { id: string | null; loginId: string; name: string; email: string; role: StaffRole | null }
}

/** A case about an officer, or about who is to become one; undefined where there is none that this officer may know of. */
export const findStaffCase = async (
  deps: Pick<Deps, 'db' | 'clock'>,
  actor: StaffActor,
  caseId: string,
): Promise<StaffCase | undefined> => {
  looking(actor)
  const found = await findCaseOf(deps, actor, caseId, staffCaseKinds)
  if (!found) return undefined
  const proposal = (found.proposal ?? {}) as StaffProposal
  const { staffLoginId: loginId = '', name = '', email = '', role = null } = proposal
  return { ...found, proposal, about: found.officer ?? { id: null, loginId, name, email, role } }
}
