import type { Reader } from '../../platform/reader.ts'
import { accountLimitKinds, type CompanyLimitKind, companyLimitKinds, type Limit } from '../company/index.ts'
import { accountWords } from '../users/index.ts'
import type { NewAccount, Registration } from './contract.ts'
import type { ContractRecord, ListedCompany, PlannedEnd } from './queries.ts'

export type Row = { label: string; value: string | string[]; old?: string | string[] }
export type Section = { title: string; rows: Row[] }

export const companiesHref = '/helpdesk/companies'
export const companyHref = (companyId: string): string => `${companiesHref}/${companyId}`
export const contractCaseHref = (caseId: string): string => `/helpdesk/contract-cases/${caseId}`

/** 企業一覧, for `partials/table`. */
export const companiesTable = ({ t }: Reader, rows: readonly ListedCompany[], total: number) => ({
  caption: t('contracts.list.caption'),
  count: total,
  empty: t('contracts.list.none'),
  columns: [
    ...['contractNumber', 'name', 'entrance', 'preset'].map(name => ({
      text: t(`contracts.list.columns.${name}`),
    })),
    { text: t('contracts.list.columns.users'), numeric: true },
  ],
  rows: rows.map(each => [
    [{ text: each.contractNumber, href: companyHref(each.id), label: each.name }],
    each.ended
      ? [{ text: each.name }, { tag: { text: t('contracts.end.ended'), tone: 'stopped' } }]
      : each.name,
    each.entrance,
    t(`policies.presets.${each.preset}`),
    String(each.users),
  ]),
})

/** A ceiling in words; where the contract sets none, it says so. */
export const ceilingWords = ({ t, formats }: Reader, ceiling: bigint | null | undefined): string =>
  ceiling === null || ceiling === undefined ? t('contracts.noCeiling') : formats.yen(ceiling)

/** A limit with its ceiling: what holds where the limit is above it (E-04). */
const limitWords = (reader: Reader, { amount, ceiling }: Limit): string[] => [
  reader.t('contracts.ceilingIs', { amount: ceilingWords(reader, ceiling) }),
  amount === undefined
    ? reader.t('contracts.limitUnset')
    : reader.t(ceiling !== null && amount > ceiling ? 'contracts.limitCapped' : 'contracts.limitIs', {
        amount: reader.formats.yen(amount),
      }),
]

export const serviceWords = ({ t }: Reader, code: string): string => t(`users.services.${code}`)

const signOnName = ({ language }: Reader, { nameJa, nameEn }: { nameJa: string; nameEn: string }): string =>
  language === 'ja' ? nameJa : nameEn

/** 解約, on the company's page: until when its people may use the portal, or could, and the case that says why (H-06). */
const endView = ({ t, formats }: Reader, { lastDay, endedAt, caseId, reason }: PlannedEnd) => ({
  tag: endedAt
    ? { text: t('contracts.end.ended'), tone: 'stopped' as const }
    : { text: t('contracts.end.planned'), tone: 'attention' as const },
  title: t('contracts.end.title'),
  rows: [
    { label: t('contracts.end.lastDay'), value: formats.date(lastDay) },
    ...(endedAt ? [{ label: t('contracts.end.endedAt'), value: formats.dateTime(endedAt) }] : []),
    { label: t('cases.form.reason'), value: reason.split('\n') },
  ] satisfies Row[],
  caseHref: contractCaseHref(caseId),
})

/** What the company has contracted, on its page: accounts as a table, the rest as rows. */
export const contractView = (reader: Reader, contract: ContractRecord) => {
  const { t, formats } = reader
  return {
    nameKana: { label: t('company.fields.nameKana'), value: contract.nameKana } satisfies Row,
    registered: {
      label: t('contracts.registeredAt'),
      value: formats.dateTime(contract.createdAt),
    } satisfies Row,
    end: contract.end && endView(reader, contract.end),
    contracted: [
      {
        label: t('company.fields.services'),
        value: contract.services.map(each => serviceWords(reader, each.code)),
      },
      {
        label: t('contracts.signOn.title'),
        value: contract.signOn
          .filter(({ endedAt }) => endedAt === null)
          .map(each => `${signOnName(reader, each)}　${each.loginUri}`),
      },
      ...contract.limits.map(({ kind, limit }) => ({
        label: t('contracts.dayLimitOf', { what: t(`company.companyLimits.${kind}`) }),
        value: limitWords(reader, limit),
      })),
    ] satisfies Row[],
    accounts: {
      caption: t('contracts.accounts.title'),
      count: contract.accounts.length,
      empty: t('contracts.accounts.none'),
      columns: [
        { text: t('contracts.accounts.account') },
        ...accountLimitKinds.map(kind => ({ text: t(`company.accountLimits.${kind}`) })),
      ],
      rows: contract.accounts.map(account => [
        [{ text: accountWords(t, account), sub: account.memo }],
        ...accountLimitKinds.map(kind => {
          const [ceiling = '', limit = ''] = limitWords(reader, account.limits[kind])
          return [{ text: ceiling, sub: limit }]
        }),
      ]),
    },
    administrators: {
      caption: t('contracts.administrators.title'),
      empty: t('contracts.administrators.none'),
      columns: ['loginId', 'name', 'role', 'email', 'state'].map(name => ({
        text: t(`cases.columns.${name}`),
      })),
      rows: contract.administrators.map(each => [
        [{ text: each.loginId, href: `/helpdesk/users/${each.id}`, label: each.name }],
        each.name,
        t(`policies.roles.${each.role}`),
        each.email,
        t(
          each.serviceState === 'available' || each.serviceState === 'deleted'
            ? `cases.serviceState.${each.serviceState}`
            : 'contracts.administrators.unavailable',
        ),
      ]),
    },
    waiting: {
      caption: t('contracts.waiting.title'),
      count: contract.waiting.length,
      columns: ['at', 'kind', 'about', 'officer'].map(name => ({ text: t(`two-officers.list.${name}`) })),
      rows: contract.waiting.map(each => [
        [
          {
            text: formats.dateTimeCompact(each.at),
            href: `/helpdesk/cases/${each.id}`,
            label: t(`two-officers.kinds.${each.kind}`),
          },
        ],
        t(`two-officers.kinds.${each.kind}`),
        each.loginId ?? t('contracts.waiting.company'),
        each.officer,
      ]),
    },
    cases: {
      caption: t('contracts.cases.title'),
      empty: t('cases.list.none'),
      columns: ['at', 'kind', 'state', 'officer', 'reason'].map(name => ({ text: t(`cases.list.${name}`) })),
      rows: contract.cases.map(each => [
        [
          {
            text: formats.dateTimeCompact(each.at),
            href: `/helpdesk/cases/${each.id}`,
            label: t(`two-officers.kinds.${each.kind}`),
          },
        ],
        t(`two-officers.kinds.${each.kind}`),
        t(`two-officers.states.${each.state}`),
        each.officer,
        each.reason,
      ]),
    },
  }
}

/** Ceilings over the company's limits, a line each. */
export const ceilingRows = (reader: Reader, ceilings: Partial<Record<CompanyLimitKind, string>>): Row[] =>
  companyLimitKinds.flatMap(kind => {
    const ceiling = ceilings[kind]
    return ceiling === undefined
      ? []
      : [
          {
            label: reader.t('contracts.ceilingOf', { what: reader.t(`company.companyLimits.${kind}`) }),
            value: reader.formats.yen(BigInt(ceiling)),
          },
        ]
  })

/** New accounts with their ceilings, a line each. */
export const newAccountRows = (reader: Reader, accounts: readonly NewAccount[]): Row[] =>
  accounts.map(account => ({
    label: accountWords(reader.t, { ...account, id: '', memo: '' }),
    value: accountLimitKinds.map(kind =>
      reader.t('contracts.ceilingLine', {
        what: reader.t(`company.accountLimits.${kind}`),
        amount: reader.formats.yen(BigInt(account.ceilings[kind])),
      }),
    ),
  }))

/** Everything that a registration will make, for the officer who prepares it and the one who approves it. */
export const registrationSections = (
  reader: Reader,
  registration: Registration,
  entrances: readonly { slug: string; name: string }[],
): Section[] => {
  const { t } = reader
  const { first, entrance: slug } = registration
  return [
    {
      title: t('contracts.sections.company'),
      rows: [
        { label: t('company.fields.contractNumber'), value: registration.contractNumber },
        { label: t('company.fields.name'), value: registration.name },
        { label: t('company.fields.nameKana'), value: registration.nameKana },
        {
          label: t('policies.company.entrance'),
          value: [entrances.find(each => each.slug === slug)?.name ?? slug, `/e/${slug}`],
        },
        { label: t('policies.company.preset'), value: t(`policies.presets.${registration.preset}`) },
      ],
    },
    {
      title: t('contracts.sections.services'),
      rows: [
        {
          label: t('company.fields.services'),
          value: registration.services.map(code => serviceWords(reader, code)),
        },
        ...ceilingRows(reader, registration.ceilings),
      ],
    },
    { title: t('contracts.sections.accounts'), rows: newAccountRows(reader, registration.accounts) },
    {
      title: t('contracts.sections.first'),
      rows: [
        { label: t('cases.columns.loginId'), value: first.loginId },
        { label: t('cases.columns.name'), value: first.name },
        { label: t('cases.columns.email'), value: first.email },
        { label: t('contracts.fields.mobile'), value: first.mobile ?? '' },
        { label: t('cases.form.delivery'), value: t(`cases.delivery.${registration.delivery}`) },
      ],
    },
  ]
}

/** What a new company begins with, said before it is decided (E-02, E-03, H-05). */
export const registrationFollows = ({ t }: Pick<Reader, 't'>): string[] =>
  ['user', 'passwords', 'limits', 'approvals'].map(each => t(`contracts.registration.follows.${each}`))
