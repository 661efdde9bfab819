import type { Reader } from '../../platform/reader.ts'
import type { NewService, ServiceAsked, ServiceTarget, ServiceWords } from './catalogue.ts'
import type { CataloguedService } from './queries.catalogue.ts'

export type Row = { label: string; value: string | string[]; old?: string | string[] }

export const catalogueHref = '/helpdesk/services'
export const serviceHref = (code: string, noun: string): string => `${catalogueHref}/${code}/${noun}`
export const serviceCaseHref = (caseId: string): string => `/helpdesk/service-cases/${caseId}`

export const nameOf = (
  { language }: Pick<Reader, 'language'>,
  { nameJa, nameEn }: { nameJa: string; nameEn: string },
): string => (language === 'ja' ? nameJa : nameEn)

/** The name of the service that a case is about, whether it is there yet or not. */
export const askedName = (reader: Pick<Reader, 'language'>, asked: ServiceAsked): string =>
  nameOf(reader, asked.change === 'registration' ? asked.newService : asked)

/** A box of the permission matrix as its matrix names it: 「入出金明細照会　照会」. */
export const permissionWords = ({ t }: Pick<Reader, 't'>, permission: string): string => {
  const [service = ''] = permission.split('.')
  return t('services.catalogue.box', {
    service: t(`users.services.${service}`),
    box: t(`users.permissions.${permission}.label`),
  })
}

const targetRows = (
  reader: Reader,
  { singleSignOn, address, permission, forWhom }: ServiceTarget & { own?: boolean },
): Row[] => {
  const { t } = reader
  return [
    {
      label: t('services.catalogue.target'),
      value: t(`services.catalogue.targets.${singleSignOn ? 'signOn' : 'address'}`),
    },
    ...(address ? [{ label: t('services.catalogue.address'), value: address }] : []),
    ...(singleSignOn
      ? [
          {
            label: t('services.catalogue.permission'),
            value: permission ? permissionWords(reader, permission) : t('services.catalogue.noPermission'),
          },
        ]
      : []),
    { label: t('services.catalogue.forWhom'), value: t(`services.catalogue.audiences.${forWhom}`) },
  ]
}

const wordRows = ({ t }: Reader, words: ServiceWords, before?: ServiceWords): Row[] =>
  (['nameJa', 'nameEn', 'textJa', 'textEn', 'sort'] as const).map(field => ({
    label: t(`services.catalogue.${field}`),
    value: String(words[field]),
    ...(before && before[field] !== words[field] && { old: String(before[field]) }),
  }))

const codeRow = ({ t }: Reader, code: string): Row => ({ label: t('services.catalogue.code'), value: code })

/** Everything that a registration will make. */
export const newServiceRows = (reader: Reader, service: NewService): Row[] => [
  codeRow(reader, service.code),
  ...wordRows(reader, service),
  ...targetRows(reader, service),
]

/** A change of what home says, the old words beside. */
export const changeRows = (reader: Reader, before: CataloguedService, words: ServiceWords): Row[] => [
  codeRow(reader, before.code),
  ...wordRows(reader, words, before),
]

/** Which service an act is about. */
export const serviceRows = (reader: Reader, service: CataloguedService): Row[] => [
  codeRow(reader, service.code),
  { label: reader.t('services.catalogue.name'), value: nameOf(reader, service) },
  {
    label: reader.t('services.catalogue.companies'),
    value: reader.t('services.catalogue.companiesCount', { count: service.companies }),
  },
]

/** What a case about a service asks for. */
export const askedRows = (reader: Reader, asked: ServiceAsked): Row[] =>
  asked.change === 'registration'
    ? newServiceRows(reader, asked.newService)
    : [
        codeRow(reader, asked.portalServiceCode),
        { label: reader.t('services.catalogue.name'), value: nameOf(reader, asked) },
      ]

type Offered = { suspends: boolean; changes: boolean }

/** サービスの一覧, for `partials/table`, with what this officer may do with each. */
export const catalogueTable = (
  reader: Reader,
  services: readonly CataloguedService[],
  { suspends, changes }: Offered,
) => {
  const { t } = reader
  const act = (code: string, noun: string, name: string) => ({
    text: t(`services.catalogue.open.${noun}`),
    href: serviceHref(code, noun),
    label: name,
  })
  return {
    caption: t('services.catalogue.caption'),
    count: services.length,
    empty: t('services.catalogue.none'),
    columns: [
      { text: t('services.catalogue.name') },
      { text: t('services.catalogue.sort'), numeric: true },
      { text: t('services.catalogue.target') },
      { text: t('services.catalogue.companies'), numeric: true },
      { text: t('services.catalogue.state') },
      ...(suspends || changes ? [{ text: t('services.catalogue.acts') }] : []),
    ],
    rows: services.map(service => {
      const { code, own, singleSignOn, suspendedAt } = service
      const name = nameOf(reader, service)
      return [
        [{ text: name, sub: code }],
        String(service.sort),
        [
          {
            text: t(`services.catalogue.targets.${own ? 'own' : singleSignOn ? 'signOn' : 'address'}`),
            ...(!own && !singleSignOn && { sub: service.href }),
          },
        ],
        singleSignOn ? String(service.companies) : '',
        [
          {
            tag: suspendedAt
              ? { text: t('services.catalogue.suspended'), tone: 'stopped' }
              : { text: t('services.catalogue.offered'), tone: 'good' },
          },
        ],
        ...(suspends || changes
          ? [
              [
                ...(changes ? [act(code, 'change', name)] : []),
                ...(suspends && !own ? [act(code, suspendedAt ? 'resumption' : 'suspension', name)] : []),
              ],
            ]
          : []),
      ]
    }),
  }
}
