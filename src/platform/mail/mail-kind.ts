import { z } from 'zod'

/**
 * One part of a letter, in the order it is read:
 * - `'happened'`: the paragraph `mail.<kind>.happened`
 * - `{ facts: ['at', 'from'] }`: a list of params, labelled by `mail.<kind>.facts.<param>`; absent ones are left out
 * - `{ choice: 'release' }`: the paragraph `mail.<kind>.release.<value of the param>`
 */
export type LetterPart<Name extends string = string> =
  | string
  | { readonly facts: readonly Name[] }
  | { readonly choice: Name }

/** A kind of mail: its name, what it must be told, and how its letter is put together. */
export type MailKind<Params> = AnyMailKind & { readonly schema: z.ZodType<Params> }

/** A kind as the worker sees it, which reads the params from a row. */
export type AnyMailKind = {
  readonly kind: string
  /** Params kept as text in the row, and how they are shown. */
  readonly shown: Readonly<Record<string, 'moment' | 'choice' | 'plain'>>
  readonly letter: readonly LetterPart[]
  /** What the params that are a choice can be, by name. */
  readonly choices: Readonly<Record<string, readonly string[]>>
  /** Names that the letter shows and the row keeps sealed until it is sent. */
  readonly sealed: readonly string[]
  /** The file with a day for the reader's calendar, where the letter has one. */
  readonly calendar?: CalendarParams
}

/**
 * Which params make a letter's calendar file: the moment whose JST day it is, the one at which it was written, and what
 * names the matter, so that a later letter's file replaces the earlier one's.
 */
export type CalendarParams<Name extends string = string> = {
  readonly day: Name
  readonly written: Name
  readonly matter: Name
}

// A mail is read by machines on its way and stays in archives for years: nothing that opens anything goes into one,
// save what is declared as sealed, which works once, for minutes, and never without something the mail doesn't say.
const secretName = /passw|secret|passcode|pin$|token|pkcs12|p12|otp|^code$|private|^key$/i
const reserved = new Set(['addressee', 'company', 'name'])

/**
 * Declares a kind of mail. Its words are in `locales/<language>/mail.json` under the kind's name: `subject`, the
 * paragraphs the letter names, and labels under `facts`. A paragraph may use the params, `{{company}}` and `{{name}}`.
 *
 * Params are exact (a strict object) and never a secret: a name that sounds like one is refused when the program
 * starts. `z.date()` is shown in JST to the second (I-01), `z.enum()` by its words in `mail.choices.<param>.<value>`,
 * anything else as it is.
 *
 * `sealed` names what is no param: a code or link that works once and soon ends (B-15, B-16, C-03). It is given to the
 * outbox as a secret, shown as it is, and never kept in the clear.
 *
 * `calendar` adds a file with a day in it (C-06), its words under `calendar.summary` and `calendar.description`.
 * @param kind such as `lock.released`, the bank's words for what happened
 */
export const defineMail = <Shape extends z.ZodRawShape, Sealed extends string = never>(
  kind: string,
  schema: z.ZodObject<Shape, z.core.$strict>,
  letter: readonly LetterPart<(keyof Shape & string) | Sealed>[],
  sealed: readonly Sealed[] = [],
  calendar?: CalendarParams<keyof Shape & string>,
): MailKind<z.output<z.ZodObject<Shape, z.core.$strict>>> => {
  const names = Object.keys(schema.shape)
  for (const name of names) {
    if (secretName.test(name))
      throw new Error(`Mail ${kind} has a param ${name}: a mail never holds a secret`)
    if (reserved.has(name)) throw new Error(`Mail ${kind} has a param ${name}: that is the addressee's`)
  }
  for (const part of letter)
    for (const name of typeof part === 'string' ? [] : 'facts' in part ? part.facts : [part.choice])
      if (!names.includes(name) && !sealed.some(each => each === name))
        throw new Error(`Mail ${kind} shows ${name}, which is not among its params`)
  const shown = Object.fromEntries([
    ...names.map(name => [name, howShown(schema.shape[name])]),
    ...sealed.map(name => [name, 'plain']),
  ])
  const choices = Object.fromEntries(
    names.flatMap(name => {
      const options = optionsOf(schema.shape[name])
      return options ? [[name, options]] : []
    }),
  )
  return { kind, schema, shown, letter, choices, sealed, ...(calendar && { calendar }) }
}

const optionsOf = (schema: unknown): string[] | undefined => {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable) return optionsOf(schema.unwrap())
  return schema instanceof z.ZodEnum ? schema.options.map(String) : undefined
}

const howShown = (schema: unknown): 'moment' | 'choice' | 'plain' => {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable) return howShown(schema.unwrap())
  if (schema instanceof z.ZodDate) return 'moment'
  return schema instanceof z.ZodEnum ? 'choice' : 'plain'
}
