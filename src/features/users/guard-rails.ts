import type { Role } from '../../policy/appointment.ts'

/** What a user may do, as far as it can be raised (D-11). */
export type Rights = {
  role: Role
  /** `service.permission`. */
  permissions: ReadonlySet<string>
  /** Ids of usable accounts. */
  accounts: ReadonlySet<string>
  /** Whole yen for one transaction, by service; none is as good as 0. */
  limits: ReadonlyMap<string, bigint>
}

/** What a change gives that was not there before. */
export type Raised = {
  role: boolean
  permissions: string[]
  accounts: string[]
  /** Codes of services. */
  limits: string[]
}

const rank = { user: 0, administrator: 1, contractor: 2 } as const satisfies Record<Role, number>

/** What a change of rights raises; what it takes away is not in it. */
export const raisedBy = (before: Rights, after: Rights): Raised => ({
  role: rank[after.role] > rank[before.role],
  permissions: [...after.permissions].filter(key => !before.permissions.has(key)),
  accounts: [...after.accounts].filter(id => !before.accounts.has(id)),
  limits: [...after.limits]
    .filter(([code, amount]) => amount > (before.limits.get(code) ?? 0n))
    .map(([code]) => code),
})

/** Whether a change raises anything at all. */
export const raises = (before: Rights, after: Rights): boolean => {
  const { role, permissions, accounts, limits } = raisedBy(before, after)
  return role || permissions.length + accounts.length + limits.length > 0
}

/**
 * Whether a change waits for somebody else: who raises their own rights or limits needs a second pair of eyes where the
 * company has one (D-11). One who is suspended or blocked counts: the company has them still, and whoever suspended them
 * must not gain by it.
 */
export const needsSecond = (
  change: { actorId: string; userId: string; before: Rights; after: Rights },
  otherAdministrators: number,
): boolean =>
  change.actorId === change.userId && otherAdministrators > 0 && raises(change.before, change.after)

/**
 * Whether an act takes away the only other administrator there is, suspended or not: whoever did it alone would have nobody
 * left to look at what they give themselves afterwards (D-11). A successor is appointed first.
 * @param after undefined where the user is deleted
 */
export const takesOnlyOther = (
  act: { actorId: string; userId: string; before: Role; after?: Role },
  otherAdministrators: number,
): boolean =>
  act.actorId !== act.userId &&
  act.before !== 'user' &&
  (act.after === undefined || act.after === 'user') &&
  otherAdministrators === 1

/** Whether somebody is left who administers (D-11): neither suspended nor blocked nor deleted. */
export const isAdministered = (people: readonly { role: Role; serviceState: string }[]): boolean =>
  people.some(({ role, serviceState }) => role !== 'user' && serviceState === 'available')
