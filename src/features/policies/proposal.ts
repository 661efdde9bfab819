import { type Breach, breachesOf, weakeningsOf } from '../../policy/floor.ts'
import type { Impact } from '../../policy/impact.ts'
import {
  type PolicyOverrides,
  type PresetName,
  policyOf,
  presetOf,
  type SecurityPolicy,
} from '../../policy/policy.ts'

/** What a company's policy is made of: the preset of its entrance, and what it has of its own. */
export type PolicyChoice = { entrance: string; preset: PresetName; overrides: PolicyOverrides }

/** A change as it is approved and carried out: to what, and from which version on. */
export type Proposal = PolicyChoice & { baseVersion: number }

/** What changing to it would mean, and why one officer alone may not do it. */
export type DryRun = {
  before: SecurityPolicy
  after: SecurityPolicy
  impact: Impact
  breaches: Breach[]
  presetChanges: boolean
  /** Login IDs that users of other companies have already, where the new preset wants them unique over the bank. */
  loginIdsTaken: number
  /** Live sessions that the new policy would not have opened, and that end with the change. */
  sessionsEnded: number
}

/** The policy that a choice amounts to. */
export const resultOf = (choice: Pick<PolicyChoice, 'preset' | 'overrides'>): SecurityPolicy =>
  policyOf(choice)

/**
 * Whether a second officer must approve: locks or password length below the preset's floor, whatever else would be weaker
 * than it is (decision 86), and another preset, for its floor may be lower than the one before.
 */
export const needsSecondOfficer = (dryRun: Pick<DryRun, 'breaches' | 'presetChanges'>): boolean =>
  dryRun.presetChanges || dryRun.breaches.length > 0

type Chosen = Pick<PolicyChoice, 'preset' | 'overrides'>

/** Where a choice falls below its own preset's floor, or is weaker than what is in force (decision 86). */
export const breachesOfChange = (current: Chosen, wanted: Chosen): Breach[] => [
  ...breachesOf(presetOf(wanted.preset), resultOf(wanted)),
  ...weakeningsOf(resultOf(current), resultOf(wanted)),
]

const flat = (part: string, value: unknown): string[] => {
  if (Array.isArray(value)) return [`${part}=${JSON.stringify(value)}`]
  if (typeof value !== 'object' || value === null) return [`${part}=${String(value)}`]
  return Object.entries(value).flatMap(([name, each]) => flat(part === '' ? name : `${part}.${name}`, each))
}

/** Overrides one a line, `lock.failures=5`, sorted: for the history, and to tell whether two are the same. */
export const overrideLines = (overrides: PolicyOverrides): string[] => flat('', overrides).toSorted()

/** Whether two choices amount to the same. */
export const isSameChoice = (one: PolicyChoice, other: PolicyChoice): boolean =>
  one.entrance === other.entrance &&
  overrideLines(one.overrides).join('\n') === overrideLines(other.overrides).join('\n')
