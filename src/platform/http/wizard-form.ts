import type { Draft, Secrets, Values } from './drafts.ts'
import type { OpenStep, WizardStep } from './wizard.ts'

/** What the body of a wizard's form holds: the step's own fields and nothing else. */
export type Submission = {
  values: Values
  /** Secret fields, blank where they were left so. */
  secrets: Secrets
  /** 「戻る」 was pressed: the page is left as it is. */
  leaves: boolean
}

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' ? value.toWellFormed() : undefined

/**
 * Reads a form's body: texts, and lists of texts where a field came more than once. Fields that the step does not know
 * are not read at all; secrets come apart from the rest.
 */
export const submissionOf = (
  body: unknown,
  fields: readonly string[],
  secretFields: readonly string[],
): Submission => {
  const form = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>
  const values: Record<string, string | readonly string[]> = {}
  const secrets: Record<string, string> = {}
  for (const field of fields) {
    const given = Object.hasOwn(form, field) ? form[field] : undefined
    if (secretFields.includes(field)) secrets[field] = textOf(given) ?? ''
    else if (Array.isArray(given)) values[field] = given.flatMap(each => textOf(each) ?? [])
    else if (typeof given === 'string') values[field] = given.toWellFormed()
  }
  return { values, secrets, leaves: Object.hasOwn(form, 'back') }
}

/** Whether a body has a field of these beginnings that the form has not: the id behind it is of somebody else's. */
export const namesStranger = (
  body: unknown,
  fields: readonly string[],
  beginnings: readonly string[],
): boolean =>
  Object.keys((body ?? {}) as object).some(
    name => !fields.includes(name) && beginnings.some(beginning => name.startsWith(`${beginning}-`)),
  )

/** What a step's page shows before this submission: what was left on it, what was saved, or what it begins with. */
export const shownBefore = (draft: Draft, step: Pick<WizardStep, 'name'>, initial: Values): Values =>
  draft.typed[step.name] ?? draft.saved[step.name]?.values ?? initial

/** A part of a long form as the whole: what its page does not carry stays as it was left or saved before. */
export const wholeOf = (
  before: Values,
  partLists: OpenStep['partLists'],
  body: unknown,
  values: Values,
): Values => {
  const form = (body ?? {}) as Record<string, unknown>
  const lists = Object.entries(partLists).map(([field, possible]): [string, readonly string[]] => {
    const shown = textOf(form[`${field}-shown`])
    const onPage = new Set(shown?.split(','))
    const kept = [before[field] ?? []].flat().filter(each => possible.has(each) && !onPage.has(each))
    return [field, [...(shown === undefined ? [] : kept), ...[values[field] ?? []].flat()]]
  })
  return { ...before, ...values, ...Object.fromEntries(lists) }
}

/** Where a button of a long form leads: the part, and the fields that go into the address with it; undefined without one. */
export const partAsked = (body: unknown, fields: readonly string[]): URLSearchParams | undefined => {
  const form = (body ?? {}) as Record<string, unknown>
  if (typeof form.part !== 'string') return undefined
  return new URLSearchParams(
    [...fields, 'part'].flatMap((name): [string, string][] => {
      const value = textOf(form[name]) ?? ''
      return value === '' ? [] : [[name, value.slice(0, longestText)]]
    }),
  )
}

/** What a button of the page puts into its fields; undefined where none was pressed that the page has. */
export const fillAsked = (body: unknown, fills: OpenStep['fills']): Values | undefined => {
  const { fill } = (body ?? {}) as { fill?: unknown }
  return typeof fill === 'string' && Object.hasOwn(fills, fill) ? fills[fill] : undefined
}

/** The draft's version when the page was shown; a form without one is as old as can be. */
export const shownAtOf = (body: unknown): number => {
  const { version } = (body ?? {}) as { version?: unknown }
  return typeof version === 'string' && /^\d{1,9}$/.test(version) ? Number(version) : -1
}

/** The secrets of a step as they were entered before, field by field: what was typed last and is not blank. */
const enteredBefore = (draft: Draft, step: WizardStep): Secrets => ({
  ...draft.secrets.saved[step.name],
  ...draft.secrets.typed[step.name],
})

/** The secrets that count: those just typed, and where one was left blank, what was entered before. */
export const secretsFor = (submission: Submission, draft: Draft, step: WizardStep): Secrets => ({
  ...Object.fromEntries(step.secrets.map(field => [field, ''])),
  ...enteredBefore(draft, step),
  ...filledIn(submission),
})

/** The secrets that were typed on the page just sent; a blank one says nothing. */
export const filledIn = ({ secrets }: Submission): Secrets =>
  Object.fromEntries(Object.entries(secrets).filter(([, text]) => text !== ''))

/** Which secret fields hold something on the server, for the page to say 「入力済み」. */
export const enteredOf = (draft: Draft, step: WizardStep): Record<string, boolean> => {
  const secrets = enteredBefore(draft, step)
  return Object.fromEntries(step.secrets.map(field => [field, (secrets[field] ?? '') !== '']))
}

const longestText = 300
// As many accounts as a company may have, each one box.
const longestList = 2000

/** What is kept of a page that nobody has checked: what a person can have typed, not a megabyte (I-05). */
export const leftOn = (submission: Submission): { values: Values; secrets?: Secrets } => {
  const values = Object.fromEntries(
    Object.entries(submission.values).filter(([, value]) =>
      typeof value === 'string'
        ? value.length <= longestText
        : value.length <= longestList && value.every(each => each.length <= longestText),
    ),
  )
  const secrets = filledIn(submission)
  const typed = Object.values(secrets)
  return typed.length > 0 && typed.every(text => text.length <= longestText)
    ? { values, secrets }
    : { values }
}
