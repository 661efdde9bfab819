import { z } from 'zod'
import { minute } from '../../kernel/clock.ts'
import { unprintable } from '../../kernel/reason.ts'
import { toHalfWidth } from '../../kernel/width.ts'
import type { Mistake } from '../../platform/http/mistake.ts'
import {
  type PolicyOverrides,
  type PresetName,
  presetOf,
  type SecondFactor,
  type SecurityPolicy,
} from '../../policy/policy.ts'

const text = z.string().catch('')

const policyShape = z.object({
  caseId: text,
  baseVersion: text,
  entrance: text,
  lockFailures: text,
  lockMinutes: text,
  blocksAt: text,
  passwordMinimum: text,
  passwordDays: text,
  idleMinutes: text,
  confirmation: text,
  secondFactor: text,
  certificates: text,
  overlap: text,
  compatibility: text,
  keyAlgorithm: text,
  reason: text,
})

/** What was typed, as it comes back to the page when something is wrong; blank is «as the preset». */
export type PolicyValues = z.output<typeof policyShape>

/** What the form says, whatever was sent for it. */
export const policyValues = (body: unknown): PolicyValues => policyShape.parse(body ?? {})

/** What may be chosen, by field, beside «as the preset». */
export const choices = {
  confirmation: ['none', 'password', 'step-up'],
  secondFactor: ['none', 'sms', 'totp', 'passkey-or-totp'],
  certificates: ['required'],
  overlap: ['until-expiry', 'until-first-login'],
  compatibility: ['aes256', '3des'],
  keyAlgorithm: ['rsa-3072', 'p-256', 'rsa-2048'],
} as const satisfies { [field in keyof PolicyValues]?: readonly string[] }

type ChoiceField = keyof typeof choices

/** The bounds of each number; 0 stands for «never» where it is allowed. */
export const bounds = {
  lockFailures: { least: 1, most: 100, zero: false },
  lockMinutes: { least: 1, most: 1440, zero: true },
  blocksAt: { least: 1, most: 10, zero: true },
  passwordMinimum: { least: 4, most: 64, zero: false },
  passwordDays: { least: 1, most: 3650, zero: true },
  idleMinutes: { least: 3, most: 60, zero: false },
} as const satisfies { [field in keyof PolicyValues]?: { least: number; most: number; zero: boolean } }

type NumberField = keyof typeof bounds

export const longestReason = 400

/** The overrides of a company as the form shows them. */
export const valuesOf = (overrides: PolicyOverrides): Partial<PolicyValues> => {
  const shown = (given: number | null | undefined, unit = 1) =>
    given === undefined ? '' : String(given === null ? 0 : given / unit)
  return {
    lockFailures: shown(overrides.lock?.failures),
    lockMinutes: shown(overrides.lock?.seconds, minute),
    blocksAt: shown(overrides.lock?.blocksAt),
    passwordMinimum: shown(overrides.loginPassword?.minimum),
    passwordDays: shown(overrides.loginPassword?.days),
    idleMinutes: shown(overrides.session?.idleSeconds, minute),
    confirmation: overrides.confirmation ?? '',
    secondFactor: overrides.login?.secondFactor ?? '',
    certificates: overrides.login?.ways ? 'required' : '',
    overlap: overrides.certificate?.overlap ?? '',
    compatibility: overrides.certificate?.compatibility ?? '',
    keyAlgorithm: overrides.certificate?.keyAlgorithm ?? '',
  }
}

/** The overrides that a form asks for, by the preset of the entrance it names; or every mistake at once. */
export const readOverrides = (
  presetName: PresetName,
  values: PolicyValues,
): { mistakes: Mistake[]; overrides: PolicyOverrides } => {
  const preset = presetOf(presetName)
  const mistakes: Mistake[] = []
  const number = (field: NumberField): number | null | undefined => {
    const typed = toHalfWidth(values[field]).trim()
    if (typed === '') return undefined
    const { least, most, zero } = bounds[field]
    const given = /^\d{1,6}$/.test(typed) ? Number(typed) : Number.NaN
    if (given === 0 && zero) return null
    if (given >= least && given <= most) return given
    mistakes.push({ field, reason: zero ? 'policy.numberOrZero' : 'policy.number', params: { least, most } })
    return undefined
  }
  const chosen = <F extends ChoiceField>(field: F): (typeof choices)[F][number] | undefined => {
    const given = values[field]
    if (given === '') return undefined
    const known = choices[field].find(each => each === given)
    if (known === undefined) mistakes.push({ field, reason: 'policy.choice' })
    return known
  }
  const failures = number('lockFailures') ?? undefined
  const lockMinutes = number('lockMinutes')
  const blocksAt = number('blocksAt')
  const minimum = number('passwordMinimum') ?? undefined
  const days = number('passwordDays')
  const idleMinutes = number('idleMinutes') ?? undefined
  const confirmation = chosen('confirmation')
  const secondFactor = chosen('secondFactor')
  const overlap = chosen('overlap')
  const compatibility = chosen('compatibility')
  const keyAlgorithm = chosen('keyAlgorithm')
  const ways = chosen('certificates') && waysOf(preset, mistakes)
  if (secondFactor && !preset.login.secondFactorChoices.includes(secondFactor))
    mistakes.push({ field: 'secondFactor', reason: 'policy.secondFactor' })
  if (minimum !== undefined && minimum > preset.loginPassword.maximum)
    mistakes.push({
      field: 'passwordMinimum',
      reason: 'policy.minimumAboveMaximum',
      params: { maximum: preset.loginPassword.maximum },
    })
  const overrides = {
    ...part('login', { ways, secondFactor: secondFactor as SecondFactor | undefined }),
    ...part('loginPassword', { minimum, days }),
    ...part('lock', {
      failures,
      seconds: typeof lockMinutes === 'number' ? lockMinutes * minute : lockMinutes,
      blocksAt,
    }),
    ...part('session', { idleSeconds: idleMinutes === undefined ? undefined : idleMinutes * minute }),
    ...part('certificate', { overlap, compatibility, keyAlgorithm }),
    ...(confirmation && { confirmation }),
  }
  return { mistakes, overrides: overrides as PolicyOverrides }
}

const waysOf = (preset: SecurityPolicy, mistakes: Mistake[]) => {
  if (preset.login.waysWithCertificate) return preset.login.waysWithCertificate
  mistakes.push({ field: 'certificates', reason: 'policy.certificates' })
  return undefined
}

/** A group of overrides without what was left to the preset; nothing where all was. */
const part = (name: string, given: Record<string, unknown>): Record<string, unknown> => {
  const own = Object.entries(given).filter(([, value]) => value !== undefined)
  return own.length === 0 ? {} : { [name]: Object.fromEntries(own) }
}

/** Why a policy is changed: asked for on every change (H-04). */
export const readReason = (values: PolicyValues): { reason: string; mistake?: Mistake } => {
  const reason = values.reason.replaceAll('\r\n', '\n').trim()
  const wrong = (code: string, params?: Mistake['params']) => ({
    reason,
    mistake: { field: 'reason' as const, reason: code, ...(params && { params }) },
  })
  if (reason === '') return wrong('policy.reasonMissing')
  if ([...reason].length > longestReason) return wrong('policy.reasonTooLong', { longest: longestReason })
  return unprintable.test(reason) ? wrong('case.reasonUnprintable') : { reason }
}
