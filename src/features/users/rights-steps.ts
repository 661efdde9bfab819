import { answerOf, defineStep, type Visit } from '../../platform/http/wizard.ts'
import { accountWords, limitFields, matrixData } from './details.ts'
import { accountsForm, permissionsForm } from './forms.ts'
import { limitedServices, type MatrixService } from './matrix.ts'
import { companyAccounts } from './queries.ts'
import { partsOf, shownAccounts } from './shown-accounts.ts'

/** What the company has contracted, and what of it the user of a draft may hold. */
export type Offered = { matrix: readonly MatrixService[]; offered: readonly MatrixService[] }

type Declaration = {
  screens: { permissions: string; accounts: string }
  /** Whether a stored user is changed: the page's words, and no other rule. */
  change: boolean
  offered: (visit: Visit) => Promise<Offered>
}

/**
 * 権限 and 口座・限度額 (D-04, D-05), the same two steps wherever an administrator says what a user may do: at 利用者登録 and
 * at 利用者変更. Which boxes there are depends on the role that the step before has given.
 */
export const rightsSteps = ({ screens, change, offered }: Declaration) => {
  const permissionsStep = defineStep({
    name: 'permissions',
    screen: screens.permissions,
    view: 'users/permissions',
    load: offered,
    schema: loaded => permissionsForm(loaded.matrix, loaded.offered),
    page: (visit, loaded, { permissions = [] }) => ({
      matrix: matrixData(visit, loaded.offered, new Set([permissions].flat()), false),
    }),
  })
  const accountsStep = defineStep({
    name: 'accounts',
    screen: screens.accounts,
    view: 'users/accounts',
    load: async visit => ({
      accounts: await companyAccounts(visit.deps.db, visit.actor),
      services: limitedServices(
        (await offered(visit)).offered,
        new Set(answerOf(visit, permissionsStep).permissions),
      ),
    }),
    schema: ({ accounts, services }) => accountsForm(new Set(accounts.map(({ id }) => id)), services),
    partFields: ['find'],
    partLists: ({ accounts }) => ({ accounts: new Set(accounts.map(({ id }) => id)) }),
    page: (visit, { accounts, services }, values, { query }) => {
      const shown = shownAccounts(accounts, { find: query.find, part: query.part })
      const chosen = new Set([values.accounts ?? []].flat())
      return {
        change,
        accountItems: shown.accounts.map(account => ({
          value: account.id,
          label: accountWords(visit.t, account),
          hint: account.memo,
        })),
        ...partsOf(
          shown,
          visit.t('users.accounts.kept', { count: accounts.filter(({ id }) => chosen.has(id)).length }),
        ),
        shown: shown.long ? shown.accounts.map(({ id }) => id).join(',') : undefined,
        limitFields: limitFields(visit, services),
      }
    },
  })
  return { permissionsStep, accountsStep }
}
