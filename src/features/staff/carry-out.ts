import type { Deps } from '../../deps.ts'
import type { StaffActor } from '../../kernel/actor.ts'
import { plusSeconds } from '../../kernel/clock.ts'
import { ok, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import { keepOnce } from '../../platform/shown-once.ts'
import { staffPolicy } from '../../policy/policy.ts'
import { endAllOf, type Revoked } from '../certificates/index.ts'
import { revokeStaffToken } from '../otp/index.ts'
import { makeTemporaryPassword, storePassword } from '../passwords/index.ts'
import { endSessionsOf } from '../sessions/index.ts'
import { type CaseHandling, fetchedUntil } from '../two-officers/index.ts'
import { everybody, isTaken, takeTurns } from './commands.cases.ts'
import { tellOfficer } from './commands.mails.ts'
import { keepOfficer } from './commands.ts'
import { StaffRecovered, StaffResumed, StaffRoleChanged, StaffSuspended } from './events.ts'
import { eraseKeptPasswords } from './kept-passwords.ts'
import { type ActRefusal, checkAct, makesPassword, staffCaseKinds } from './officer.ts'
import { findStaffCase } from './queries.ts'

const sessionsOf = (revoked: readonly Revoked[]): number =>
  revoked.reduce((sum, { sessionsEnded }) => sum + sessionsEnded, 0)

type MadePassword = { password: string; until: Date; hash: string }

/** The password for a new or a recovered officer, made before the transaction: hashing is slow. */
const makePassword = async (
  deps: Deps,
  owner: { loginId: string; name: string; email: string },
): Promise<MadePassword> => {
  const made = makeTemporaryPassword(
    staffPolicy.loginPassword,
    { loginId: owner.loginId, name: owner.name, ownWords: [owner.email] },
    deps.clock.now(),
  )
  return { ...made, hash: await deps.hasher.hash(made.password) }
}

export type StaffApprovalRefusal = ActRefusal | 'staff.loginIdTaken' | 'staff.notFound' | 'case.notFound'

/**
 * How a case about an officer is decided (H-08): checked anew at the approval, for officers may have come and gone. A password
 * that it makes is sealed, to be shown once to whoever prepared or approved it.
 */
export const staffHandling = async (
  deps: Deps,
  actor: StaffActor,
  caseId: string,
  approves: boolean,
): Promise<CaseHandling<object, null, StaffApprovalRefusal>> => {
  const found = approves ? await findStaffCase(deps, actor, caseId) : undefined
  const made = found && makesPassword(found.kind) ? await makePassword(deps, found.about) : undefined
  return {
    kinds: [...staffCaseKinds],
    hold: async tx => {
      await takeTurns(tx)
      return {}
    },
    carryOut: async tx => {
      if (!found) return refuse('case.notFound')
      const { kind, proposal, about } = found
      // One officer revokes at once: there is nothing to approve.
      if (kind === 'staff_certificate_revocation') return refuse('case.notFound')
      const keep = async (staffId: string) => {
        if (!made) throw new Error(`case ${caseId} has no password`)
        const until = fetchedUntil(deps.clock.now())
        const values = {
          staffId,
          loginId: about.loginId,
          password: made.password,
          // The last second that it works, as customers' letters say it.
          until: plusSeconds(made.until, -1).toISOString(),
        }
        await keepOnce(deps, tx, { id: caseId, companyId: null, values, until })
        return { hash: made.hash, forceChange: true, temporaryUntil: made.until }
      }
      if (kind === 'staff_registration') {
        if (await isTaken(tx, about.loginId)) return refuse('staff.loginIdTaken')
        const staffId = deps.ids.next()
        const { loginId, name, email } = about
        const facts = { loginId, name, email, role: proposal.role ?? 'auditor' }
        await keepOfficer(deps, tx, actor, staffId, facts, await keep(staffId))
        await tellOfficer(deps, tx, facts, 'registered')
        return ok(null)
      }
      const officer = await tx.staff.findUnique({ where: { id: about.id ?? '' } })
      if (!officer) return refuse('staff.notFound')
      const allowed = checkAct(kind, officer, proposal.role, await everybody(tx), actor.id)
      if (!allowed.ok) return allowed
      const holder = { staffId: officer.id }
      const entry = {
        actor,
        companyId: null,
        subject: { kind: 'staff', id: officer.id, label: officer.loginId },
      }
      if (kind === 'staff_role' && proposal.role) {
        await tx.staff.update({
          where: { id: officer.id },
          data: { role: proposal.role, version: { increment: 1 } },
        })
        await tellOfficer(deps, tx, officer, 'role')
        const officerRole = { before: officer.role, after: proposal.role }
        await audit.record(deps, tx, StaffRoleChanged, { ...entry, details: { caseId, officerRole } })
        return ok(null)
      }
      if (kind === 'staff_recovery') {
        await eraseKeptPasswords(tx, officer)
        const stored = await keep(officer.id)
        await storePassword(deps, tx, holder, 'login_password', stored.hash, {
          ...stored,
          remembered: staffPolicy.loginPassword.remembered,
        })
        await revokeStaffToken(deps, tx, officer.id)
        const revoked = proposal.revokes ? await endAllOf(deps, tx, actor, holder, 'lost') : []
        const sessionsEnded = await endSessionsOf(deps, tx, holder, 'bank')
        const certificates = revoked.length
        await tellOfficer(deps, tx, officer, 'recovered')
        await audit.record(deps, tx, StaffRecovered, {
          ...entry,
          details: { caseId, sessionsEnded: sessionsEnded + sessionsOf(revoked), certificates },
        })
        return ok(null)
      }
      const state = kind === 'staff_suspension' ? 'suspended' : 'active'
      await tx.staff.update({ where: { id: officer.id }, data: { state, version: { increment: 1 } } })
      await tellOfficer(deps, tx, officer, state === 'active' ? 'resumed' : 'suspended')
      if (state === 'active') {
        await audit.record(deps, tx, StaffResumed, { ...entry, details: { caseId } })
        return ok(null)
      }
      await eraseKeptPasswords(tx, officer)
      // Whoever holds the officer's computer meanwhile is not greeted by their name (H-01).
      const revoked = await endAllOf(deps, tx, actor, holder, 'userLeft')
      const sessionsEnded = (await endSessionsOf(deps, tx, holder, 'user')) + sessionsOf(revoked)
      const certificates = revoked.length
      await audit.record(deps, tx, StaffSuspended, {
        ...entry,
        details: { caseId, sessionsEnded, certificates },
      })
      return ok(null)
    },
  }
}
