import { plusSeconds } from '../../kernel/clock.ts'
import { ok, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import { admin } from '../../platform/http/policy.ts'
import { defineWizard } from '../../platform/http/wizard.ts'
import { policyOf } from '../../policy/policy.ts'
import { confirmation } from '../factors/index.ts'
import { contractOf } from '../users/index.ts'
import { FirstPasswordsRefused, FirstPasswordsShown } from './events.ts'
import { issueFirstPasswords, makePasswords, sheetOf, withoutPassword } from './first-passwords.ts'

/** 初期パスワードの発行: for users who came from a file, a sheet of passwords that is shown once (D-13, H-05). */
export const firstPasswordsWizard = defineWizard({
  id: 'user-csv.first-passwords',
  policy: admin('user:manage'),
  texts: 'user-csv.firstPasswords',
  home: '/users',
  steps: [],
  begin: async (deps, actor) => {
    const { policy } = await contractOf(deps.db, actor)
    const { total } = await withoutPassword(deps, actor, policy)
    return total > 0 ? ok({}) : refuse('userCsv.nobodyWaits')
  },
  confirm: {
    screen: 'BRSK067',
    view: 'user-csv/first-passwords-confirm',
    verify: confirmation,
    page: async ({ deps, actor, company }) => {
      const { users, total } = await withoutPassword(deps, actor, policyOf(company))
      return { users: users.map(({ loginId, name }) => [loginId, name]), total }
    },
  },
  prepare: async ({ deps, actor, company }) => {
    const policy = policyOf(company)
    return makePasswords(deps, { policy, company }, (await withoutPassword(deps, actor, policy)).users)
  },
  commit: async ({ deps, actor }, _tx, made) => {
    const done = await issueFirstPasswords(deps, actor, made)
    return done.ok ? ok({ ...done.value, until: made[0]?.until }) : done
  },
  refused: async ({ deps, actor }, made, { reason }) => {
    await audit.recordAlone(deps, FirstPasswordsRefused, {
      actor,
      companyId: actor.companyId,
      details: { issuedUsers: made.length },
      outcome: 'refused',
      reason,
    })
  },
  result: {
    screen: 'BRSK068',
    view: 'user-csv/first-passwords-result',
    page: async (visit, result) => {
      const { users, until } = result as { users: number; until: string }
      const { total } = await withoutPassword(visit.deps, visit.actor, policyOf(visit.company))
      // The last second of the last day, as people name an end.
      return ok({ count: users, until: plusSeconds(new Date(until), -1), left: total })
    },
    secret: {
      of: sheetOf,
      shown: async ({ deps, actor }, tx, result) => {
        const { users } = result as { users: number }
        await audit.record(deps, tx, FirstPasswordsShown, {
          actor,
          companyId: actor.companyId,
          details: { issuedUsers: users },
        })
      },
    },
  },
})
