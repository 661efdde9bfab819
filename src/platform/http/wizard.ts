import type { z } from 'zod'
import type { Deps } from '../../deps.ts'
import type { UserActor } from '../../kernel/actor.ts'
import type { Refusal, Result } from '../../kernel/result.ts'
import type { Tx } from '../db/in-tx.ts'
import type { Formats } from '../formats.ts'
import type { Language, Translate } from '../i18n.ts'
import type { OwnPassword } from '../shown-once.ts'
import type { Draft, DraftBeginning, Values } from './drafts.ts'
import type { LiveSession } from './live-session.ts'
import type { Policy } from './policy.ts'

/** One request to a wizard: who fills it in, for which company, and what the steps before have answered. */
export type Visit = {
  deps: Deps
  actor: UserActor
  company: NonNullable<LiveSession['company']>
  /** The session in which it is filled in: what is proved there counts in no other. */
  sessionId: string
  /** Whether the session is a certificate's, on a host of its own: passkeys can't be asked for there. */
  byCertificate: boolean
  draft: Pick<Draft, 'id' | 'target' | 'began' | 'beganAt'>
  /**
   * What `present` found for this request, of a wizard that declares it: its pages read this and nothing newer, for between
   * two reads the target may go.
   */
  present: unknown
  /** Accepted answers by step, parsed; `answerOf` reads them with their type. */
  answers: ReadonlyMap<string, unknown>
  language: Language
  t: Translate
  formats: Formats
}

/**
 * What is wrong with an answer: the form's field, a reason code (`reasons.<code>` in the locales) and what its text
 * names. `forged` marks what no page of ours can have sent: it is refused and recorded, not explained at a field (I-05).
 */
export type Problem = {
  field: string
  reason: string
  params?: Record<string, string | number>
  /** The key of the field's label, where another field of the page may make the same mistake (I-03). */
  at?: string
  forged?: boolean
}

/** What a page shows beyond the fields' values; names reach the template. */
export type PageParts = Record<string, unknown>

type StepDeclaration<Name extends string, Loaded, Schema extends z.ZodObject> = {
  /** The end of the page's address. */
  name: Name
  screen: string
  view: string
  /** Fields that are sealed in the draft and never sent back (passwords). */
  secrets?: readonly (keyof z.output<Schema> & string)[]
  /**
   * Fields whose names end in an id (`total-<account>`): one with such a beginning that the form does not have names what is
   * not the company's, and is refused for this reason as a forgery (I-05).
   */
  idFields?: { beginnings: readonly string[]; reason: string }
  /**
   * For a form too long for one page, which shows a part of its fields: what the page does not carry stays as it was typed
   * or saved before. A button named `part` keeps what is typed and leads to the part of its value; these fields of the form
   * go into the address with it. A field that a form leaves out where it is empty must be one of `partLists`.
   */
  partFields?: readonly string[]
  /**
   * Lists of checkboxes of which a page may show a part, by field, each with all that it may hold now. `<field>-shown` names
   * those on the page, separated by commas, since a form says nothing of a box that is not ticked: what is not on the page
   * stays as it was. Without it the page shows all.
   */
  partLists?: (loaded: Loaded) => Readonly<Record<string, ReadonlySet<string>>>
  /** What buttons named `fill` put into the fields, by their values: the page comes back with it, and the rest as it was typed. */
  fills?: (loaded: Loaded) => Readonly<Record<string, Values>>
  /** What the page and its rules need; GET and POST share it (house rule 8). */
  load: (visit: Visit) => Promise<Loaded>
  /**
   * The form. An issue's message is a reason code, the `params` of a custom issue are its text's, and
   * `params: { forged: true }` marks a forgery, `at` names the field. Fields are read from form data: texts and lists of texts.
   */
  schema: (loaded: Loaded, visit: Visit) => Schema
  /** Rules that ask the database, once the form itself is right; asked again before the commit. */
  check?: (visit: Visit, answer: z.output<Schema>) => Promise<readonly Problem[]>
  /** What the fields show before anything was typed. */
  initial?: (loaded: Loaded) => Values
  page?: (visit: Visit, loaded: Loaded, values: Values, shown: ShownPart) => PageParts
}

/** Which part of a long form is asked for, by the page's address, and which fields are to be put right. */
export type ShownPart = { query: Readonly<Record<string, string>>; wrong: ReadonlySet<string> }

export type WizardStep<Name extends string = string, Answer = unknown> = {
  name: Name
  screen: string
  view: string
  secrets: readonly string[]
  idFields: { beginnings: readonly string[]; reason: string } | undefined
  partFields: readonly string[] | undefined
  open(visit: Visit): Promise<OpenStep<Answer>>
}

/** A step with what it needs loaded. */
export type OpenStep<Answer = unknown> = {
  fields: readonly string[]
  parse(values: Values): { ok: true; answer: Answer } | { ok: false; problems: readonly Problem[] }
  check(answer: Answer): Promise<readonly Problem[]>
  initial: Values
  partLists: Readonly<Record<string, ReadonlySet<string>>>
  fills: Readonly<Record<string, Values>>
  page(values: Values, shown: ShownPart): PageParts
}

/** Declares a step; see `StepDeclaration`. What `load` gives stays between its own functions. */
export const defineStep = <const Name extends string, Loaded, Schema extends z.ZodObject>(
  step: StepDeclaration<Name, Loaded, Schema>,
): WizardStep<Name, z.output<Schema>> => ({
  name: step.name,
  screen: step.screen,
  view: step.view,
  secrets: step.secrets ?? [],
  idFields: step.idFields,
  partFields: step.partFields,
  open: async visit => {
    const loaded = await step.load(visit)
    const schema = step.schema(loaded, visit)
    return {
      fields: Object.keys(schema.shape),
      parse: values => {
        const parsed = schema.safeParse(values)
        return parsed.success
          ? { ok: true, answer: parsed.data }
          : { ok: false, problems: oneAField(parsed.error.issues) }
      },
      check: async answer => (await step.check?.(visit, answer)) ?? [],
      initial: step.initial?.(loaded) ?? {},
      partLists: step.partLists?.(loaded) ?? {},
      fills: step.fills?.(loaded) ?? {},
      page: (values, shown) => step.page?.(visit, loaded, values, shown) ?? {},
    }
  },
})

/** The first thing wrong with each field: the rest follows once it is right. */
const oneAField = (issues: readonly z.core.$ZodIssue[]): Problem[] => {
  const problems = new Map<string, Problem>()
  for (const issue of issues) {
    const field = String(issue.path[0] ?? '')
    if (problems.has(field)) continue
    const { forged, at, ...params } = ('params' in issue && issue.params) || {}
    problems.set(field, {
      field,
      reason: issue.message,
      ...(Object.keys(params).length > 0 && { params }),
      ...(typeof at === 'string' && { at }),
      ...(forged === true && { forged }),
    })
  }
  return [...problems.values()]
}

/** Reads the accepted answer of a step before this one. */
export const answerOf = <Name extends string, Answer>(
  visit: Visit,
  step: WizardStep<Name, Answer>,
): Answer => {
  if (!visit.answers.has(step.name)) throw new Error(`wizard: ${step.name} has not been answered yet`)
  return visit.answers.get(step.name) as Answer
}

/** Proof asked for on the confirm page, by the company's policy: the confirmation password, a one-time password. */
export type StepUp = {
  /** The fields the confirm page asks for at this company; none where the policy asks for nothing. */
  asks(visit: Visit): readonly string[] | Promise<readonly string[]>
  /** The field a refusal is shown at; the first one unless it says otherwise. */
  fieldOf?(reason: string): string
  /** Compares them. Wrong tries count and are recorded by the step-up itself. */
  verify(visit: Visit, wizard: string, typed: Readonly<Record<string, string>>): Promise<Result<unknown>>
}

type AnswersByStep = Readonly<Record<string, Values>>

/** The three sides of a change made meanwhile: as the draft began, as it is now, as this draft would have it. */
export type Meanwhile = { began: AnswersByStep; now: AnswersByStep; mine: AnswersByStep }

export type AnswersOf<Steps extends readonly WizardStep[]> = {
  [S in Steps[number] as S['name']]: S extends WizardStep<string, infer Answer> ? Answer : never
}

/**
 * A wizard: steps (none where there is nothing to fill in), then a confirm page, then one commit and its result (D-02).
 * The engine owns GET, POST, redirects, errors, back, progress and the draft; texts are `<texts>.<step>.title`, `<texts>.confirm.title`,
 * `<texts>.result.title` and the progress header's `<texts>.steps.<step>`.
 */
export type Wizard<Steps extends readonly WizardStep[] = readonly WizardStep[], Input = unknown> = {
  /** Stored with its drafts. */
  id: string
  policy: Policy
  texts: string
  /** Where 「戻る」 of the first step and a visit without a draft lead. */
  home: string
  steps: Steps
  /** What a draft begins with; for what changes something: its target and present answers. */
  begin?: (deps: Deps, actor: UserActor, target: string | undefined) => Promise<Result<DraftBeginning>>
  /**
   * Asked before every page of a draft that is about something: whether that is still there, and may still be changed. What
   * it gives is the page's `visit.present`.
   */
  present?: (deps: Deps, actor: UserActor, target: string) => Promise<Result<unknown>>
  /**
   * For what changes something: its page where somebody else has changed the target since the draft began (D-12). The
   * commit refuses with `draft.targetChanged` where the target, held, is no longer of the version the draft is of. The
   * page gets `mergeAction` and `restartAction` for its two ways on, and what is declared here.
   */
  changedMeanwhile?: {
    view: string
    page: (visit: Visit, three: Meanwhile) => Promise<PageParts>
  }
  confirm: {
    screen: string
    view: string
    verify?: StepUp
    /** The review, with the values before the change where there are any: `old` makes a row red. */
    page: (visit: Visit, answers: AnswersOf<Steps>) => Promise<PageParts>
  }
  /** Makes the command's input of the answers, slow work such as hashing included, before the transaction. */
  prepare: (visit: Visit, answers: AnswersOf<Steps>) => Promise<Input>
  /** The command, within the transaction that commits the draft: what it gives is kept for the result page. */
  commit: (visit: Visit, tx: Tx, input: Input) => Promise<Result<object>>
  /** Records a refused commit, after its transaction is rolled back. */
  refused?: (visit: Visit, input: Input, refusal: Refusal) => Promise<void>
  result: {
    screen: string
    view: string
    page: (visit: Visit, result: unknown) => Promise<Result<PageParts>>
    /** For work that goes on in the background: the address that shows how it ended, and is shown instead once it has. */
    elsewhere?: (visit: Visit, result: unknown) => Promise<string | undefined>
    /**
     * A secret that the commit may have made for somebody, such as a first password (H-05). It is kept as `shown-once` keeps
     * them until the draft's owner presses the button for it, is shown in the answer to that, and is gone; `shown` records
     * the look.
     * The view gets `secret`: `{ state: 'waits' | 'shown' | 'gone', action, value? }`.
     */
    secret?: {
      of: (input: Input) => string | undefined
      /** Whose password it is, by what the commit gave, where it is one person's: another one of theirs erases it unseen. */
      whose?: (result: unknown) => OwnPassword
      shown: (visit: Visit, tx: Tx, result: unknown) => Promise<void>
    }
  }
}

const defined = new Set<string>()

/** Declares a wizard, in a feature's `wizards.ts`; those that are made of a word are declared anew with each app. */
export const defineWizard = <const Steps extends readonly WizardStep[], Input>(
  wizard: Wizard<Steps, Input>,
): Wizard<Steps, Input> => {
  defined.add(wizard.id)
  return wizard
}

/** The ids of all wizards that have been declared: a page of the history names each (`history.wizards.<id>`). */
export const knownWizards = (): string[] => [...defined].sort()
