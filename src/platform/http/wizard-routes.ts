import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../../deps.ts'
import { ok, type Result } from '../../kernel/result.ts'
import { formatsOf } from '../formats.ts'
import { createTurns } from '../turns.ts'
import {
  commitDraft,
  type Draft,
  type DraftBeginning,
  findDraft,
  keepTyped,
  mergeDraft,
  saveStep,
  startDraft,
  takeSecret,
} from './drafts.ts'
import { userActor } from './policy.ts'
import type { FieldError, Progress } from './view.ts'
import type { AnswersOf, OpenStep, Problem, Visit, Wizard, WizardStep } from './wizard.ts'
import {
  enteredOf,
  filledIn,
  leftOn,
  namesStranger,
  type Submission,
  secretsFor,
  shownAtOf,
  submissionOf,
} from './wizard-form.ts'

const inTurn = createTurns()

type Opened = { step: WizardStep; open: OpenStep }
/** How far a draft has come: the answered steps in order, and the first that is not. */
type Way = { visit: Visit; answered: Opened[]; next: WizardStep | undefined }

/**
 * Puts a wizard on the web below `path`, where a change wizard's path names its target (`/users/:target/change`):
 * - `POST path` begins a draft; `GET path` changes nothing and leads to the wizard's home
 * - `GET` and `POST path/<draft>/<step>`, `…/confirm`, and `GET …/result`, all under the wizard's one policy
 * - `POST …/result` where the commit may make a secret: shows it, once
 */
export const registerWizard = <const Steps extends readonly WizardStep[], Input>(
  app: FastifyInstance,
  deps: Deps,
  wizard: Wizard<Steps, Input>,
  path: string,
): void => {
  const { policy, steps, confirm, result } = wizard
  // Where nothing is to be filled in, such as a revocation, the confirm page is the first one.
  const first = steps[0] ?? { name: 'confirm', screen: confirm.screen }

  const addressOf = (draft: Pick<Draft, 'id' | 'target'>, page: string) =>
    `${path.replace(':target', draft.target?.id ?? '')}/${draft.id}/${page}`

  const visitOf = (request: FastifyRequest, draft: Draft): Visit => {
    if (!request.live?.company) throw new Error(`${request.routeOptions.url} is reached without a company`)
    return {
      deps,
      actor: userActor(request),
      company: request.live.company,
      sessionId: request.live.id,
      byCertificate: request.live.certificateId !== null,
      draft,
      answers: new Map(),
      language: request.language,
      t: request.t,
      formats: formatsOf(request.language),
    }
  }

  /** Parses the saved answers in order, up to `end` or the first step that is unanswered or no longer right. */
  const walk = async (request: FastifyRequest, draft: Draft, end?: WizardStep): Promise<Way> => {
    const answers = new Map<string, unknown>()
    const visit = { ...visitOf(request, draft), answers }
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
    problems.map(({ field, reason, params }) => ({ field, message: request.t(`reasons.${reason}`, params) }))

  type Shown = { problems?: readonly Problem[]; submission?: Submission; status?: number }

  const stepPage = async (
    request: FastifyRequest,
    reply: FastifyReply,
    draft: Draft,
    { step, open }: Opened,
    { problems = [], submission, status = 200 }: Shown = {},
  ) => {
    const values =
      submission?.values ?? draft.typed[step.name] ?? draft.saved[step.name]?.values ?? open.initial
    return reply.page(
      step.view,
      {
        screen: step.screen,
        title: request.t(`${wizard.texts}.${step.name}.title`),
        values,
        errors: errorsOf(request, problems),
        entered: enteredOf(draft, step),
        progress: progressOf(request, draft, step.name),
        action: request.url,
        version: draft.version,
        ...open.page(values),
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
        errors: errorsOf(request, problems),
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

  /** What the target is now, where it has changed since the draft began (D-12); undefined where it has not. */
  const changedSince = async (
    request: FastifyRequest,
    draft: Draft,
  ): Promise<Result<DraftBeginning | undefined>> => {
    if (!wizard.changedMeanwhile || !wizard.begin || !draft.target) return ok(undefined)
    const now = await wizard.begin(deps, userActor(request), draft.target.id)
    if (!now.ok) return now
    return ok(now.value.target?.version === draft.target.version ? undefined : now.value)
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
    return since.value
      ? meanwhilePage(request, reply, draft, visit, since.value)
      : confirmPage(request, reply, draft, visit, shown)
  }

  /** One guard for every page of a draft: it is the actor's own and still open; a committed one shows its result. */
  const withDraft =
    (page: (request: FastifyRequest, reply: FastifyReply, draft: Draft) => Promise<FastifyReply>) =>
    async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
      const { draft: id } = request.params as { draft: string }
      const found = await findDraft(deps, userActor(request), wizard.id, id)
      if (!found.ok) return reply.refuse(found)
      const draft = found.value
      if (draft.state === 'committed') return reply.redirect(addressOf(draft, 'result'), 303)
      const there = draft.target && (await wizard.present?.(deps, userActor(request), draft.target.id))
      return there && !there.ok ? reply.refuse(there) : page(request, reply, draft)
    }

  const toFirstOpen = async (request: FastifyRequest, reply: FastifyReply, draft: Draft) => {
    const { next } = await walk(request, draft)
    return reply.redirect(addressOf(draft, next?.name ?? 'confirm'), 303)
  }

  /** Runs the page of a step, or leads to the step that must be answered before it. */
  const atStep =
    (
      step: WizardStep,
      page: (
        request: FastifyRequest,
        reply: FastifyReply,
        draft: Draft,
        visit: Visit,
      ) => Promise<FastifyReply>,
    ) =>
    async (request: FastifyRequest, reply: FastifyReply, draft: Draft): Promise<FastifyReply> => {
      const { visit, next } = await walk(request, draft, step)
      return next === step
        ? page(request, reply, draft, visit)
        : reply.redirect(addressOf(draft, next?.name ?? step.name), 303)
    }

  /** The page after or before a step; who came from the confirm page goes back there. */
  const neighbourOf = (request: FastifyRequest, draft: Draft, from: number, by: 1 | -1): string => {
    if ((request.query as { return?: unknown }).return === 'confirm') return addressOf(draft, 'confirm')
    const index = from + by
    return index < 0 ? wizard.home : addressOf(draft, steps[index]?.name ?? 'confirm')
  }

  const submitStep = (step: WizardStep) =>
    atStep(step, async (request, reply, draft, visit) => {
      const open = await step.open(visit)
      const actor = visit.actor
      const submission = submissionOf(request.body, open.fields, step.secrets)
      if (submission.leaves) {
        await keepTyped(deps, actor, wizard.id, draft.id, step.name, leftOn(submission))
        return reply.redirect(neighbourOf(request, draft, steps.indexOf(step), -1), 303)
      }
      if (step.idFields && namesStranger(request.body, open.fields, step.idFields.beginnings))
        return reply.refuse({ ok: false, reason: step.idFields.reason })
      const secrets = secretsFor(submission, draft, step)
      const parsed = open.parse({ ...submission.values, ...secrets })
      const problems = parsed.ok ? await open.check(parsed.answer) : parsed.problems
      const forged = problems.find(problem => problem.forged)
      if (forged) return reply.refuse({ ok: false, reason: forged.reason })
      if (problems.length > 0) {
        const typed = filledIn(submission)
        const secretWrong = problems.some(problem => step.secrets.includes(problem.field))
        // A password that was right need not be typed again because something else was wrong.
        if (Object.keys(typed).length > 0 && !secretWrong)
          await keepTyped(deps, actor, wizard.id, draft.id, step.name, { secrets: typed })
        const shown = await findDraft(deps, actor, wizard.id, draft.id)
        return stepPage(
          request,
          reply,
          shown.ok ? shown.value : draft,
          { step, open },
          {
            problems,
            submission,
            status: 422,
          },
        )
      }
      const kept = await saveStep(deps, actor, wizard.id, draft.id, step.name, {
        values: submission.values,
        secrets,
        shownAt: shownAtOf(request.body),
      })
      if (!kept.ok) return reply.refuse(kept)
      if (kept.value === 'committed') return reply.redirect(addressOf(draft, 'result'), 303)
      if (kept.value === 'changedElsewhere')
        return stepPage(
          request,
          reply,
          draft,
          { step, open },
          {
            problems: [{ field: '', reason: 'draft.changedElsewhere' }],
            submission,
            status: 409,
          },
        )
      return reply.redirect(neighbourOf(request, draft, steps.indexOf(step), 1), 303)
    })

  const submitConfirm = async (request: FastifyRequest, reply: FastifyReply, draft: Draft) => {
    const { visit, answered, next } = await walk(request, draft)
    if (next) return reply.redirect(addressOf(draft, next.name), 303)
    const again = (problem: Problem, status: number) =>
      confirmOrMeanwhile(request, reply, draft, visit, { problems: [problem], status })
    // What is committed is what the page showed, nothing that another tab has changed since.
    if (shownAtOf(request.body) !== draft.version)
      return again({ field: '', reason: 'draft.changedElsewhere' }, 409)
    const since = await changedSince(request, draft)
    if (!since.ok) return reply.refuse(since)
    if (since.value) return meanwhilePage(request, reply, draft, visit, since.value)
    for (const { step, open } of answered)
      for (const { reason, params, forged } of await open.check(visit.answers.get(step.name)))
        return forged
          ? reply.refuse({ ok: false, reason })
          : again({ field: '', reason, ...(params && { params }) }, 422)

    const fields = (await confirm.verify?.asks(visit)) ?? []
    if (confirm.verify && fields.length > 0) {
      const typed = submissionOf(request.body, fields, fields).secrets
      const proved = await confirm.verify.verify(visit, wizard.id, typed)
      if (!proved.ok) {
        if (await isCommitted(visit)) return reply.redirect(addressOf(draft, 'result'), 303)
        const field = confirm.verify.fieldOf?.(proved.reason) ?? fields[0] ?? ''
        return again({ field, ...problemOf(proved) }, 422)
      }
    }
    const input = await wizard.prepare(visit, Object.fromEntries(visit.answers) as AnswersOf<Steps>)
    const done = await commitDraft(
      deps,
      visit.actor,
      draft,
      tx => wizard.commit(visit, tx, input),
      result.secret?.of(input),
    )
    if (done.ok || (await isCommitted(visit))) return reply.redirect(addressOf(draft, 'result'), 303)
    if (done.reason === 'draft.notOpen') return again({ field: '', reason: 'draft.changedElsewhere' }, 409)
    await wizard.refused?.(visit, input, done)
    // Gone since the page: its confirm page has nothing left to show.
    const there = draft.target && (await wizard.present?.(deps, visit.actor, draft.target.id))
    if (there && !there.ok) return reply.refuse(there)
    return again({ field: '', ...problemOf(done) }, 422)
  }

  /** The second of two clicks finds the first one's result, whatever it was refused for. */
  const isCommitted = async (visit: Visit): Promise<boolean> => {
    const found = await findDraft(deps, visit.actor, wizard.id, visit.draft.id)
    return found.ok && found.value.state === 'committed'
  }

  app.get(path, { config: { policy, screen: first.screen } }, (_request, reply) =>
    reply.redirect(wizard.home, 303),
  )
  app.post(path, { config: { policy, screen: first.screen } }, async (request, reply) => {
    const actor = userActor(request)
    const { target } = request.params as { target?: string }
    const begun = (await wizard.begin?.(deps, actor, target)) ?? { ok: true as const, value: {} }
    if (!begun.ok) return reply.refuse(begun)
    const id = await startDraft(deps, actor, wizard.id, begun.value)
    const { target: on } = begun.value
    return reply.redirect(addressOf({ id, ...(on && { target: on }) }, first.name), 303)
  })
  app.get(`${path}/:draft`, { config: { policy, screen: first.screen } }, withDraft(toFirstOpen))

  for (const step of steps) {
    const config = { policy, screen: step.screen }
    app.get(
      `${path}/:draft/${step.name}`,
      { config },
      withDraft(
        atStep(step, async (request, reply, draft, visit) =>
          stepPage(request, reply, draft, { step, open: await step.open(visit) }),
        ),
      ),
    )
    app.post(`${path}/:draft/${step.name}`, { config }, withDraft(submitStep(step)))
  }

  const confirmConfig = { policy, screen: confirm.screen }
  app.get(
    `${path}/:draft/confirm`,
    { config: confirmConfig },
    withDraft(async (request, reply, draft) => {
      const { visit, next } = await walk(request, draft)
      if (next) return reply.redirect(addressOf(draft, next.name), 303)
      return confirmOrMeanwhile(request, reply, draft, visit)
    }),
  )
  if (wizard.changedMeanwhile)
    app.post(
      `${path}/:draft/merge`,
      { config: confirmConfig },
      withDraft(async (request, reply, draft) => {
        const since = await changedSince(request, draft)
        if (!since.ok) return reply.refuse(since)
        const { target, answers = {} } = since.value ?? {}
        if (target) await mergeDraft(deps, userActor(request), wizard.id, draft.id, { target, answers })
        const merged = await findDraft(deps, userActor(request), wizard.id, draft.id)
        return merged.ok ? toFirstOpen(request, reply, merged.value) : reply.refuse(merged)
      }),
    )
  // A double click waits for the first click's result, rather than be told that its password is being compared (D-02).
  app.post(`${path}/:draft/confirm`, { config: confirmConfig }, (request, reply) => {
    const { draft } = request.params as { draft: string }
    return inTurn(`${userActor(request).id} ${draft}`, () => withDraft(submitConfirm)(request, reply))
  })

  const resultPage = async (
    request: FastifyRequest,
    reply: FastifyReply,
    take?: (visit: Visit, draft: Draft) => Promise<string | undefined>,
  ): Promise<FastifyReply> => {
    const { draft: id } = request.params as { draft: string }
    const found = await findDraft(deps, userActor(request), wizard.id, id)
    if (!found.ok) return reply.refuse(found)
    const draft = found.value
    if (draft.state === 'open') return toFirstOpen(request, reply, draft)
    const visit = visitOf(request, draft)
    const parts = await result.page(visit, draft.result)
    if (!parts.ok) return reply.refuse(parts)
    const value = await take?.(visit, draft)
    return reply.page(result.view, {
      screen: result.screen,
      title: request.t(`${wizard.texts}.result.title`),
      progress: progressOf(request, draft, 'result'),
      ...(result.secret && {
        secret: {
          action: addressOf(draft, 'result'),
          state: value !== undefined ? 'shown' : draft.secretWaits && !take ? 'waits' : 'gone',
          ...(value !== undefined && { value }),
        },
      }),
      ...parts.value,
    })
  }

  const resultConfig = { policy, screen: result.screen }
  app.get(`${path}/:draft/result`, { config: resultConfig }, (request, reply) => resultPage(request, reply))
  const { secret } = result
  if (secret)
    app.post(`${path}/:draft/result`, { config: resultConfig }, (request, reply) =>
      resultPage(request, reply, (visit, draft) =>
        takeSecret(deps, visit.actor, draft, tx => secret.shown(visit, tx, draft.result)),
      ),
    )
}

const problemOf = (refusal: { reason: string; params?: Record<string, string | number> }) => ({
  reason: refusal.reason,
  ...(refusal.params && { params: refusal.params }),
})
