import { ok } from '../../kernel/result.ts'
import { admin } from '../../platform/http/policy.ts'
import { answerOf, defineStep, defineWizard, type Visit } from '../../platform/http/wizard.ts'
import { policyOf } from '../../policy/policy.ts'
import { confirmation, readMobile } from '../factors/index.ts'
import { type MadePassword, makeTemporaryPassword } from '../passwords/index.ts'
import {
  type Registered,
  recordFirstPasswordShown,
  recordRegistrationRefused,
  registerUser,
} from './commands.ts'
import {
  accountRows,
  basicRows,
  lastSecond,
  matrixData,
  passwordHint,
  roleItems,
  userDetails,
} from './details.ts'
import { asksMobile, type BasicAnswer, basicForm, limitsIn, roleOf } from './forms.ts'
import { needOf } from './mails.ts'
import { reachOf } from './managing.ts'
import { offeredTo } from './matrix.ts'
import { companyAccounts, findUser, isLoginIdTaken, serviceMatrix } from './queries.ts'
import { rightsSteps } from './rights-steps.ts'

const basicStep = defineStep({
  name: 'basic',
  screen: 'BRSK006',
  view: 'users/basic',
  secrets: ['loginPassword', 'loginPasswordAgain'],
  load: async ({ deps, actor, company }) => {
    const policy = policyOf(company)
    const { appoints } = await reachOf(deps.db, actor, policy)
    return { ...policy, appoints }
  },
  schema: loaded => basicForm(loaded, loaded.appoints),
  check: async ({ deps, actor }, { loginId }) =>
    (await isLoginIdTaken(deps.db, actor, loginId))
      ? [{ field: 'loginId', reason: 'user.loginId.taken' }]
      : [],
  initial: () => ({ forceChange: 'on', role: 'user' }),
  page: ({ t }, { login, loginId, loginPassword, firstPassword, roles, appoints }) => ({
    roleItems: roleItems(t, roles),
    appoints,
    asksMobile: asksMobile({ login }),
    asksPassword: firstPassword === 'typed',
    loginIdHint: t(`users.basic.loginIdHints.${loginId.shape}`),
    passwordHint: passwordHint(t, loginPassword),
  }),
})

/** The number in E.164, for companies that use codes by SMS (B-18); the form has let no other through. */
const mobileOf = (company: Visit['company'], typed: string): { mobile?: string } => {
  const mobile = asksMobile(policyOf(company)) ? readMobile(typed) : undefined
  return mobile ? { mobile } : {}
}

const isPasswordMade = (company: Visit['company']): boolean => policyOf(company).firstPassword === 'made'

/** A password that the portal made is nobody's to keep: its change is always forced (D-03). */
const forcesChange = (company: Visit['company'], basic: BasicAnswer): boolean =>
  isPasswordMade(company) || basic.forceChange === 'on'

const firstPasswordOf = (
  deps: Visit['deps'],
  company: Visit['company'],
  { loginId, name, email }: BasicAnswer,
): MadePassword | undefined =>
  isPasswordMade(company)
    ? makeTemporaryPassword(
        policyOf(company).loginPassword,
        { loginId, name, ownWords: [email, company.name] },
        deps.clock.now(),
      )
    : undefined

/** The matrix as the user of this draft may have it. */
const offered = async (visit: Visit) => {
  const matrix = await serviceMatrix(visit.deps.db, visit.actor)
  return { matrix, offered: offeredTo(matrix, roleOf(answerOf(visit, basicStep))) }
}

const { permissionsStep, accountsStep } = rightsSteps({
  screens: { permissions: 'BRSK007', accounts: 'BRSK008' },
  change: false,
  offered,
})

/** 利用者登録 (D-02): 基本情報 → 権限 → 口座・限度額 → 内容確認 → 登録完了. */
export const registerUserWizard = defineWizard({
  id: 'user.register',
  policy: admin('user:manage'),
  texts: 'users.register',
  home: '/users',
  steps: [basicStep, permissionsStep, accountsStep],
  confirm: {
    screen: 'BRSK009',
    view: 'users/confirm',
    verify: confirmation,
    page: async (visit, { basic, permissions, accounts }) => {
      const chosen = new Set(accounts.accounts)
      return {
        basic: basicRows(visit, {
          ...basic,
          mobile: null,
          ...mobileOf(visit.company, basic.mobile),
          changeForced: forcesChange(visit.company, basic),
          passwordMade: isPasswordMade(visit.company),
        }),
        matrix: matrixData(visit, (await offered(visit)).offered, new Set(permissions.permissions), true),
        accounts: accountRows(
          visit,
          (await companyAccounts(visit.deps.db, visit.actor)).filter(({ id }) => chosen.has(id)),
          limitsIn(accounts),
        ),
      }
    },
  },
  prepare: async ({ deps, company }, { basic, permissions, accounts }) => {
    const made = firstPasswordOf(deps, company, basic)
    return {
      loginId: basic.loginId,
      name: basic.name,
      email: basic.email,
      ...mobileOf(company, basic.mobile),
      role: roleOf(basic),
      loginPasswordHash: await deps.hasher.hash(made?.password ?? basic.loginPassword),
      forceChange: forcesChange(company, basic),
      ...(made && { temporaryUntil: made.until, firstPassword: made.password }),
      permissions: permissions.permissions,
      accounts: accounts.accounts,
      limits: limitsIn(accounts),
    }
  },
  commit: ({ deps, actor }, _tx, user) => registerUser(deps, actor, user),
  refused: async ({ deps, actor }, user, { reason }) => {
    await recordRegistrationRefused(deps, actor, user.loginId, reason)
  },
  result: {
    screen: 'BRSK010',
    view: 'users/result',
    page: async (visit, result) => {
      const { userId, temporaryUntil } = result as Registered
      const found = await findUser(visit.deps, visit.actor, userId)
      if (!found.ok) return found
      const { loginId, name } = found.value
      return ok({
        ...userDetails(visit, found.value),
        loginId,
        name,
        need: needOf(policyOf(visit.company), found.value.role),
        passwordUntil: lastSecond(temporaryUntil),
      })
    },
    secret: {
      of: ({ firstPassword }) => firstPassword,
      whose: result => ({ userId: (result as Registered).userId, opens: ['login'] }),
      shown: ({ deps, actor }, tx, result) =>
        recordFirstPasswordShown(deps, tx, actor, (result as Registered).userId),
    },
  },
})
