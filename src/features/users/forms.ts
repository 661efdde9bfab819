import { z } from 'zod'
import { type Yen, yen } from '../../kernel/money.ts'
import type { Result } from '../../kernel/result.ts'
import { toHalfWidth } from '../../kernel/width.ts'
import { checkNewPassword } from '../../policy/password-rules.ts'
import type { SecurityPolicy } from '../../policy/policy.ts'
import { factorsOf } from '../../policy/second-factor.ts'
import { readMobile } from '../factors/index.ts'
import { keysOf, type MatrixService, offeredTo } from './matrix.ts'
import { checkLimit, checkLoginId, checkName, type GrantableRole } from './user.ts'

// Messages are reason codes: their words are in `locales/<language>/users.json` under `reasons`.
// Every field is read as text first and all rules follow in one pass, so that all errors show at once.
export const text = z.string().catch('')
export const halfWidth = text.transform(toHalfWidth)
const texts = z
  .union([z.string(), z.array(z.string())])
  .optional()
  .transform(given => [...new Set([given ?? []].flat())])

export type Issues = Pick<z.RefinementCtx, 'addIssue'>

/** @param at the key of the field's label, where another field may make the same mistake (I-03) */
export const report = (issues: Issues, field: string, refusal: Result<unknown>, at?: string): void => {
  if (!refusal.ok)
    issues.addIssue({
      code: 'custom',
      path: [field],
      message: refusal.reason,
      params: { ...refusal.params, ...(at && { at }) },
    })
}

export const wrong = (issues: Issues, field: string, reason: string): void =>
  issues.addIssue({ code: 'custom', path: [field], message: reason })

export const forged = (issues: Issues, field: string, reason: string): void =>
  issues.addIssue({ code: 'custom', path: [field], message: reason, params: { forged: true } })

const shortestEmail = 4
const longestEmail = 64
const emailShape = z.email()

export const checkEmail = (issues: Issues, email: string): void => {
  if (email.trim() === '') wrong(issues, 'email', 'user.email.blank')
  else if (/\s/.test(email)) wrong(issues, 'email', 'user.email.spaces')
  else if (email.length < shortestEmail || email.length > longestEmail)
    issues.addIssue({
      code: 'custom',
      path: ['email'],
      message: 'user.email.length',
      params: { minimum: shortestEmail, maximum: longestEmail },
    })
  else if (!emailShape.safeParse(email).success) wrong(issues, 'email', 'user.email.shape')
}

export const checkMobile = (issues: Issues, mobile: string): void => {
  if (readMobile(mobile) === undefined)
    wrong(issues, 'mobile', mobile.trim() === '' ? 'mobile.required' : 'mobile.unreadable')
}

/** Who does not appoint administrators is not offered the choice (D-14). */
export const checkRole = (issues: Issues, role: string, appoints: boolean): void => {
  if (!appoints && role === 'administrator') forged(issues, 'role', 'user.role.notAppointed')
  else if (role === '') wrong(issues, 'role', 'user.role.blank')
  else if (role !== 'user' && role !== 'administrator') forged(issues, 'role', 'user.role.forged')
}

/** A user name as it is stored, or as it was typed where it can't be one. */
export const name = text.transform(typed => {
  const checked = checkName(typed)
  return checked.ok ? checked.value : typed
})

/** Whether a user of this company needs a mobile number (B-18). */
export const asksMobile = (policy: Pick<SecurityPolicy, 'login'>): boolean =>
  factorsOf(policy.login).includes('sms')

/**
 * 基本情報 (D-03), by the company's policy. What is asked twice is compared here; whether a login ID is taken, the
 * database knows. Where the portal makes the first password nothing of one is read.
 */
export const basicForm = (
  policy: Pick<SecurityPolicy, 'login' | 'loginId' | 'loginPassword' | 'firstPassword'>,
  appoints: boolean,
) =>
  z
    .object({
      loginId: halfWidth,
      loginIdAgain: halfWidth,
      // Passwords are never changed on the way: not their width, not their spaces.
      loginPassword: text,
      loginPasswordAgain: text,
      forceChange: z.literal('on').optional().catch(undefined),
      name,
      email: halfWidth,
      emailAgain: halfWidth,
      mobile: text,
      role: appoints ? text : text.transform(role => (role === '' ? 'user' : role)),
    })
    .superRefine((form, issues) => {
      const loginId = checkLoginId(policy.loginId, form.loginId)
      report(issues, 'loginId', loginId)
      if (loginId.ok && form.loginIdAgain !== form.loginId)
        wrong(
          issues,
          'loginIdAgain',
          form.loginIdAgain === '' ? 'user.loginId.againBlank' : 'user.loginId.again',
        )
      if (policy.firstPassword === 'made') {
        // Nobody is asked for it: what a form of somebody's own sends is not looked at.
      } else if (form.loginPassword === '') wrong(issues, 'loginPassword', 'user.loginPassword.blank')
      else {
        const checked = checkNewPassword(policy.loginPassword, form.loginPassword, form)
        report(issues, 'loginPassword', checked)
        if (checked.ok && form.loginPasswordAgain !== form.loginPassword)
          wrong(
            issues,
            'loginPasswordAgain',
            form.loginPasswordAgain === '' ? 'user.loginPassword.againBlank' : 'user.loginPassword.again',
          )
      }
      report(issues, 'name', checkName(form.name))
      checkEmail(issues, form.email)
      if (form.email.trim() !== '' && form.emailAgain !== form.email)
        wrong(issues, 'emailAgain', form.emailAgain === '' ? 'user.email.againBlank' : 'user.email.again')
      // Where the company uses codes by SMS, nobody is registered who could not get one (B-18).
      if (asksMobile(policy)) checkMobile(issues, form.mobile)
      checkRole(issues, form.role, appoints)
    })

export type BasicAnswer = z.output<ReturnType<typeof basicForm>>

/** The role of an accepted 基本情報: the form let no other through. */
export const roleOf = (basic: BasicAnswer): GrantableRole =>
  basic.role === 'administrator' ? 'administrator' : 'user'

/** 権限 (D-04): only boxes that this user is offered; what no administrator is offered did not come from our page. */
export const permissionsForm = (
  matrix: readonly MatrixService[],
  offeredMatrix: readonly MatrixService[],
) => {
  const offered = keysOf(offeredMatrix)
  const known = new Set([...offered, ...keysOf(offeredTo(matrix, 'administrator'))])
  return z.object({ permissions: texts }).superRefine((form, issues) => {
    if (form.permissions.some(key => !known.has(key))) forged(issues, 'permissions', 'permission.forged')
    // Ticked for an administrator who has been made a plain user since: to be looked at again, nobody forged it.
    else if (form.permissions.some(key => !offered.has(key)))
      wrong(issues, 'permissions', 'permission.administratorsOnly')
  })
}

/** The field of a service's limit. */
export const limitField = (serviceCode: string): string => `limit-${serviceCode}`

/** The limits among the answers of 口座・限度額, which the form keeps one a field, by service. */
export const limitsIn = (answer: object): Map<string, Yen> =>
  new Map(
    Object.entries(answer).flatMap(([field, amount]) =>
      typeof amount === 'bigint' ? [[field.slice(limitField('').length), yen(amount)] as const] : [],
    ),
  )

/** There is one for each service, and each says which it is (I-03). */
const limitOf = (serviceCode: string) =>
  text.transform((typed, issues): Yen => {
    const checked = checkLimit(typed)
    if (checked.ok) return checked.value
    const params = { ...checked.params, at: `users.services.${serviceCode}` }
    issues.addIssue({ code: 'custom', message: checked.reason, params, input: typed })
    return z.NEVER
  })

/** 口座・限度額 (D-05): accounts of the company, and a limit for each service the user may make requests in. */
export const accountsForm = (accountIds: ReadonlySet<string>, services: readonly MatrixService[]) =>
  z
    .object({
      accounts: texts,
      ...Object.fromEntries(services.map(({ code }) => [limitField(code), limitOf(code)])),
    })
    .superRefine((form, issues) => {
      if (form.accounts.some(id => !accountIds.has(id))) forged(issues, 'accounts', 'account.notFound')
    })
