import {
  type MarkedRow,
  markChanges,
  meanwhileLines,
  type ReviewLine,
} from '../../platform/http/change-review.ts'
import type { Values } from '../../platform/http/drafts.ts'
import type { Meanwhile, PageParts, Visit } from '../../platform/http/wizard.ts'
import type { Reader } from '../../platform/reader.ts'
import type { ChangeableParts } from './change.forms.ts'
import type { UserFacts } from './change.ts'
import { rightsOf } from './changing.ts'
import { accountWords, limitWords, masked, matrixData } from './details.ts'
import { limitField } from './forms.ts'
import { needsSecond } from './guard-rails.ts'
import { otherAdministrators } from './managing.ts'
import { offeredTo, permissionKey } from './matrix.ts'
import {
  type CompanyAccount,
  companyAccounts,
  liveCertificates,
  serviceMatrix,
  type UserRecord,
} from './queries.ts'
import { accountsAtOnce } from './shown-accounts.ts'

/** Which passwords a change resets, and whether their change is forced at the next login. */
export type Resets = {
  login: boolean
  loginForced: boolean
  /** The portal makes the new one. */
  loginMade: boolean
  confirmation: boolean
  confirmationForced: boolean
  confirmationUsed: boolean
}

type Said = Pick<UserFacts, 'loginId' | 'name' | 'email' | 'mobile' | 'role'>

/** A row of the review, with the field that its 「変更」 leads to, where there is one. */
export type LinkedRow = (MarkedRow | { label: string; value: string[]; changed: boolean }) & {
  field?: string | undefined
}

/** Everything of the confirm page's review: what changes is red and marked, with the old value beside (D-06). */
export const changeReview = async (
  visit: Visit,
  user: UserRecord,
  facts: UserFacts,
  resets: Resets,
  parts?: ChangeableParts,
): Promise<PageParts> => {
  const { deps, actor } = visit
  const [matrix, accounts] = [await serviceMatrix(deps.db, actor), await companyAccounts(deps.db, actor)]
  const stored = { ...user, accounts: user.accounts.map(({ id }) => id) }
  const basic = linked(basicLines(visit, user, user, facts), basicLines(visit, facts, user, facts))
  const passwords = passwordRows(visit, resets)
  return {
    basic: [...basic.slice(0, 1), ...passwords, ...basic.slice(1)].map(row =>
      parts && isFixed(parts, row.field) ? { ...row, field: undefined } : row,
    ),
    // What the role takes away is read too: an administrator's permissions, once they are a user.
    matrix: matrixData(
      visit,
      offeredTo(matrix, facts.role === 'user' ? user.role : facts.role),
      new Set(facts.permissions),
      true,
      user.permissions,
    ),
    accounts: linked(
      accountLines(visit, accounts, stored, facts),
      accountLines(visit, accounts, facts, stored),
    ),
  }
}

/** Whether a field is none of those that the page of 基本情報 offers for this user. */
const isFixed = (parts: ChangeableParts, field: string | undefined): boolean =>
  (field === 'loginId' && !parts.loginId) ||
  ((field === 'email' || field === 'mobile') && !parts.contact) ||
  (field === 'role' && !parts.role) ||
  (field === 'changeLoginPassword' && parts.loginPassword === 'no')

/** What a change of an own record asks for, for the page of whoever decides about it (D-11). */
export const requestReview = async (visit: Visit, user: UserRecord, facts: UserFacts): Promise<PageParts> => {
  const none = {
    login: false,
    loginForced: false,
    loginMade: false,
    confirmation: false,
    confirmationForced: false,
  }
  return changeReview(visit, user, facts, { ...none, confirmationUsed: false })
}

const linked = (before: readonly ReviewLine[], after: readonly ReviewLine[]): LinkedRow[] =>
  markChanges(before, after).map((row, index) => ({ ...row, field: after[index]?.key ?? 'accounts' }))

const basicLines = ({ t }: Reader, said: Said, ...sides: Pick<Said, 'mobile'>[]): ReviewLine[] => [
  { key: 'loginId', label: t('users.fields.loginId'), value: said.loginId },
  { key: 'name', label: t('users.fields.name'), value: said.name },
  { key: 'email', label: t('users.fields.email'), value: said.email },
  ...(sides.some(({ mobile }) => mobile)
    ? [{ key: 'mobile', label: t('factors.contact.mobile.label'), value: said.mobile ?? '' }]
    : []),
  { key: 'role', label: t('users.fields.role'), value: t(`users.roles.${said.role}`) },
]

const passwordRows = ({ t }: Reader, resets: Resets): LinkedRow[] => {
  const row = (
    field: string,
    label: string,
    changed: boolean,
    value: string,
    forced: boolean,
  ): LinkedRow => ({
    field,
    label,
    changed,
    value: changed
      ? [value, t(forced ? 'users.forceChange.yes' : 'users.forceChange.no')]
      : [masked, t('users.change.passwordKept')],
  })
  const made = resets.loginMade ? t('users.change.passwordMade') : masked
  return [
    row('changeLoginPassword', t('users.fields.loginPassword'), resets.login, made, resets.loginForced),
    ...(resets.confirmationUsed
      ? [
          row(
            'changeConfirmationPassword',
            t('users.fields.confirmationPassword'),
            resets.confirmation,
            masked,
            resets.confirmationForced,
          ),
        ]
      : []),
  ]
}

type Usable = { accounts: readonly string[]; limits: ReadonlyMap<string, bigint> }

/** One side of a change; of very many accounts how many they are, and those that the other side has not (D-06). */
const accountLines = (
  reader: Reader,
  all: readonly CompanyAccount[],
  { accounts, limits }: Usable,
  other: Usable,
): ReviewLine[] => [
  {
    key: 'accounts',
    label: reader.t('users.fields.accounts'),
    value: usableWords(reader, all, new Set(accounts), new Set(other.accounts)),
  },
  ...[...limits].map(([code, amount]) => ({
    key: limitField(code),
    label: reader.t('users.limitOf', { service: reader.t(`users.services.${code}`) }),
    value: limitWords(reader, amount),
  })),
]

const usableWords = (
  { t }: Reader,
  all: readonly CompanyAccount[],
  own: ReadonlySet<string>,
  other: ReadonlySet<string>,
): string[] => {
  const mine = all.filter(({ id }) => own.has(id))
  if (all.length <= accountsAtOnce) return mine.map(account => accountWords(t, account))
  const differing = mine.filter(({ id }) => !other.has(id))
  return [
    t('users.accountsChanged', { count: mine.length }),
    ...differing.map(account => accountWords(t, account)),
  ]
}

/** What follows from a change beyond what it says: certificates, sessions, mails, a second look. */
export const changeWarnings = async (
  { deps, actor, t }: Visit,
  user: UserRecord,
  facts: UserFacts,
  resets: Resets,
): Promise<string[]> => {
  const before = rightsOf(user)
  const after = rightsOf({ ...facts, accounts: facts.accounts.map(id => ({ id })) })
  const others = await otherAdministrators(deps.db, actor)
  const raise = { actorId: actor.id, userId: user.id, before, after }
  const count =
    facts.loginId === user.loginId
      ? 0
      : await liveCertificates(deps, { companyId: actor.companyId, userId: user.id })
  const waits = needsSecond(raise, others.length)
  return [
    ...(waits ? [t('users.change.warnings.second')] : []),
    ...(waits && !others.some(({ available }) => available) ? [t('users.change.warnings.secondAway')] : []),
    ...(count > 0 ? [t('users.change.warnings.certificates', { count })] : []),
    ...(facts.email === user.email ? [] : [t('users.change.warnings.email')]),
    ...(resets.login || resets.confirmation ? [t('users.change.warnings.sessions')] : []),
  ]
}

const textIn = (values: Values | undefined, field: string): string => [values?.[field] ?? ''].flat()[0] ?? ''
const listIn = (values: Values | undefined, field: string): string[] => [values?.[field] ?? []].flat()

/** What another administrator has changed since this change began, beside what it would have (D-12). */
export const meanwhileReview = async (
  visit: Visit,
  user: UserRecord,
  { began, now, mine }: Meanwhile,
): Promise<PageParts> => {
  const { deps, actor } = visit
  const matrix = await serviceMatrix(deps.db, actor)
  const accounts = await companyAccounts(deps.db, actor)
  const keys = matrix.flatMap(service =>
    service.permissions.map(permission => ({
      key: permissionKey(service, permission),
      words: visit.t('history.permission', {
        service: visit.t(`users.services.${service.code}`),
        permission: visit.t(`users.permissions.${permissionKey(service, permission)}.label`),
      }),
    })),
  )
  const linesOf = (answers: Meanwhile['now']): ReviewLine[] => {
    // A part that the page doesn't offer stays as it was.
    const basic = { ...began.basic, ...answers.basic }
    const role = textIn(basic, 'role')
    const held = listIn(answers.permissions, 'permissions')
    const limits = Object.entries(answers.accounts ?? {}).filter(([field]) => field !== 'accounts')
    return [
      ...basicLines(
        visit,
        {
          loginId: textIn(basic, 'loginId'),
          name: textIn(basic, 'name'),
          email: textIn(basic, 'email'),
          mobile: textIn(basic, 'mobile'),
          role: role === 'administrator' || role === 'contractor' ? role : 'user',
        },
        user,
        // A number that has been taken away is a change as well.
        { mobile: textIn(began.basic, 'mobile') },
      ),
      // A line a box: of thirty the reader would look for the one that differs.
      ...keys.map(({ key, words }) => ({
        key,
        label: words,
        value: visit.t(held.includes(key) ? 'common.yes' : 'common.no'),
      })),
      ...accounts.map(account => ({
        key: account.id,
        label: `${visit.t('users.fields.accounts')}　${accountWords(visit.t, account)}`,
        value: visit.t(
          listIn(answers.accounts, 'accounts').includes(account.id) ? 'common.yes' : 'common.no',
        ),
      })),
      ...limits.map(([field, typed]) => ({
        key: field,
        label: visit.t('users.limitOf', {
          service: visit.t(`users.services.${field.slice(limitField('').length)}`),
        }),
        value: [typed].flat(),
      })),
    ]
  }
  return { lines: meanwhileLines(linesOf(began), linesOf(now), linesOf(mine)) }
}
