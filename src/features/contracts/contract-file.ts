import { z } from 'zod'
import type { Result } from '../../kernel/result.ts'
import { toFullWidth } from '../../kernel/width.ts'
import { isPresetName } from '../../policy/policy.ts'
import {
  accountLimitProblems,
  companyLimitKinds,
  type NewContract,
  serviceOfLimit,
} from '../company/index.ts'
import {
  accountKey,
  accountKinds,
  accountProblems,
  checkCompanyKana,
  checkCompanyName,
  checkContractNumber,
  longestBranchName,
  longestCompanyName,
} from './contract.ts'

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

/** A text by the rule of the console's form, as that form keeps it; `rule` says it to whoever wrote the file. */
const text = (check: (typed: string) => Result<string>, rule: string) =>
  z.string().transform((typed, context) => {
    const checked = check(typed)
    if (checked.ok) return checked.value
    context.addIssue({ code: 'custom', message: rule })
    return z.NEVER
  })

const yen = z.coerce.bigint().min(0n).max(999_999_999_999_999n)
const ofAccount = z.strictObject({ total: yen, each: yen, preregistered: yen })

const rules = {
  branchCode: 'three digits',
  branchName: `${longestBranchName} characters at most`,
  kind: 'ordinary, checking or savings',
  number: 'seven digits',
}

const account = z
  .strictObject({
    branchCode: z.string(),
    branchName: z.string().transform(typed => toFullWidth(typed).trim()),
    kind: z.enum(accountKinds),
    number: z.string(),
    memo: z.string().max(40).default(''),
    limits: ofAccount,
    /** What the limits may be raised to (E-04); absent: the account has none of its own. */
    ceilings: ofAccount.optional(),
  })
  .superRefine(({ limits, ceilings, ...words }, context) => {
    const wrong = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message })
    for (const { field } of accountProblems(words)) wrong([field], rules[field])
    const none = { total: null, each: null, preregistered: null }
    if (ceilings)
      for (const { kind } of accountLimitProblems(ceilings as Limits, none))
        wrong(['ceilings', kind], 'no more than the total')
    for (const { kind, reason } of accountLimitProblems(limits as Limits, (ceilings as Limits) ?? none))
      wrong(
        ['limits', kind],
        reason === 'company.limit.aboveTotal' ? 'no more than the total' : 'no more than the ceiling',
      )
  })

type Limits = Parameters<typeof accountLimitProblems>[0]

const contract = z
  .strictObject({
    entrance: z.strictObject({
      slug: z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'small letters, digits and hyphens'),
      name: z.string().min(1).max(100),
      preset: z.string().refine(isPresetName, 'no preset has this name'),
    }),
    contractNumber: text(checkContractNumber, '20 half-width digits at most'),
    name: text(checkCompanyName, `${longestCompanyName} characters at most, all of which can be seen`),
    nameKana: text(checkCompanyKana, `${longestCompanyName} characters of katakana at most`),
    services: z
      .array(
        z.strictObject({
          code: z.enum(services),
          approval: z.enum(['none', 'single', 'double_unordered', 'double_ordered']).optional(),
        }),
      )
      .min(1),
    accounts: z.array(account).default([]),
    limits: z
      .array(
        z.strictObject({ service: z.string(), kind: z.enum(companyLimitKinds), amount: yen, ceiling: yen }),
      )
      .default([]),
  })
  .superRefine(({ services: contracted, accounts, limits }, context) => {
    const wrong = (path: (string | number)[], message: string) =>
      context.addIssue({ code: 'custom', path, message })
    const keys = accounts.map(accountKey)
    for (const [index, key] of keys.entries())
      if (keys.indexOf(key) < index) wrong(['accounts', index, 'number'], 'this account stands above already')
    for (const [index, { service, kind, amount, ceiling }] of limits.entries()) {
      if (service !== serviceOfLimit(kind))
        wrong(['limits', index, 'service'], `the limit of ${serviceOfLimit(kind)}`)
      else if (!contracted.some(({ code }) => code === service))
        wrong(['limits', index, 'service'], 'not among the services')
      if (amount > ceiling) wrong(['limits', index, 'amount'], 'no more than the ceiling')
    }
  })

/** A contract as a file has it: `approval` where the file says how requests of a service are approved. */
export type ContractFile = Omit<NewContract, 'overrides' | 'services'> & {
  services: { code: string; approval?: NewContract['services'][number]['approval'] | undefined }[]
}

/**
 * A contract from the text of a JSON file, as `sekisho company:create` takes it, by the rules of the console's registration
 * (H-06). What is wrong with it is told as one sentence each, every one with the place it stands at.
 */
export const readContractFile = (
  given: string,
): { ok: true; value: ContractFile } | { ok: false; mistakes: string[] } => {
  let json: unknown
  try {
    json = JSON.parse(given)
  } catch (error) {
    return { ok: false, mistakes: [(error as Error).message] }
  }
  const parsed = contract.safeParse(json)
  if (parsed.success) {
    const accounts = parsed.data.accounts.map(({ ceilings, ...rest }) => ({
      ...rest,
      ...(ceilings && { ceilings }),
    }))
    return { ok: true, value: { ...parsed.data, accounts } }
  }
  const mistakes = parsed.error.issues.map(
    ({ path, message }) => `${path.join('.') || 'the file'}: ${message}`,
  )
  return { ok: false, mistakes }
}
