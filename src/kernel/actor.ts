/** Who asks. Every command and every query about a company takes one, so that its scope can't be forgotten. */
export type UserActor = {
  kind: 'user'
  id: string
  companyId: string
  loginId: string
  name: string
  role: 'user' | 'administrator' | 'contractor'
  /** `service.permission` codes of the matrix (D-04). */
  permissions: ReadonlySet<string>
  origin: Origin
}

export type StaffActor = {
  kind: 'staff'
  id: string
  loginId: string
  name: string
  role: 'operator' | 'approver' | 'editor' | 'auditor'
  origin: Origin
}

/** The program itself: a job, the first start, the command line. */
export type SystemActor = { kind: 'system'; name: string; origin: Origin }

/**
 * Somebody who has proved nothing yet; what they claim to be is never taken for what they are. `loginId` is a user's, of whom
 * they claim to be, and never a text that names nobody: it may be a password (`claimant` of features/candidates).
 */
export type StrangerActor = { kind: 'stranger'; loginId?: string; origin: Origin }

export type Actor = UserActor | StaffActor | SystemActor | StrangerActor

/** From where: the address, and the serial of the certificate the connection presented. */
export type Origin = { ip?: string; userAgent?: string; certificateSerial?: string }

export const system = (name: string): SystemActor => ({ kind: 'system', name, origin: {} })

/** A user as the holder of what is theirs: passwords, factors, certificates. */
export const holderOf = (actor: UserActor): { companyId: string; userId: string } => ({
  companyId: actor.companyId,
  userId: actor.id,
})

/** Who holds something of their own: a user of a company, or an officer of the bank. */
export type Holder = { companyId: string; userId: string } | { staffId: string }

/** A person as the holder of what users and officers both have: passwords, one-time passwords. */
export const personOf = (actor: UserActor | StaffActor): Holder =>
  actor.kind === 'staff' ? { staffId: actor.id } : holderOf(actor)
