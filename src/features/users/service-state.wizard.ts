import { ok } from '../../kernel/result.ts'
import { admin } from '../../platform/http/policy.ts'
import { answerOf, defineStep, defineWizard, type Visit } from '../../platform/http/wizard.ts'
import type { Reader } from '../../platform/reader.ts'
import { policyOf } from '../../policy/policy.ts'
import { confirmation } from '../factors/index.ts'
import { lockWords, masked, printOf } from './details.ts'
import { findUser, liveCertificates, type UserRecord } from './queries.ts'
import { reasonForm } from './reason.ts'
import {
  changeServiceState,
  type DeletedUser,
  deleteUser,
  mayBeginServiceAct,
  recordServiceActRefused,
} from './service-state.ts'

/** The user of this draft, as stored when the page was asked for (`present`). */
const targetOf = ({ present }: Visit): UserRecord => present as UserRecord

/** Login ID, masked passwords, name, states and right, as the manual's pages of 利用者削除 have them (D-09). */
const deletionRows = ({ t }: Reader, user: DeletedUser, confirmationUsed: boolean) => [
  { label: t('users.fields.loginId'), value: user.loginId },
  { label: t('users.fields.loginPassword'), value: masked },
  ...(confirmationUsed ? [{ label: t('users.fields.confirmationPassword'), value: masked }] : []),
  { label: t('users.fields.name'), value: user.name },
  { label: t('users.fields.serviceState'), value: t(`users.serviceStates.${user.serviceState}`) },
  { label: t('users.fields.email'), value: user.email },
  { label: t('users.fields.emailState'), value: t(`users.emailStates.${user.emailState}`) },
  { label: t('users.fields.role'), value: t(`users.roles.${user.role}`) },
]

const usesConfirmation = ({ company }: Visit): boolean => policyOf(company).confirmation === 'password'

/** 利用者削除 (D-09): confirm → deleted. */
export const deleteUserWizard = defineWizard({
  id: 'user.delete',
  policy: admin('user:manage'),
  texts: 'users.deletion',
  home: '/users',
  steps: [],
  begin: async (deps, actor, target) => {
    const begun = await mayBeginServiceAct(deps, actor, 'delete', target ?? '')
    return begun.ok ? ok({ target: { id: begun.value.id, version: begun.value.version } }) : begun
  },
  present: (deps, actor, target) => mayBeginServiceAct(deps, actor, 'delete', target),
  confirm: {
    screen: 'BRSK045',
    view: 'users/deletion-confirm',
    verify: confirmation,
    page: async visit => {
      const user = targetOf(visit)
      const { deps, actor } = visit
      return {
        rows: deletionRows(visit, user, usesConfirmation(visit)),
        certificates: await liveCertificates(deps, { companyId: actor.companyId, userId: user.id }),
      }
    },
  },
  prepare: async ({ draft }) => ({ userId: draft.target?.id ?? '' }),
  commit: ({ deps, actor }, _tx, { userId }) => deleteUser(deps, actor, userId),
  refused: ({ deps, actor }, input, { reason }) =>
    recordServiceActRefused(deps, actor, 'delete', input, reason),
  result: {
    screen: 'BRSK046',
    view: 'users/deletion-result',
    page: async (visit, result) => {
      const user = result as DeletedUser
      const rows = deletionRows(visit, user, usesConfirmation(visit))
      return ok({
        rows,
        print: printOf(rows, { loginId: user.loginId }, visit.t('users.sections.basic')),
      })
    },
  },
})

const stateRows = (reader: Reader, user: UserRecord) => {
  const { t } = reader
  return [
    { label: t('users.fields.loginId'), value: user.loginId },
    { label: t('users.fields.name'), value: user.name },
    { label: t('users.fields.serviceState'), value: t(`users.serviceStates.${user.serviceState}`) },
    { label: t('users.fields.lock'), value: lockWords(t, user) },
    { label: t('users.fields.email'), value: user.email },
    { label: t('users.fields.emailState'), value: t(`users.emailStates.${user.emailState}`) },
  ]
}

const screens = {
  suspend: { reason: 'BRSK047', confirm: 'BRSK048', result: 'BRSK049' },
  resume: { reason: 'BRSK050', confirm: 'BRSK051', result: 'BRSK052' },
} as const

/** 利用停止 and 利用再開 by an administrator (D-15): the reason → confirm → done. */
export const serviceStateWizard = (act: 'suspend' | 'resume') => {
  const reasonStep = defineStep({
    name: 'reason',
    screen: screens[act].reason,
    view: 'users/service-reason',
    load: async visit => stateRows(visit, targetOf(visit)),
    schema: () => reasonForm('user.state'),
    page: (_visit, rows) => ({ act, rows }),
  })
  return defineWizard({
    id: `user.${act}`,
    policy: admin('user:manage'),
    texts: `users.service.${act}`,
    home: '/users',
    steps: [reasonStep],
    begin: async (deps, actor, target) => {
      const begun = await mayBeginServiceAct(deps, actor, act, target ?? '')
      return begun.ok ? ok({ target: { id: begun.value.id, version: begun.value.version } }) : begun
    },
    present: (deps, actor, target) => mayBeginServiceAct(deps, actor, act, target),
    confirm: {
      screen: screens[act].confirm,
      view: 'users/service-confirm',
      verify: confirmation,
      page: async (visit, { reason }) => ({
        act,
        rows: [
          ...stateRows(visit, targetOf(visit)),
          { label: visit.t('users.service.reason'), value: reason.reason },
        ],
      }),
    },
    prepare: async visit => ({
      userId: visit.draft.target?.id ?? '',
      reason: answerOf(visit, reasonStep).reason,
    }),
    commit: ({ deps, actor }, _tx, input) => changeServiceState(deps, actor, act, input),
    refused: ({ deps, actor }, input, { reason }) => recordServiceActRefused(deps, actor, act, input, reason),
    result: {
      screen: screens[act].result,
      view: 'users/service-result',
      page: async (visit, result) => {
        const { userId } = result as { userId: string }
        const found = await findUser(visit.deps, visit.actor, userId)
        if (!found.ok) return found
        const rows = stateRows(visit, found.value)
        return ok({ act, rows, print: printOf(rows, found.value) })
      },
    },
  })
}
