import type { Deps } from '../../deps.ts'
import type { Values } from '../../platform/http/drafts.ts'
import { staffActor } from '../../platform/http/policy.ts'
import { type Reader, readerOf } from '../../platform/reader.ts'
import {
  accountLimitDigits,
  accountLimitKinds,
  companyLimitDigits,
  companyLimitKinds,
  type Limit,
  serviceOfLimit,
} from '../company/index.ts'
import { accountWords } from '../users/index.ts'
import { mostAccounts } from './contract.ts'
import {
  ceilingValues,
  extensionFields,
  readExtension,
  readReduction,
  reductionFields,
} from './form.change.ts'
import { accountCeilingField, accountRowsIn, ceilingField } from './form.parts.ts'
import { mostAddresses, readSignOn, signOnFields } from './form.sign-on.ts'
import { offeredServices } from './queries.impact.ts'
import { bankServices, type ContractRecord } from './queries.ts'
import type { ChangeForm } from './routes.change.ts'
import { accountLines } from './routes.registration.ts'
import { ceilingWords } from './views.ts'

/** Fields of ceilings, each with what holds now beside it. */
const ceilingParts = (reader: Reader, contract: ContractRecord, services: readonly string[]) => {
  const { t } = reader
  const field = (name: string, label: string, limit?: Limit) => ({
    name,
    label,
    hint: limit && t('contracts.ceilingNow', { amount: ceilingWords(reader, limit.ceiling) }),
  })
  return {
    companyDigits: companyLimitDigits,
    accountDigits: accountLimitDigits,
    ceilings: companyLimitKinds
      .filter(kind => services.includes(serviceOfLimit(kind)))
      .map(kind =>
        field(
          ceilingField(kind),
          t('contracts.ceilingOf', { what: t(`company.companyLimits.${kind}`) }),
          contract.limits.find(each => each.kind === kind)?.limit,
        ),
      ),
    accountCeilings: contract.accounts.map(account => ({
      legend: accountWords(t, account),
      fields: accountLimitKinds.map(kind =>
        field(
          accountCeilingField(kind, account.id),
          t('contracts.ceilingOf', { what: t(`company.accountLimits.${kind}`) }),
          account.limits[kind],
        ),
      ),
    })),
  }
}

/** ご契約の追加・引き上げ: what gives, by two officers (H-04, H-06). */
export const extensionForm = (deps: Deps): ChangeForm => ({
  noun: 'contract-extension',
  words: 'extension',
  screens: { form: 'HD0165', confirm: 'HD0166' },
  view: 'contracts/extension-form',
  fields: (contract, body) => extensionFields(contract, accountRowsIn((body ?? {}) as Values)),
  values: contract => ({
    name: contract.name,
    nameKana: contract.nameKana,
    accountRows: '1',
    ...ceilingValues(contract),
  }),
  read: async (_request, contract, values) =>
    readExtension(
      values,
      contract,
      (await bankServices(deps.db)).map(({ code }) => code),
    ),
  parts: async (request, contract, values) => {
    const reader = readerOf(request)
    const all = (await bankServices(deps.db)).map(({ code }) => code)
    const rows = accountRowsIn(values)
    return {
      services: all
        .filter(code => !contract.services.some(each => each.code === code))
        .map(code => ({ value: code, label: reader.t(`users.services.${code}`) })),
      ...ceilingParts(reader, contract, all),
      accounts: accountLines(reader, rows),
      mayAddAccounts: rows < mostAccounts,
    }
  },
  grows: (body, values) =>
    (body as { moreAccounts?: unknown } | null)?.moreAccounts === undefined
      ? undefined
      : { ...values, accountRows: String(Math.min(accountRowsIn(values) + 1, mostAccounts)) },
})

/** ご契約の終了・引き下げ: what takes away, by one officer at once (H-04, H-06). */
export const reductionForm: ChangeForm = {
  noun: 'contract-reduction',
  words: 'reduction',
  screens: { form: 'HD0167', confirm: 'HD0168' },
  view: 'contracts/reduction-form',
  fields: reductionFields,
  values: ceilingValues,
  read: (_request, contract, values) => readReduction(values, contract),
  parts: (request, contract) => {
    const reader = readerOf(request)
    const { t, language } = reader
    const contracted = contract.services.map(({ code }) => code)
    return {
      services: contracted.map(code => ({ value: code, label: t(`users.services.${code}`) })),
      signOn: contract.signOn
        .filter(({ endedAt }) => endedAt === null)
        .map(({ code, nameJa, nameEn }) => ({ value: code, label: language === 'ja' ? nameJa : nameEn })),
      accounts: contract.accounts.map(account => ({ value: account.id, label: accountWords(t, account) })),
      ...ceilingParts(reader, contract, contracted),
    }
  },
}

/** A service entered by single sign-on: a client of the portal's provider, by two officers (G-05, H-06). */
export const signOnForm = (deps: Deps): ChangeForm => ({
  noun: 'service-contract',
  words: 'signOn',
  screens: { form: 'HD0170', confirm: 'HD0171' },
  view: 'contracts/sign-on-form',
  fields: () => signOnFields,
  values: () => ({}),
  read: async (request, contract, values) =>
    readSignOn(
      values,
      contract,
      await offeredServices(deps.db, staffActor(request), contract),
      deps.settings,
    ),
  parts: async (request, contract) => {
    const { language, t } = request
    const offered = await offeredServices(deps.db, staffActor(request), contract)
    return {
      mostAddresses,
      services: [
        { value: '', text: t('contracts.choose') },
        ...offered.map(({ code, nameJa, nameEn }) => ({
          value: code,
          text: language === 'ja' ? nameJa : nameEn,
        })),
      ],
    }
  },
})
