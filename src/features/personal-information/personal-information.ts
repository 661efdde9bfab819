import { z } from 'zod'
import { oneLineProblem } from '../../kernel/one-line.ts'
import type { Values } from '../../platform/http/drafts.ts'
import type { SecurityPolicy } from '../../policy/policy.ts'
import { readMobile, readPhone, writtenNumber } from '../factors/index.ts'
import { asksMobile, checkName, longestName, type NameRefusal } from '../users/index.ts'

/** What users write of themselves (G-06). Numbers are in E.164. */
export type PersonalInformation = {
  name: string
  phone: string | null
  mobile: string | null
  organisation: string
  department: string
}

/** 組織名 and 部署名: as many characters as people count. */
export const longestOrganisation = 60

// Its field is called 名前 here: an error names the field that is on the page (I-03).
const nameReasons: Record<NameRefusal, string> = {
  'user.name.blank': 'personalInformation.name.blank',
  'user.name.tooLong': 'personalInformation.name.tooLong',
  'user.name.width': 'personalInformation.name.width',
  'user.name.spaces': 'personalInformation.name.spaces',
}

const lineReasons = {
  organisation: {
    tooLong: 'personalInformation.organisation.tooLong',
    characters: 'personalInformation.organisation.characters',
  },
  department: {
    tooLong: 'personalInformation.department.tooLong',
    characters: 'personalInformation.department.characters',
  },
} as const

const text = z.string().catch('')

/** The form's fields, as texts. */
export type Texts = Record<keyof PersonalInformation, string>

/** The values that stand for what is stored: what the form begins with. */
export const valuesOf = (stored: PersonalInformation): Texts => ({
  name: stored.name,
  phone: writtenNumber(stored.phone),
  mobile: writtenNumber(stored.mobile),
  organisation: stored.organisation,
  department: stored.department,
})

type Mistake = { field: keyof PersonalInformation; reason: string; params?: Record<string, number> }

/**
 * What a form says, as it would be stored, and what is wrong with it. A number that was left as it stands is not judged
 * again.
 */
const judged = (
  form: Texts,
  stored: PersonalInformation,
): { read: PersonalInformation; mistakes: Mistake[] } => {
  const shown = valuesOf(stored)
  const mistakes: Mistake[] = []
  const name = checkName(form.name)
  if (!name.ok)
    mistakes.push({
      field: 'name',
      reason: nameReasons[name.reason],
      params: { maximum: longestName, ...name.params },
    })
  const phone = readNumber(form.phone, shown.phone, stored.phone, readPhone)
  if (phone === undefined) mistakes.push({ field: 'phone', reason: 'personalInformation.phone.unreadable' })
  const mobile = readNumber(form.mobile, shown.mobile, stored.mobile, readMobile)
  if (mobile === undefined) mistakes.push({ field: 'mobile', reason: 'mobile.unreadable' })
  const lines = { organisation: form.organisation.trim(), department: form.department.trim() }
  for (const field of ['organisation', 'department'] as const) {
    const problem = oneLineProblem(lines[field], longestOrganisation)
    if (problem)
      mistakes.push({ field, reason: lineReasons[field][problem], params: { maximum: longestOrganisation } })
  }
  return {
    read: { name: name.ok ? name.value : form.name, phone: phone ?? null, mobile: mobile ?? null, ...lines },
    mistakes,
  }
}

/** What an accepted form asks for. */
export const readDetails = (form: Texts, stored: PersonalInformation): PersonalInformation =>
  judged(form, stored).read

/**
 * 個人情報編集 (G-06), beside what is stored: a name by the rules of any user's, a mobile number where the company's logins
 * use SMS.
 */
export const detailsForm = (policy: Pick<SecurityPolicy, 'login'>, stored: PersonalInformation) =>
  z
    .object({ name: text, phone: text, mobile: text, organisation: text, department: text })
    .superRefine((form, issues) => {
      const { mistakes } = judged(form, stored)
      if (form.mobile.trim() === '' && asksMobile(policy))
        mistakes.push({ field: 'mobile', reason: 'mobile.required' })
      for (const { field, reason, params = {} } of mistakes)
        issues.addIssue({ code: 'custom', path: [field], message: reason, params })
    })

/** Null where the field is blank, undefined where what was typed is no number. */
const readNumber = (
  typed: string,
  shown: string,
  stored: string | null,
  read: (typed: string) => string | undefined,
): string | null | undefined => {
  if (typed.trim() === '') return null
  return typed.trim() === shown ? stored : read(typed)
}

/** The same as the form's values give them: a draft's, or those of a page that somebody else has changed meanwhile. */
export const textsOf = (values: Values): Texts => {
  const textOf = (field: keyof PersonalInformation) => String([values[field] ?? ''].flat()[0] ?? '')
  return {
    name: textOf('name'),
    phone: textOf('phone'),
    mobile: textOf('mobile'),
    organisation: textOf('organisation'),
    department: textOf('department'),
  }
}
