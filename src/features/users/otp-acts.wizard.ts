import { ok } from '../../kernel/result.ts'
import { admin } from '../../platform/http/policy.ts'
import { defineWizard } from '../../platform/http/wizard.ts'
import type { Reader } from '../../platform/reader.ts'
import { confirmation } from '../factors/index.ts'
import { findOtpHolder, type OtpHolder } from '../otp/index.ts'
import { printOf } from './details.ts'
import { administerOtp, mayBeginOtpAct, type OtpAct, recordOtpActRefused } from './otp-acts.ts'
import { findUser } from './queries.ts'

/** Where each act begins: the list to pick from. */
export const otpLists: Record<OtpAct, string> = {
  lift: '/users/otp-suspensions',
  revoke: '/users/otp-tokens',
}

const screens = {
  lift: { confirm: 'BRSK022', result: 'BRSK023' },
  revoke: { confirm: 'BRSK025', result: 'BRSK026' },
} as const

const rowsOf = ({ t, formats }: Reader, holder: OtpHolder) => [
  { label: t('users.fields.loginId'), value: holder.loginId },
  { label: t('users.fields.name'), value: holder.name },
  { label: t('users.otp.state'), value: t(`factors.otp.standings.${holder.standing}`) },
  ...(holder.registeredAt
    ? [{ label: t('users.otp.registeredAt'), value: formats.dateTime(holder.registeredAt) }]
    : []),
  ...(holder.suspendedAt
    ? [{ label: t('users.otp.suspendedAt'), value: formats.dateTime(holder.suspendedAt) }]
    : []),
]

/** ワンタイムパスワードの利用停止解除 and トークンの失効 (D-10): pick the user on the list → confirm → done. */
export const otpActWizard = (act: OtpAct) =>
  defineWizard({
    id: `otp.${act}`,
    policy: admin('user:manage'),
    texts: `users.otp.${act}`,
    home: otpLists[act],
    steps: [],
    begin: async (deps, actor, target) => {
      const begun = await mayBeginOtpAct(deps.db, actor, act, target ?? '')
      return begun.ok ? ok({ target: { id: begun.value.id, version: 0 } }) : begun
    },
    confirm: {
      screen: screens[act].confirm,
      view: 'users/otp-confirm',
      verify: confirmation,
      page: async visit => {
        const holder = await findOtpHolder(visit.deps.db, visit.actor, visit.draft.target?.id ?? '')
        return { act, rows: holder ? rowsOf(visit, holder) : [] }
      },
    },
    prepare: async ({ draft }) => draft.target?.id ?? '',
    commit: ({ deps, actor }, _tx, userId) => administerOtp(deps, actor, act, userId),
    refused: ({ deps, actor }, userId, { reason }) => recordOtpActRefused(deps, actor, act, userId, reason),
    result: {
      screen: screens[act].result,
      view: 'users/otp-result',
      page: async ({ deps, actor, t }, result) => {
        const found = await findUser(deps, actor, (result as { userId: string }).userId)
        if (!found.ok) return found
        const rows = [
          { label: t('users.fields.loginId'), value: found.value.loginId },
          { label: t('users.fields.name'), value: found.value.name },
          {
            label: t('users.otp.state'),
            value: t(`factors.otp.standings.${act === 'lift' ? 'active' : 'none'}`),
          },
        ]
        return ok({ act, list: otpLists[act], rows, print: printOf(rows, found.value) })
      },
    },
  })
