/** How the requests of a service are approved (E-02). */
export const approvalModes = ['none', 'single', 'double_unordered', 'double_ordered'] as const
export type ApprovalMode = (typeof approvalModes)[number]

const needed = {
  none: 0,
  single: 1,
  double_unordered: 2,
  double_ordered: 2,
} as const satisfies Record<ApprovalMode, number>

/** How many others must approve a request before it is carried out. */
export const approversNeeded = (mode: ApprovalMode): number => needed[mode]

/** The people of one service, counted: who may ask, who may approve, and who may do both. */
export type Staffing = { mode: ApprovalMode; requesters: number; approvers: number; both: number }

/**
 * How many approvers are missing for the requester who has the fewest beside them; 0 where nobody asks. Whoever may also
 * approve has one less to ask than the others (D-11).
 */
export const missingApprovers = ({ mode, requesters, approvers, both }: Staffing): number =>
  requesters === 0 ? 0 : Math.max(0, needed[mode] - (approvers - (both > 0 ? 1 : 0)))

/** Missing approvers by service. */
export type Missing = ReadonlyMap<string, number>

/**
 * The first service for which a change leaves more approvers missing than were before it. A company that begins with one
 * master lacks them from the start: nothing may make that worse, and everything that mends it passes.
 */
export const firstWorse = (
  before: Missing,
  after: Missing,
): { service: string; missing: number } | undefined => {
  for (const [service, missing] of after)
    if (missing > (before.get(service) ?? 0)) return { service, missing }
  return undefined
}
