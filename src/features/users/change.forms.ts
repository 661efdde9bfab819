import { z } from 'zod'
import { checkNewPassword } from '../../policy/password-rules.ts'
import type { SecurityPolicy } from '../../policy/policy.ts'
import { readMobile } from '../factors/index.ts'
import {
  asksMobile,
  checkEmail,
  checkMobile,
  checkRole,
  halfWidth,
  type Issues,
  name,
  report,
  text,
  wrong,
} from './forms.ts'
import type { UserRecord } from './queries.ts'
import { checkLoginId, checkName } from './user.ts'

/** What of 基本情報 this administrator may change of this user; the rest is shown and stays. */
export type ChangeableParts = {
  loginId: boolean
  /** Mail address and mobile number: one's own are changed where their codes are asked for (B-22). */
  contact: boolean
  role: boolean
  loginPassword: 'typed' | 'made' | 'no'
  confirmationPassword: boolean
}

/**
 * What may be changed: one's own password, mail and right have pages of their own or need somebody else, and a login ID
 * that the certificate of this very session bears can't go under it. Passwords are reset where the company's policy helps
 * with forgotten ones without a paper form (chapter A, B-21).
 */
export const changeableParts = (
  policy: SecurityPolicy,
  user: Pick<UserRecord, 'id' | 'role' | 'passwordSet'>,
  actor: { id: string; byCertificate: boolean; appoints: boolean },
): ChangeableParts => {
  const own = user.id === actor.id
  // Who was brought in by a file has no login password yet, and nobody's help to be asked for (D-13).
  const helper = policy.forgottenPassword[user.role === 'user' ? 'user' : 'administrator']
  const resets = !own && (!user.passwordSet || helper !== 'helpdesk')
  return {
    loginId: !(own && actor.byCertificate),
    contact: !own,
    role: !own && actor.appoints && user.role !== 'contractor',
    loginPassword: resets ? policy.firstPassword : 'no',
    confirmationPassword: resets && policy.confirmation === 'password',
  }
}

const ticked = z.literal('on').optional().catch(undefined)
const fixed = (value: string) => text.transform(() => value)

type Loaded = {
  policy: Pick<SecurityPolicy, 'login' | 'loginId' | 'loginPassword'>
  user: UserRecord
  company: { name: string }
  parts: ChangeableParts
}

/**
 * 利用者変更［基本情報］ (D-08). What stays as it is passes, whatever the rules have become since; 「変更する」 gates each of
 * the passwords.
 */
export const changeBasicForm = ({ policy, user, company, parts }: Loaded) =>
  z
    .object({
      loginId: parts.loginId ? halfWidth : fixed(user.loginId),
      loginIdAgain: parts.loginId ? halfWidth : fixed(user.loginId),
      changeLoginPassword: ticked,
      loginPassword: text,
      loginPasswordAgain: text,
      forceLoginChange: ticked,
      changeConfirmationPassword: ticked,
      newConfirmationPassword: text,
      newConfirmationPasswordAgain: text,
      forceConfirmationChange: ticked,
      name,
      email: parts.contact ? halfWidth : fixed(user.email),
      emailAgain: parts.contact ? halfWidth : fixed(user.email),
      mobile: parts.contact && asksMobile(policy) ? text : fixed(user.mobile ?? ''),
      role: parts.role ? text : fixed(user.role),
    })
    .superRefine((form, issues) => {
      if (form.loginId !== user.loginId) report(issues, 'loginId', checkLoginId(policy.loginId, form.loginId))
      if (form.loginIdAgain !== form.loginId)
        wrong(
          issues,
          'loginIdAgain',
          form.loginIdAgain === '' ? 'user.loginId.againBlank' : 'user.loginId.again',
        )
      checkResets(issues, form, { policy, user, company, parts })
      if (form.name !== user.name) report(issues, 'name', checkName(form.name))
      if (form.email !== user.email) checkEmail(issues, form.email)
      if (form.email.trim() !== '' && form.emailAgain !== form.email)
        wrong(issues, 'emailAgain', form.emailAgain === '' ? 'user.email.againBlank' : 'user.email.again')
      if (parts.contact && asksMobile(policy) && form.mobile !== user.mobile) checkMobile(issues, form.mobile)
      if (parts.role) checkRole(issues, form.role, true)
    })

export type ChangeBasicAnswer = z.output<ReturnType<typeof changeBasicForm>>

type Typed = Pick<
  ChangeBasicAnswer,
  | 'loginId'
  | 'name'
  | 'email'
  | 'changeLoginPassword'
  | 'loginPassword'
  | 'loginPasswordAgain'
  | 'changeConfirmationPassword'
  | 'newConfirmationPassword'
  | 'newConfirmationPasswordAgain'
>

const checkResets = (issues: Issues, form: Typed, { policy, user, company, parts }: Loaded): void => {
  const owner = {
    loginId: form.loginId,
    name: form.name,
    ownWords: [form.email, company.name],
    holdsSecondFactor: user.otp !== 'none',
  }
  const login = parts.loginPassword === 'typed' && form.changeLoginPassword === 'on'
  const confirmation = parts.confirmationPassword && form.changeConfirmationPassword === 'on'
  if (login)
    checkTwice(issues, policy, owner, {
      field: 'loginPassword',
      password: form.loginPassword,
      again: form.loginPasswordAgain,
    })
  if (confirmation)
    checkTwice(issues, policy, owner, {
      field: 'newConfirmationPassword',
      password: form.newConfirmationPassword,
      again: form.newConfirmationPasswordAgain,
    })
  // Which passwords the user holds, nobody is told by trying: only what is typed here is compared (B-21).
  if (
    login &&
    confirmation &&
    form.loginPassword !== '' &&
    form.loginPassword === form.newConfirmationPassword
  )
    wrong(issues, 'newConfirmationPassword', 'password.sameAsOther')
}

const labelOf = {
  loginPassword: 'users.change.basic.newLoginPassword',
  newConfirmationPassword: 'users.change.basic.newConfirmationPassword',
} as const

const checkTwice = (
  issues: Issues,
  policy: Pick<SecurityPolicy, 'loginPassword'>,
  owner: Parameters<typeof checkNewPassword>[2],
  {
    field,
    password,
    again,
  }: { field: 'loginPassword' | 'newConfirmationPassword'; password: string; again: string },
): void => {
  if (password === '') {
    wrong(issues, field, `user.${field}.blank`)
    return
  }
  const checked = checkNewPassword(policy.loginPassword, password, owner)
  report(issues, field, checked, labelOf[field])
  if (checked.ok && again !== password)
    wrong(issues, `${field}Again`, again === '' ? `user.${field}.againBlank` : `user.${field}.again`)
}

/** The number in E.164 as it is to be; null for none. */
export const mobileAnswer = (user: Pick<UserRecord, 'mobile'>, typed: string): string | null =>
  typed === (user.mobile ?? '') ? user.mobile : (readMobile(typed) ?? null)
