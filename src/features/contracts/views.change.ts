import type { Reader } from '../../platform/reader.ts'
import { accountLimitKinds, type CompanyLimitKind } from '../company/index.ts'
import { accountWords } from '../users/index.ts'
import type {
  CeilingChange,
  ContractChange,
  ContractEnd,
  ContractEndWithdrawal,
  Extension,
  Reduction,
  SignOnWanted,
} from './change.ts'
import type { Impact } from './queries.impact.ts'
import { ceilingWords, newAccountRows, type Row, type Section, serviceWords } from './views.ts'

const ceilingRow = (reader: Reader, label: string, { before, after }: CeilingChange): Row => ({
  label,
  value: reader.formats.yen(BigInt(after)),
  old: ceilingWords(reader, before === null ? null : BigInt(before)),
})

const ceilingSection = (
  reader: Reader,
  { ceilings, accountCeilings }: Pick<Extension, 'ceilings' | 'accountCeilings'>,
): Section => {
  const { t } = reader
  return {
    title: t('contracts.sections.ceilings'),
    rows: [
      ...(Object.entries(ceilings) as [CompanyLimitKind, CeilingChange][]).map(([kind, change]) =>
        ceilingRow(reader, t('contracts.dayLimitOf', { what: t(`company.companyLimits.${kind}`) }), change),
      ),
      ...accountCeilings.flatMap(account =>
        accountLimitKinds.flatMap(kind => {
          const change = account.ceilings[kind]
          const words = accountWords(t, { ...account, memo: '' })
          return change
            ? [
                ceilingRow(
                  reader,
                  t('contracts.accounts.partOf', {
                    account: words,
                    part: t(`company.accountLimits.${kind}`),
                  }),
                  change,
                ),
              ]
            : []
        }),
      ),
    ],
  }
}

const extensionSections = (reader: Reader, wanted: Extension): Section[] => {
  const { t } = reader
  const text = (label: string, change: Extension['name']): Row[] =>
    change ? [{ label, value: change.after, old: change.before }] : []
  return [
    {
      title: t('contracts.sections.company'),
      rows: [
        ...text(t('company.fields.name'), wanted.name),
        ...text(t('company.fields.nameKana'), wanted.nameKana),
      ],
    },
    {
      title: t('contracts.sections.added'),
      rows: [
        ...(wanted.services.length > 0
          ? [
              {
                label: t('company.fields.services'),
                value: wanted.services.map(code => serviceWords(reader, code)),
              },
            ]
          : []),
        ...newAccountRows(reader, wanted.accounts),
      ],
    },
    ceilingSection(reader, wanted),
  ]
}

/** What ends, by its names. */
const endedRows = (
  { t, language }: Reader,
  { services, signOn, accounts }: Pick<Reduction, 'services' | 'signOn' | 'accounts'>,
): Row[] => {
  const list = (label: string, value: string[]): Row[] => (value.length > 0 ? [{ label, value }] : [])
  return [
    ...list(
      t('company.fields.services'),
      services.map(code => t(`users.services.${code}`)),
    ),
    ...list(
      t('contracts.signOn.title'),
      signOn.map(({ nameJa, nameEn }) => (language === 'ja' ? nameJa : nameEn)),
    ),
    ...list(
      t('contracts.accounts.title'),
      accounts.map(account => accountWords(t, { ...account, memo: '' })),
    ),
  ]
}

const reductionSections = (reader: Reader, wanted: Reduction): Section[] => [
  { title: reader.t('contracts.sections.ended'), rows: endedRows(reader, wanted) },
  ceilingSection(reader, wanted),
]

/** The last day in words; null: as soon as it is approved. */
const lastDayRow = ({ t, formats }: Reader, lastDay: ContractEnd['lastDay']): Row => ({
  label: t(lastDay === null ? 'contracts.end.when' : 'contracts.end.lastDay'),
  value: lastDay === null ? t('contracts.end.atOnce') : formats.date(lastDay),
})

const endSections = (reader: Reader, wanted: ContractEnd): Section[] => [
  { title: reader.t('contracts.end.title'), rows: [lastDayRow(reader, wanted.lastDay)] },
  { title: reader.t('contracts.sections.ended'), rows: endedRows(reader, wanted) },
]

const endWithdrawalSections = (reader: Reader, wanted: ContractEndWithdrawal): Section[] => [
  { title: reader.t('contracts.endWithdrawal.title'), rows: [lastDayRow(reader, wanted.lastDay)] },
]

const signOnSections = ({ t, language }: Reader, wanted: SignOnWanted): Section[] => [
  {
    title: t('contracts.signOn.title'),
    rows: [
      {
        label: t('contracts.signOn.service'),
        value: language === 'ja' ? wanted.service.nameJa : wanted.service.nameEn,
      },
      { label: t('contracts.signOn.loginUri'), value: wanted.loginUri },
      { label: t('contracts.signOn.redirectUris'), value: wanted.redirectUris },
      { label: t('contracts.signOn.postLogoutRedirectUris'), value: wanted.postLogoutRedirectUris },
      { label: t('contracts.signOn.backchannelLogoutUri'), value: wanted.backchannelLogoutUri ?? '' },
    ],
  },
]

/** What a change of a contract does, part by part; parts that it leaves alone are not there. */
export const changeSections = (reader: Reader, wanted: ContractChange): Section[] => {
  const sections = (() => {
    switch (wanted.change) {
      case 'extension':
        return extensionSections(reader, wanted)
      case 'reduction':
        return reductionSections(reader, wanted)
      case 'signOn':
        return signOnSections(reader, wanted)
      case 'end':
        return endSections(reader, wanted)
      case 'endWithdrawal':
        return endWithdrawalSections(reader, wanted)
    }
  })()
  return sections.filter(({ rows }) => rows.length > 0)
}

/** What follows for the company and its users, said before it is decided. */
export const followsOf = ({ t }: Pick<Reader, 't'>, wanted: ContractChange, impact?: Impact): string[] => {
  if (wanted.change === 'signOn') return ['tile', 'secret'].map(each => t(`contracts.signOn.follows.${each}`))
  if (wanted.change === 'end')
    return [
      t('contracts.end.follows.users', { count: wanted.users }),
      ...['certificates', 'services', 'waiting', 'kept', 'forGood'].map(each =>
        t(`contracts.end.follows.${each}`),
      ),
    ]
  if (wanted.change === 'endWithdrawal') return [t('contracts.endWithdrawal.follows')]
  const lowered = Object.keys(wanted.ceilings).length + wanted.accountCeilings.length > 0
  if (wanted.change === 'reduction')
    return [
      ...(wanted.services.length > 0
        ? [t('contracts.reduction.follows.services', { count: impact?.permissions ?? 0 })]
        : []),
      ...(wanted.accounts.length > 0
        ? [t('contracts.reduction.follows.accounts', { count: impact?.accounts ?? 0 })]
        : []),
      ...(wanted.services.length + wanted.signOn.length > 0
        ? [t('contracts.reduction.follows.entered', { count: impact?.entered ?? 0 })]
        : []),
      ...(lowered ? [t('contracts.reduction.follows.ceilings')] : []),
    ]
  return [
    ...(wanted.services.length > 0 ? [t('contracts.extension.follows.services')] : []),
    ...(wanted.accounts.length > 0 ? [t('contracts.extension.follows.accounts')] : []),
    ...(lowered ? [t('contracts.extension.follows.ceilings')] : []),
    ...(wanted.name || wanted.nameKana ? [t('contracts.extension.follows.name')] : []),
  ]
}
