import { ok } from '../../kernel/result.ts'
import { admin } from '../../platform/http/policy.ts'
import { answerOf, defineStep, defineWizard, type Visit } from '../../platform/http/wizard.ts'
import { confirmation } from '../factors/index.ts'
import { lockWords, printOf } from './details.ts'
import { mayBeginRelease, recordReleaseRefused, releaseForCompany } from './lock-release.ts'
import { findUser, type UserRecord } from './queries.ts'
import { reasonForm } from './reason.ts'

const rowsOf = ({ t }: Pick<Visit, 't'>, user: UserRecord) => [
  { label: t('users.fields.loginId'), value: user.loginId },
  { label: t('users.fields.name'), value: user.name },
  { label: t('users.fields.lock'), value: lockWords(t, user) },
  { label: t('users.fields.serviceState'), value: t(`users.serviceStates.${user.serviceState}`) },
]

const rowsFor = async (visit: Visit) => {
  const found = await findUser(visit.deps, visit.actor, visit.draft.target?.id ?? '')
  return found.ok ? rowsOf(visit, found.value) : []
}

const reasonStep = defineStep({
  name: 'reason',
  screen: 'BRSK030',
  view: 'users/lock-reason',
  load: rowsFor,
  schema: () => reasonForm('lock'),
  page: (_visit, rows) => ({ rows }),
})

/** ロック解除 by an administrator (B-06, D-10): the reason → confirm → released. */
export const releaseLockWizard = defineWizard({
  id: 'lock.release',
  policy: admin('user:manage'),
  texts: 'users.lockRelease',
  home: '/users',
  steps: [reasonStep],
  begin: async (deps, actor, target) => {
    const begun = await mayBeginRelease(deps, deps.db, actor, target ?? '')
    return begun.ok ? ok({ target: { id: begun.value.id, version: 0 } }) : begun
  },
  confirm: {
    screen: 'BRSK031',
    view: 'users/lock-confirm',
    verify: confirmation,
    page: async (visit, { reason }) => ({
      rows: [
        ...(await rowsFor(visit)),
        { label: visit.t('users.lockRelease.reason.label'), value: reason.reason },
      ],
    }),
  },
  prepare: async visit => ({
    userId: visit.draft.target?.id ?? '',
    reason: answerOf(visit, reasonStep).reason,
  }),
  commit: ({ deps, actor }, _tx, input) => releaseForCompany(deps, actor, input),
  refused: ({ deps, actor }, input, { reason }) => recordReleaseRefused(deps, actor, input, reason),
  result: {
    screen: 'BRSK032',
    view: 'users/lock-result',
    page: async (visit, result) => {
      const found = await findUser(visit.deps, visit.actor, (result as { userId: string }).userId)
      if (!found.ok) return found
      const rows = rowsOf(visit, found.value)
      return ok({ rows, print: printOf(rows, found.value) })
    },
  },
})
