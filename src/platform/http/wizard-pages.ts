import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../../deps.ts'
import { ok, type Result } from '../../kernel/result.ts'
import { formatsOf } from '../formats.ts'
import { mistakeWords } from '../i18n.ts'
import { onceStanding } from '../shown-once.ts'
import { sameAnswers } from './draft-merge.ts'
import { type Draft, type DraftBeginning, findDraft } from './drafts.ts'
import { userActor } from './policy.ts'
import type { FieldError, Progress } from './view.ts'
import type { AnswersOf, OpenStep, Problem, Visit, Wizard, WizardStep } from './wizard.ts'
import { enteredOf, type Submission, shownBefore } from './wizard-form.ts'

/** An open draft at a request, with what its target is then (`Visit.present`). */
export type OpenDraft = Draft & { present: unknown }

type Opened = { step: WizardStep; open: OpenStep }
/** How far a draft has come: the answered steps in order, and the first that is not. */
type Way = { visit: Visit; answered: Opened[]; next: WizardStep | undefined }

/**
 * What a wizard shows below `path`: its steps, its confirm page, what somebody else has changed meanwhile, and its result;
 * and how far a draft has come, which decides what is shown. `registerWizard` puts it behind addresses and guards.
 */
export const wizardPages = <const Steps extends readonly WizardStep[], Input>(
  deps: Deps,
  wizard: Wizard<Steps, Input>,
  path: string,
) => {
  const { steps, confirm, result } = wizard

  /** A page of a draft; without one, the draft itself, which leads to the first page that is still to be answered. */
  const addressOf = (draft: Pick<Draft, 'id' | 'target'>, page?: string) =>
    [path.replace(':target', draft.target?.id ?? ''), draft.id, ...(page ? [page] : [])].join('/')

  const visitOf = (request: FastifyRequest, draft: Draft, present?: unknown): Visit => {
    if (!request.live?.company) throw new Error(`${request.routeOptions.url} is reached without a company`)
    return {
      deps,
      actor: userActor(request),
      company: request.live.company,
      sessionId: request.live.id,
      byCertificate: request.live.certificateId !== null,
      draft,
      present,
      answers: new Map(),
      language: request.language,
      t: request.t,
      formats: formatsOf(request.language),
    }
  }

  /** Parses the saved answers in order, up to `end` or the first step that is unanswered or no longer right. */
  const walk = async (request: FastifyRequest, draft: OpenDraft, end?: WizardStep): Promise<Way> => {
    const answers = new Map<string, unknown>()
    const visit = { ...visitOf(request, draft, draft.present), answers }
    const answered: Opened[] = []
    for (const step of steps) {
      if (step === end) return { visit, answered, next: step }
      const saved = draft.saved[step.name]
      if (!saved) return { visit, answered, next: step }
      const open = await step.open(visit)
      const parsed = open.parse({ ...saved.values, ...draft.secrets.saved[step.name] })
      if (!parsed.ok) return { visit, answered, next: step }
      answers.set(step.name, parsed.answer)
      answered.push({ step, open })
    }
    return { visit, answered, next: undefined }
  }

  const progressOf = (request: FastifyRequest, draft: Draft, current: string): Progress => {
    const names = [...steps.map(step => step.name), 'confirm', 'result']
    const at = names.indexOf(current)
    return {
      current: at + 1,
      total: names.length,
      steps: names.map((name, index) => {
        const done = current === 'result' || draft.saved[name] !== undefined || index < at
        return {
          name,
          title: request.t(`${wizard.texts}.steps.${name}`),
          state: name === current ? 'current' : done ? 'done' : 'todo',
          // Behind 登録完了 there is no way back into the draft.
          ...(done && current !== 'result' && { href: addressOf(draft, name) }),
        }
      }),
    }
  }

  const errorsOf = (request: FastifyRequest, problems: readonly Problem[]): FieldError[] =>
    problems.map(({ field, ...problem }) => ({ field, message: mistakeWords(request.t, problem) }))

  /** What is wrong, for the summary above the page: at which fields, and where more is told of it (E-06). */
  const summaryOf = (request: FastifyRequest, reply: FastifyReply, problems: readonly Problem[]) => ({
    errors: errorsOf(request, problems),
    why: problems
      .map(({ reason, params }) => reply.whyOf({ ok: false, reason, ...(params && { params }) }))
      .find(href => href !== undefined),
  })

  /** `version`: the draft's when the form was shown first, where it is to be corrected: that makes no old tab a fresh one. */
  type Shown = { problems?: readonly Problem[]; submission?: Submission; status?: number; version?: number }

  const stepPage = async (
    request: FastifyRequest,
    reply: FastifyReply,
    draft: Draft,
    { step, open }: Opened,
    { problems = [], submission, status = 200, version = draft.version }: Shown = {},
  ) => {
    const values = submission?.values ?? shownBefore(draft, step, open.initial)
    return reply.page(
      step.view,
      {
        screen: step.screen,
        title: request.t(`${wizard.texts}.${step.name}.title`),
        values,
        ...summaryOf(request, reply, problems),
        entered: enteredOf(draft, step),
        progress: progressOf(request, draft, step.name),
        action: request.url,
        version,
        ...open.page(values, {
          query: textsOf(request.query),
          wrong: new Set(problems.map(({ field }) => field)),
        }),
      },
      status,
    )
  }

  const confirmPage = async (
    request: FastifyRequest,
    reply: FastifyReply,
    draft: Draft,
    visit: Visit,
    { problems = [], status = 200 }: Shown = {},
  ) =>
    reply.page(
      confirm.view,
      {
        screen: confirm.screen,
        title: request.t(`${wizard.texts}.confirm.title`),
        ...summaryOf(request, reply, problems),
        asks: (await confirm.verify?.asks(visit)) ?? [],
        progress: progressOf(request, draft, 'confirm'),
        action: addressOf(draft, 'confirm'),
        backHref: neighbourOf(request, draft, steps.length, -1),
        changeHrefs: Object.fromEntries(
          steps.map(step => [step.name, `${addressOf(draft, step.name)}?return=confirm`]),
        ),
        version: draft.version,
        ...(await confirm.page(visit, Object.fromEntries(visit.answers) as AnswersOf<Steps>)),
      },
      status,
    )

  /**
   * What the target is now, where somebody has changed since the draft began what its pages ask for (D-12). Where only
   * the version has been raised there is nothing to tell: the draft goes on as one of the present version.
   */
  const changedSince = async (
    request: FastifyRequest,
    draft: Draft,
  ): Promise<Result<{ draft: Draft; now?: DraftBeginning }>> => {
    if (!wizard.changedMeanwhile || !wizard.begin || !draft.target) return ok({ draft })
    const found = await wizard.begin(deps, userActor(request), draft.target.id)
    if (!found.ok) return found
    const { target, answers = {} } = found.value
    if (!target || target.version === draft.target.version) return ok({ draft })
    return ok(
      sameAnswers(draft.began, answers) ? { draft: { ...draft, target } } : { draft, now: found.value },
    )
  }

  /** Tells what somebody else has changed, beside what this draft would make of it; nothing is overwritten unseen. */
  const meanwhilePage = async (
    request: FastifyRequest,
    reply: FastifyReply,
    draft: Draft,
    visit: Visit,
    now: DraftBeginning,
  ) => {
    const mine = Object.fromEntries(Object.entries(draft.saved).map(([step, { values }]) => [step, values]))
    return reply.page(
      wizard.changedMeanwhile?.view ?? '',
      {
        screen: confirm.screen,
        title: request.t(`${wizard.texts}.meanwhile.title`),
        progress: progressOf(request, draft, 'confirm'),
        version: draft.version,
        mergeAction: addressOf(draft, 'merge'),
        restartAction: path.replace(':target', draft.target?.id ?? ''),
        ...(await wizard.changedMeanwhile?.page(visit, { began: draft.began, now: now.answers ?? {}, mine })),
      },
      409,
    )
  }

  /** The confirm page, or, where the target has changed since, the page that tells so. */
  const confirmOrMeanwhile = async (
    request: FastifyRequest,
    reply: FastifyReply,
    draft: Draft,
    visit: Visit,
    shown?: Shown,
  ) => {
    const since = await changedSince(request, draft)
    if (!since.ok) return reply.refuse(since)
    return since.value.now
      ? meanwhilePage(request, reply, draft, visit, since.value.now)
      : confirmPage(request, reply, draft, visit, shown)
  }

  const toFirstOpen = async (request: FastifyRequest, reply: FastifyReply, draft: OpenDraft) => {
    const { next } = await walk(request, draft)
    return reply.redirect(addressOf(draft, next?.name ?? 'confirm'), 303)
  }

  /** Whether a step was asked for from the confirm page, by a 「変更」 beside what it shows. */
  const returnsToConfirm = ({ query }: FastifyRequest): boolean => textsOf(query).return === 'confirm'

  /** The page after or before a step; who came from the confirm page goes back there. */
  const neighbourOf = (request: FastifyRequest, draft: Draft, from: number, by: 1 | -1): string => {
    if (returnsToConfirm(request)) return addressOf(draft, 'confirm')
    const index = from + by
    return index < 0 ? wizard.home : addressOf(draft, steps[index]?.name ?? 'confirm')
  }

  const resultPage = async (
    request: FastifyRequest,
    reply: FastifyReply,
    take?: (visit: Visit, draft: Draft) => Promise<string | undefined>,
  ): Promise<FastifyReply> => {
    const { draft: id } = request.params as { draft: string }
    const found = await findDraft(deps, userActor(request), wizard.id, id)
    if (!found.ok) return reply.refuse(found)
    const draft = found.value
    if (draft.state === 'open') return reply.redirect(addressOf(draft), 303)
    const visit = visitOf(request, draft)
    const elsewhere = await result.elsewhere?.(visit, draft.result)
    if (elsewhere) return reply.redirect(elsewhere, 303)
    const parts = await result.page(visit, draft.result)
    if (!parts.ok) return reply.refuse(parts)
    const value = await take?.(visit, draft)
    const standing = result.secret && (await onceStanding(deps, draft.id))
    return reply.page(result.view, {
      screen: result.screen,
      title: request.t(`${wizard.texts}.result.title`),
      progress: progressOf(request, draft, 'result'),
      ...(result.secret && {
        secret: {
          action: addressOf(draft, 'result'),
          state: value !== undefined ? 'shown' : standing?.state === 'kept' && !take ? 'waits' : 'gone',
          ...(value !== undefined && { value }),
        },
      }),
      ...parts.value,
    })
  }

  return {
    addressOf,
    changedSince,
    confirmOrMeanwhile,
    meanwhilePage,
    neighbourOf,
    resultPage,
    returnsToConfirm,
    stepPage,
    toFirstOpen,
    walk,
  }
}

/** The conditions of an address, each of them once. */
const textsOf = (query: unknown): Record<string, string> =>
  Object.fromEntries(
    Object.entries((query ?? {}) as Record<string, unknown>).flatMap(([name, value]) =>
      typeof value === 'string' ? [[name, value]] : [],
    ),
  )
