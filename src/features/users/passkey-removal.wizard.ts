import { ok } from '../../kernel/result.ts'
import { admin } from '../../platform/http/policy.ts'
import { defineWizard } from '../../platform/http/wizard.ts'
import type { Reader } from '../../platform/reader.ts'
import { confirmation } from '../factors/index.ts'
import { printOf } from './details.ts'
import {
  type HeldPasskey,
  mayBeginRemoval,
  recordRemovalRefused,
  removeForCompany,
} from './passkey-removal.ts'

const rowsOf = ({ t, formats }: Reader, { name, createdAt, lastUsedAt, user }: HeldPasskey) => [
  { label: t('users.fields.loginId'), value: user.loginId },
  { label: t('users.fields.name'), value: user.name },
  { label: t('users.passkeys.name'), value: name },
  { label: t('users.passkeys.createdAt'), value: formats.dateTime(createdAt) },
  {
    label: t('users.passkeys.lastUsedAt'),
    value: lastUsedAt ? formats.dateTime(lastUsedAt) : t('users.passkeys.neverUsed'),
  },
]

/** パスキーの削除 of somebody else's (C-19): pick it on the list → confirm → done. */
export const removePasskeyWizard = defineWizard({
  id: 'passkey.remove',
  policy: admin('user:manage'),
  texts: 'users.passkeys',
  home: '/users/passkeys',
  steps: [],
  begin: async (deps, actor, target) => {
    const begun = await mayBeginRemoval(deps.db, actor, target ?? '')
    return begun.ok ? ok({ target: { id: begun.value.id, version: 0 } }) : begun
  },
  confirm: {
    screen: 'BRSK082',
    view: 'users/passkey-confirm',
    verify: confirmation,
    page: async visit => {
      const found = await mayBeginRemoval(visit.deps.db, visit.actor, visit.draft.target?.id ?? '')
      return { rows: found.ok ? rowsOf(visit, found.value) : [] }
    },
  },
  prepare: async ({ draft }) => draft.target?.id ?? '',
  commit: ({ deps, actor }, _tx, id) => removeForCompany(deps, actor, id),
  refused: ({ deps, actor }, id, { reason }) => recordRemovalRefused(deps, actor, id, reason),
  result: {
    screen: 'BRSK083',
    view: 'users/passkey-result',
    page: async ({ t }, result) => {
      const { passkey, loginId, name, userId } = result as Record<string, string>
      const rows = [
        { label: t('users.fields.loginId'), value: loginId ?? '' },
        { label: t('users.fields.name'), value: name ?? '' },
        { label: t('users.passkeys.name'), value: passkey ?? '' },
      ]
      return ok({ rows, print: printOf(rows, { id: userId ?? '', loginId: loginId ?? '' }) })
    },
  },
})
