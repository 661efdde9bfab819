import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../../deps.ts'
import { ok, type Refusal, type Result, refuse } from '../../kernel/result.ts'
import { showOnce } from '../shown-once.ts'
import { createTurns } from '../turns.ts'
import { commitDraft } from './draft-commit.ts'
import { type Draft, findDraft, keepTyped, mergeDraft, saveStep, startDraft, type Values } from './drafts.ts'
import { userActor } from './policy.ts'
import type { AnswersOf, Problem, Visit, Wizard, WizardStep } from './wizard.ts'
import {
  fillAsked,
  filledIn,
  leftOn,
  namesStranger,
  partAsked,
  secretsFor,
  shownAtOf,
  shownBefore,
  submissionOf,
  wholeOf,
} from './wizard-form.ts'
import { type OpenDraft, wizardPages } from './wizard-pages.ts'

const inTurn = createTurns()

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
  const pages = wizardPages(deps, wizard, path)
  const { addressOf, changedSince, confirmOrMeanwhile, meanwhilePage, neighbourOf, returnsToConfirm } = pages
  const { resultPage, stepPage, toFirstOpen, walk } = pages
  // Where nothing is to be filled in, such as a revocation, the confirm page is the first one.
  const first = steps[0] ?? { name: 'confirm', screen: confirm.screen }

  /** One guard for every page of a draft: it is the actor's own and still open; a committed one shows its result. */
  const withDraft =
    (page: (request: FastifyRequest, reply: FastifyReply, draft: OpenDraft) => Promise<FastifyReply>) =>
    async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
      const { draft: id } = request.params as { draft: string }
      const found = await findDraft(deps, userActor(request), wizard.id, id)
      if (!found.ok) return reply.refuse(found)
      const draft = found.value
      if (draft.state === 'committed') return reply.redirect(addressOf(draft, 'result'), 303)
      const there = await presentOf(request, draft)
      return there.ok ? page(request, reply, { ...draft, present: there.value }) : reply.refuse(there)
    }

  const presentOf = async (request: FastifyRequest, { target }: Draft): Promise<Result<unknown>> =>
    (target && (await wizard.present?.(deps, userActor(request), target.id))) ?? ok(undefined)

  /** Runs the page of a step, or leads to the step that must be answered before it. */
  const atStep =
    (
      step: WizardStep,
      page: (
        request: FastifyRequest,
        reply: FastifyReply,
        draft: OpenDraft,
        visit: Visit,
      ) => Promise<FastifyReply>,
    ) =>
    async (request: FastifyRequest, reply: FastifyReply, draft: OpenDraft): Promise<FastifyReply> => {
      const { visit, next } = await walk(request, draft, step)
      return next === step
        ? page(request, reply, draft, visit)
        : reply.redirect(addressOf(draft, next?.name ?? step.name), 303)
    }

  const submitStep = (step: WizardStep) =>
    atStep(step, async (request, reply, draft, visit) => {
      const open = await step.open(visit)
      const actor = visit.actor
      const sent = submissionOf(request.body, open.fields, step.secrets)
      const submission = step.partFields
        ? {
            ...sent,
            values: wholeOf(
              shownBefore(draft, step, open.initial),
              open.partLists,
              request.body,
              sent.values,
            ),
          }
        : sent
      const shownAt = shownAtOf(request.body)
      const changedElsewhere = () =>
        stepPage(
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
      const leave = (fill: Values = {}) => {
        const { values, secrets } = leftOn(submission)
        const typed = { values: { ...values, ...fill }, ...(secrets && { secrets }), shownAt }
        return keepTyped(deps, actor, wizard.id, draft.id, step.name, typed)
      }
      if (submission.leaves) {
        const left = await leave()
        if (left.ok && left.value === 'changedElsewhere') return changedElsewhere()
        return reply.redirect(neighbourOf(request, draft, steps.indexOf(step), -1), 303)
      }
      if (step.idFields && namesStranger(request.body, open.fields, step.idFields.beginnings))
        return reply.refuse({ ok: false, reason: step.idFields.reason })
      const fill = fillAsked(request.body, open.fills)
      if (fill) {
        const left = await leave(fill)
        if (left.ok && left.value === 'changedElsewhere') return changedElsewhere()
        const onward = returnsToConfirm(request) ? '?return=confirm' : ''
        return reply.redirect(addressOf(draft, step.name) + onward, 303)
      }
      const secrets = secretsFor(submission, draft, step)
      const parsed = open.parse({ ...submission.values, ...secrets })
      const part = step.partFields && partAsked(request.body, step.partFields)
      // Of a part nothing is judged, but neither is a forgery kept (I-05).
      const isForged = !parsed.ok && parsed.problems.some(problem => problem.forged)
      if (part && !isForged) {
        const left = await leave()
        if (left.ok && left.value === 'changedElsewhere') return changedElsewhere()
        if (returnsToConfirm(request)) part.set('return', 'confirm')
        // To where the parts are chosen: above it nothing has changed.
        return reply.redirect(`${addressOf(draft, step.name)}?${part}#${step.partFields?.[0] ?? ''}`, 303)
      }
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
            ...(shownAt >= 0 && { version: shownAt }),
          },
        )
      }
      const kept = await saveStep(deps, actor, wizard.id, draft.id, step.name, {
        values: submission.values,
        secrets,
        shownAt,
      })
      if (!kept.ok) return reply.refuse(kept)
      if (kept.value === 'committed') return reply.redirect(addressOf(draft, 'result'), 303)
      if (kept.value === 'changedElsewhere') return changedElsewhere()
      return reply.redirect(neighbourOf(request, draft, steps.indexOf(step), 1), 303)
    })

  const submitConfirm = async (request: FastifyRequest, reply: FastifyReply, draft: OpenDraft) => {
    const { visit: asBegun, answered, next } = await walk(request, draft)
    if (next) return reply.redirect(addressOf(draft, next.name), 303)
    const again = (problem: Problem, status: number, on = asBegun) =>
      confirmOrMeanwhile(request, reply, draft, on, { problems: [problem], status })
    // What is committed is what the page showed, nothing that another tab has changed since.
    if (shownAtOf(request.body) !== draft.version)
      return again({ field: '', reason: 'draft.changedElsewhere' }, 409)
    const since = await changedSince(request, draft)
    if (!since.ok) return reply.refuse(since)
    if (since.value.now) return meanwhilePage(request, reply, draft, asBegun, since.value.now)
    const visit = { ...asBegun, draft: since.value.draft }
    const answers = Object.fromEntries(visit.answers) as AnswersOf<Steps>
    for (const { step, open } of answered)
      for (const problem of await open.check(visit.answers.get(step.name))) {
        const refusal: Refusal = { ok: false, ...problemOf(problem) }
        if (problem.forged) return reply.refuse(refusal)
        // What the rules say at 「実行」 is a refused try as much as what the commit says (F-02).
        await wizard.refused?.(visit, await wizard.prepare(visit, answers), refusal)
        return again({ field: '', ...problemOf(problem) }, 422)
      }

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
    const input = await wizard.prepare(visit, answers)
    const value = result.secret?.of(input)
    const done = await commitDraft(
      deps,
      visit.actor,
      draft,
      tx => wizard.commit(visit, tx, input),
      value === undefined ? undefined : { value, whose: result.secret?.whose },
    )
    if (done.ok || (await isCommitted(visit))) return reply.redirect(addressOf(draft, 'result'), 303)
    if (done.reason === 'draft.notOpen') return again({ field: '', reason: 'draft.changedElsewhere' }, 409)
    // Ended between the page and its commit: whoever it was is shown nothing more of it than at any other click (B-12). The
    // end of a contract ends the sessions of its people (H-06).
    if (done.reason === 'contract.ended') return reply.refuse(refuse('session.ended.contract'))
    if (done.reason.startsWith('session.')) return reply.refuse(done)
    await wizard.refused?.(visit, input, done)
    // Gone since the page: its confirm page has nothing left to show.
    const there = await presentOf(request, draft)
    if (!there.ok) return reply.refuse(there)
    return again({ field: '', ...problemOf(done) }, 422, { ...asBegun, present: there.value })
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
        const { target, answers = {} } = since.value.now ?? {}
        if (target) await mergeDraft(deps, userActor(request), wizard.id, draft.id, { target, answers })
        return reply.redirect(addressOf(draft), 303)
      }),
    )
  // A double click waits for the first click's result, rather than be told that its password is being compared (D-02).
  app.post(`${path}/:draft/confirm`, { config: confirmConfig }, (request, reply) => {
    const { draft } = request.params as { draft: string }
    return inTurn(`${userActor(request).id} ${draft}`, () => withDraft(submitConfirm)(request, reply))
  })

  const resultConfig = { policy, screen: result.screen }
  app.get(`${path}/:draft/result`, { config: resultConfig }, (request, reply) => resultPage(request, reply))
  const { secret } = result
  if (secret)
    app.post(`${path}/:draft/result`, { config: resultConfig }, (request, reply) =>
      resultPage(request, reply, (visit, draft) =>
        showOnce(
          deps,
          draft.id,
          async values => values.secret ?? '',
          tx => secret.shown(visit, tx, draft.result),
        ),
      ),
    )
}

const problemOf = (refusal: { reason: string; params?: Record<string, string | number> }) => ({
  reason: refusal.reason,
  ...(refusal.params && { params: refusal.params }),
})
