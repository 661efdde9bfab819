import { z } from 'zod'
import { isPresetName } from '../../policy/policy.ts'
import type { NewContract } from './commands.ts'

const services = [
  'balance',
  'statement',
  'incoming',
  'transfer',
  'bulk_transfer',
  'payroll',
  'direct_debit',
  'history',
  'fx',
] as const

const yen = z.coerce.bigint().min(0n).max(999_999_999_999_999n)

const contract = z.strictObject({
  entrance: z.strictObject({
    slug: z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'small letters, digits and hyphens'),
    name: z.string().min(1).max(100),
    preset: z.string().refine(isPresetName, 'no preset has this name'),
  }),
  contractNumber: z.string().regex(/^\d{1,20}$/, 'digits only'),
  name: z.string().trim().min(1).max(100),
  nameKana: z.string().trim().min(1).max(100),
  services: z
    .array(
      z.strictObject({
        code: z.enum(services),
        approval: z.enum(['none', 'single', 'double_unordered', 'double_ordered']).nullable().default(null),
      }),
    )
    .min(1),
  accounts: z
    .array(
      z.strictObject({
        branchCode: z.string().regex(/^\d{3}$/, 'three digits'),
        branchName: z.string().min(1).max(40),
        kind: z.enum(['ordinary', 'checking', 'savings']),
        number: z.string().regex(/^\d{7}$/, 'seven digits'),
        memo: z.string().max(40).default(''),
        limits: z.strictObject({ total: yen, each: yen, preregistered: yen }),
      }),
    )
    .default([]),
  limits: z
    .array(z.strictObject({ service: z.string(), kind: z.string(), amount: yen, ceiling: yen }))
    .default([]),
})

/**
 * A contract from the text of a JSON file, as `sekisho company:create` takes it. What is wrong with it is told as one
 * sentence each, every one with the place it stands at.
 */
export const readContract = (
  text: string,
): { ok: true; value: NewContract } | { ok: false; mistakes: string[] } => {
  let given: unknown
  try {
    given = JSON.parse(text)
  } catch (error) {
    return { ok: false, mistakes: [(error as Error).message] }
  }
  const parsed = contract.safeParse(given)
  if (parsed.success) return { ok: true, value: { ...parsed.data, overrides: {} } }
  const mistakes = parsed.error.issues.map(
    ({ path, message }) => `${path.join('.') || 'the file'}: ${message}`,
  )
  return { ok: false, mistakes }
}
