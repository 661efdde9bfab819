import type { Deps } from '../../deps.ts'
import type { UserActor } from '../../kernel/actor.ts'
import { ok, refuse } from '../../kernel/result.ts'
import { admin } from '../../platform/http/policy.ts'
import { defineWizard, type Visit } from '../../platform/http/wizard.ts'
import { confirmation } from '../factors/index.ts'
import {
  type Decision,
  decideChangeRequest,
  mayDecide,
  recordDecisionRefused,
  requestedFacts,
} from './change-requests.ts'
import { requestReview } from './change-review.ts'
import { printOf } from './details.ts'
import { findChangeRequest } from './queries.requests.ts'
import { findUser } from './queries.ts'
import { requestRows } from './requests.ts'

/** Where the requests are listed. */
export const requestsPath = '/users/requests'

const screens = {
  approve: { confirm: 'BRSK054', result: 'BRSK055' },
  decline: { confirm: 'BRSK056', result: 'BRSK057' },
  withdraw: { confirm: 'BRSK058', result: 'BRSK059' },
} as const

/** What an administrator does about a change of rights that waits (D-11): see what it changes → confirm → done. */
export const requestDecisionWizard = (decision: Decision) =>
  defineWizard({
    id: `change-request.${decision}`,
    policy: admin('user:manage'),
    texts: `users.requests.${decision}`,
    home: requestsPath,
    steps: [],
    begin: async (deps, actor, target) => {
      const request = await mayBegin(decision, deps, actor, target ?? '')
      return request.ok ? ok({ target: { id: request.value.id, version: 0 } }) : request
    },
    present: (deps, actor, target) => mayBegin(decision, deps, actor, target),
    confirm: {
      screen: screens[decision].confirm,
      view: 'users/request-confirm',
      verify: confirmation,
      page: async visit => ({ decision, ...(await review(visit)) }),
    },
    prepare: async ({ draft }) => draft.target?.id ?? '',
    commit: ({ deps, actor }, _tx, id) => decideChangeRequest(deps, actor, decision, id),
    refused: ({ deps, actor }, id, { reason }) => recordDecisionRefused(deps, actor, decision, id, reason),
    result: {
      screen: screens[decision].result,
      view: 'users/request-result',
      page: async (visit, result) => {
        const { requestId } = result as { requestId: string }
        const request = await findChangeRequest(visit.deps, visit.deps.db, visit.actor, requestId)
        if (!request) return refuse('changeRequest.notFound')
        const rows = requestRows(visit, request)
        const about = { id: request.userId, loginId: request.loginId }
        return ok({ decision, rows, print: printOf(rows, about) })
      },
    },
  })

const mayBegin = async (decision: Decision, deps: Deps, actor: UserActor, id: string) => {
  const request = await findChangeRequest(deps, deps.db, actor, id)
  if (!request) return refuse('changeRequest.notFound')
  const may = mayDecide(actor, decision, request)
  return may.ok ? ok(request) : may
}

/** The request, and the user as they are beside the user as they would be. */
const review = async (visit: Visit) => {
  const { deps, actor, draft } = visit
  const request = await findChangeRequest(deps, deps.db, actor, draft.target?.id ?? '')
  const found = request && (await findUser(deps, actor, request.userId))
  // Decided, or its user deleted, since the page before: what is pressed here is refused with its reason.
  if (!request || !found?.ok) return { rows: request ? requestRows(visit, request) : [] }
  return {
    rows: requestRows(visit, request),
    changes: await requestReview(visit, found.value, requestedFacts(found.value, request.change)),
  }
}
