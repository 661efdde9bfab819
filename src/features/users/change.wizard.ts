import { ok } from '../../kernel/result.ts'
import type { Values } from '../../platform/http/drafts.ts'
import { admin } from '../../platform/http/policy.ts'
import { answerOf, defineStep, defineWizard, type Visit } from '../../platform/http/wizard.ts'
import type { Printable } from '../../platform/pdf/printable.ts'
import { policyOf } from '../../policy/policy.ts'
import { confirmation } from '../factors/index.ts'
import { makeTemporaryPassword } from '../passwords/index.ts'
import { type ChangeBasicAnswer, changeableParts, changeBasicForm, mobileAnswer } from './change.forms.ts'
import type { Changed, PasswordReset, UserFacts } from './change.ts'
import { changeReview, changeWarnings, meanwhileReview } from './change-review.ts'
import { changeUser, mayBeginChange, recordChangeRefused } from './changing.ts'
import { recordFirstPasswordShown } from './commands.ts'
import { lastSecond, passwordHint, roleItems, userDetails } from './details.ts'
import { asksMobile, limitField, limitsIn } from './forms.ts'
import { reachOf } from './managing.ts'
import { offeredTo } from './matrix.ts'
import { ownRequestWaits } from './queries.requests.ts'
import { findUser, isLoginIdTaken, serviceMatrix, type UserRecord } from './queries.ts'
import { rightsSteps } from './rights-steps.ts'

/** The user of this draft, as stored when the page was asked for (`present`). */
const targetOf = ({ present }: Visit): UserRecord => present as UserRecord

const loadBasic = async (visit: Visit) => {
  const { deps, actor, company } = visit
  const policy = policyOf(company)
  const user = targetOf(visit)
  const { appoints } = await reachOf(deps.db, actor, policy)
  const by = { id: actor.id, byCertificate: visit.byCertificate, appoints }
  const requestWaits = user.id === actor.id && (await ownRequestWaits(deps, actor))
  return { policy, user, company, requestWaits, parts: changeableParts(policy, user, by) }
}

const basicStep = defineStep({
  name: 'basic',
  screen: 'BRSK040',
  view: 'users/change-basic',
  secrets: ['loginPassword', 'loginPasswordAgain', 'newConfirmationPassword', 'newConfirmationPasswordAgain'],
  load: loadBasic,
  schema: changeBasicForm,
  check: async ({ deps, actor, draft }, { loginId }) =>
    (await isLoginIdTaken(deps.db, actor, loginId, { id: draft.target?.id ?? '' }))
      ? [{ field: 'loginId', reason: 'user.loginId.taken' }]
      : [],
  page: ({ t, actor }, { policy, user, parts, requestWaits }) => ({
    parts,
    requestWaits,
    own: user.id === actor.id,
    user: {
      loginId: user.loginId,
      email: user.email,
      mobile: user.mobile,
      role: t(`users.roles.${user.role}`),
    },
    bearsCertificate: user.certificate.standing === 'usable',
    roleItems: roleItems(t, policy.roles),
    asksMobile: asksMobile(policy),
    loginIdHint: t(`users.basic.loginIdHints.${policy.loginId.shape}`),
    passwordHint: passwordHint(t, policy.loginPassword),
  }),
})

const roleIn = (basic: ChangeBasicAnswer): UserRecord['role'] =>
  basic.role === 'administrator' || basic.role === 'contractor' ? basic.role : 'user'

/** The matrix as the user may have it under the role that this draft gives them. */
const loadMatrix = async (visit: Visit) => {
  const matrix = await serviceMatrix(visit.deps.db, visit.actor)
  return { matrix, offered: offeredTo(matrix, roleIn(answerOf(visit, basicStep))) }
}

const { permissionsStep, accountsStep } = rightsSteps({
  screens: { permissions: 'BRSK041', accounts: 'BRSK042' },
  change: true,
  offered: loadMatrix,
})

type Answers = {
  basic: ChangeBasicAnswer
  permissions: { permissions: string[] }
  accounts: { accounts: string[] }
}

/** The user as these answers would have them. */
const factsOf = (user: UserRecord, { basic, permissions, accounts }: Answers): UserFacts => ({
  loginId: basic.loginId,
  name: basic.name,
  email: basic.email,
  mobile: mobileAnswer(user, basic.mobile),
  role: roleIn(basic),
  permissions: permissions.permissions,
  accounts: accounts.accounts,
  limits: limitsIn(accounts),
})

/** Which passwords these answers reset. */
const resetsOf = ({ parts }: Awaited<ReturnType<typeof loadBasic>>, basic: ChangeBasicAnswer) => ({
  login: parts.loginPassword !== 'no' && basic.changeLoginPassword === 'on',
  loginForced: parts.loginPassword === 'made' || basic.forceLoginChange === 'on',
  loginMade: parts.loginPassword === 'made',
  confirmation: parts.confirmationPassword && basic.changeConfirmationPassword === 'on',
  confirmationForced: basic.forceConfirmationChange === 'on',
  /** Whether there is a confirmation password at this company at all. */
  confirmationUsed: parts.confirmationPassword,
})

/** Where nothing has changed yet, neither page nor print is called 変更結果: both say what is waited for (D-07, D-11). */
const requestedParts = ({ t }: Visit, print: Printable) => ({
  title: t('users.change.requested.title'),
  print: {
    ...print,
    parts: [
      { text: t('users.change.requested.text') },
      { text: t('users.change.requested.details') },
      { text: t('users.change.requested.now') },
      ...print.parts,
    ],
  },
})

/** The answers that stand for a user as stored: what the change begins with. */
const answersOf = (user: UserRecord): Record<string, Values> => ({
  basic: {
    loginId: user.loginId,
    loginIdAgain: user.loginId,
    forceLoginChange: 'on',
    forceConfirmationChange: 'on',
    name: user.name,
    email: user.email,
    emailAgain: user.email,
    mobile: user.mobile ?? '',
    role: user.role,
  },
  permissions: { permissions: [...user.permissions].sort() },
  accounts: {
    accounts: user.accounts.map(({ id }) => id),
    ...Object.fromEntries([...user.limits].map(([code, amount]) => [limitField(code), String(amount)])),
  },
})

/** 利用者変更 (D-08): 基本情報 → 権限 → 口座・限度額 → 内容確認 → 変更完了, each page with what is stored now. */
export const changeUserWizard = defineWizard({
  id: 'user.change',
  policy: admin('user:manage'),
  texts: 'users.change',
  home: '/users',
  steps: [basicStep, permissionsStep, accountsStep],
  begin: async (deps, actor, target) => {
    const begun = await mayBeginChange(deps, actor, target ?? '')
    if (!begun.ok) return begun
    const { id, version } = begun.value
    return ok({ target: { id, version }, answers: answersOf(begun.value) })
  },
  present: mayBeginChange,
  changedMeanwhile: {
    view: 'wizard/meanwhile',
    page: async (visit, three) => meanwhileReview(visit, targetOf(visit), three),
  },
  confirm: {
    screen: 'BRSK043',
    view: 'users/change-confirm',
    verify: confirmation,
    page: async (visit, answers) => {
      const loaded = await loadBasic(visit)
      const facts = factsOf(loaded.user, answers)
      const resets = resetsOf(loaded, answers.basic)
      return {
        ...(await changeReview(visit, loaded.user, facts, resets, loaded.parts)),
        warnings: await changeWarnings(visit, loaded.user, facts, resets),
      }
    },
  },
  prepare: async (visit, answers) => {
    const { deps, draft, company } = visit
    const { basic } = answers
    const loaded = await loadBasic(visit)
    const { user, policy } = loaded
    const resets = resetsOf(loaded, basic)
    const made =
      resets.login && resets.loginMade
        ? makeTemporaryPassword(
            policy.loginPassword,
            { loginId: basic.loginId, name: basic.name, ownWords: [basic.email, company.name] },
            deps.clock.now(),
          )
        : undefined
    const login: PasswordReset | undefined = resets.login
      ? {
          hash: await deps.hasher.hash(made?.password ?? basic.loginPassword),
          forceChange: resets.loginForced,
          ...(made && { temporaryUntil: made.until }),
        }
      : undefined
    const confirmationReset: PasswordReset | undefined = resets.confirmation
      ? {
          hash: await deps.hasher.hash(basic.newConfirmationPassword),
          forceChange: resets.confirmationForced,
        }
      : undefined
    return {
      ...factsOf(user, answers),
      userId: user.id,
      version: draft.target?.version ?? 0,
      resets: { ...(login && { login }), ...(confirmationReset && { confirmation: confirmationReset }) },
      ...(made && { madePassword: made.password }),
    }
  },
  commit: ({ deps, actor }, _tx, change) => changeUser(deps, actor, change),
  refused: ({ deps, actor }, change, { reason }) => recordChangeRefused(deps, actor, change, reason),
  result: {
    screen: 'BRSK044',
    view: 'users/change-result',
    page: async (visit, result) => {
      const { userId, requested, temporaryUntil } = result as Changed
      const found = await findUser(visit.deps, visit.actor, userId)
      if (!found.ok) return found
      const details = userDetails(visit, found.value)
      return ok({
        ...details,
        ...(requested && requestedParts(visit, details.print)),
        requested,
        passwordUntil: lastSecond(temporaryUntil),
      })
    },
    secret: {
      of: ({ madePassword }) => madePassword,
      whose: result => ({ userId: (result as Changed).userId, opens: ['login'] }),
      shown: ({ deps, actor }, tx, result) =>
        recordFirstPasswordShown(deps, tx, actor, (result as Changed).userId),
    },
  },
})
