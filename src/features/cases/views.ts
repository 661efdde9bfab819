import type { StaffActor } from '../../kernel/actor.ts'
import type { Reader } from '../../platform/reader.ts'
import { can } from '../../policy/can.ts'
import { roleWordOf } from '../../policy/policy.ts'
import { writtenNumber } from '../factors/index.ts'
import { type HistoryEntry, rowView } from '../history/index.ts'
import type { CaseState } from '../two-officers/index.ts'
import { hindranceOf } from './acts.ts'
import { type CustomerAct, customerActs, takesAccessAway } from './case.ts'
import type { Customer, CustomerCertificate, ServiceState } from './queries.ts'
import { actHref, resumptionRows } from './views.cases.ts'
import { passwordRows } from './views.passwords.ts'

type Tag = { text: string; tone: 'neutral' | 'good' | 'info' | 'attention' | 'stopped' }
type Row = { label: string; value: string | string[] }

const serviceTones: Record<ServiceState, Tag['tone']> = {
  available: 'good',
  suspended: 'stopped',
  blocked: 'stopped',
  deleted: 'neutral',
}

/** 利用状態 as a tag. */
export const serviceTag = ({ t }: Reader, state: ServiceState): Tag => ({
  text: t(`cases.serviceState.${state}`),
  tone: serviceTones[state],
})

export const lockTag = ({ t }: Reader): Tag => ({ text: t('cases.locked'), tone: 'attention' })

const caseTones: Partial<Record<CaseState, Tag['tone']>> = { prepared: 'attention', done: 'good' }

const certificateTones: Partial<Record<CustomerCertificate['state'], Tag['tone']>> = {
  active: 'good',
  delivered: 'info',
  revoked: 'stopped',
}

const certificateTable = ({ t, formats }: Reader, customer: Customer) => ({
  caption: t('cases.certificates.title'),
  empty: t('cases.certificates.none'),
  columns: ['serial', 'state', 'requestedAt', 'notAfter', 'lastUsedAt'].map(name => ({
    text: t(`cases.certificates.${name}`),
    nowrap: name !== 'serial',
  })),
  rows: customer.certificates.map(each => [
    each.serial ?? t('cases.certificates.noSerial'),
    [
      {
        tag: {
          text: t(`cases.certificateState.${each.state}`),
          tone: certificateTones[each.state] ?? 'neutral',
        },
      },
    ],
    formats.dateTimeCompact(each.requestedAt),
    each.notAfter ? formats.dateTimeCompact(each.notAfter) : '',
    each.lastUsedAt ? formats.dateTimeCompact(each.lastUsedAt) : t('cases.certificates.neverUsed'),
  ]),
})

const passkeyTable = ({ t, formats }: Reader, { passkeys }: Customer) => ({
  caption: t('cases.passkeys.title'),
  columns: ['name', 'createdAt', 'lastUsedAt'].map(name => ({
    text: t(`cases.passkeys.${name}`),
    nowrap: name !== 'name',
  })),
  rows: passkeys.map(each => [
    each.name,
    formats.dateTimeCompact(each.createdAt),
    each.lastUsedAt ? formats.dateTimeCompact(each.lastUsedAt) : t('cases.passkeys.neverUsed'),
  ]),
})

/** Everything on a customer's page that is not the history, for the partials. */
export const customerView = (reader: Reader, actor: StaffActor, customer: Customer) => {
  const { t, formats } = reader
  const acquisition = customer.acquisitionPassword
  return {
    tags: [
      ...(customer.contractEndedAt ? [{ text: t('contracts.end.ended'), tone: 'stopped' as const }] : []),
      serviceTag(reader, customer.serviceState),
      customer.locked ? lockTag(reader) : { text: t('cases.notLocked'), tone: 'good' as const },
      ...(customer.suspendedByBank ? [{ text: t('cases.suspendedByBank'), tone: 'stopped' as const }] : []),
      ...(customer.registrationDue ? [{ text: t('cases.registrationDue'), tone: 'info' as const }] : []),
    ],
    who: [
      { label: t('cases.columns.company'), value: customer.companyName },
      { label: t('cases.columns.contractNumber'), value: customer.contractNumber },
      { label: t('cases.columns.loginId'), value: customer.loginId },
      { label: t('cases.columns.name'), value: customer.name },
      {
        label: t('cases.columns.role'),
        value: t(`policies.roles.${roleWordOf(customer.policy, customer.role)}`),
      },
      {
        label: t('cases.columns.email'),
        value: t('cases.withState', {
          value: customer.email,
          state: t(`cases.emailState.${customer.emailState}`),
        }),
      },
      { label: t('personal-information.fields.phone'), value: writtenNumber(customer.phone) },
      { label: t('personal-information.fields.mobile'), value: writtenNumber(customer.mobile) },
      ...(['organisation', 'department'] as const).flatMap(field =>
        customer[field] === ''
          ? []
          : [{ label: t(`personal-information.fields.${field}`), value: customer[field] }],
      ),
      {
        label: t('cases.columns.lastLogin'),
        value: customer.lastLoginAt
          ? t('cases.lastLogin', {
              at: formats.dateTime(customer.lastLoginAt),
              from: customer.lastLoginFrom ?? '',
            })
          : t('cases.noLogin'),
      },
      { label: t('cases.columns.createdAt'), value: formats.dateTime(customer.createdAt) },
      ...resumptionRows(reader, customer),
    ] satisfies Row[],
    passwords: [
      ...passwordRows(reader, customer),
      {
        label: t('cases.failures'),
        value: customer.failures.map(each =>
          t('cases.failure', { at: formats.dateTime(each.at), from: each.ip ?? t('cases.unknownPlace') }),
        ),
      },
    ] satisfies Row[],
    certificates: certificateTable(reader, customer),
    passkeys: customer.passkeys.length > 0 ? passkeyTable(reader, customer) : undefined,
    acquisition: acquisition
      ? ([
          { label: t('cases.acquisition.state'), value: t(`cases.acquisitionState.${acquisition.state}`) },
          { label: t('cases.acquisition.issuedAt'), value: formats.dateTime(acquisition.issuedAt) },
          { label: t('cases.acquisition.expiresAt'), value: formats.dateTime(acquisition.expiresAt) },
          {
            label: t('cases.acquisition.failures'),
            value: t('cases.acquisition.failuresOf', {
              failures: acquisition.failures,
              most: customer.policy.acquisitionPassword.failuresUntilVoid,
            }),
          },
        ] satisfies Row[])
      : undefined,
    cases: {
      caption: t('cases.list.title'),
      empty: t('cases.list.none'),
      columns: ['at', 'kind', 'state', 'officer', 'reason'].map(name => ({
        text: t(`cases.list.${name}`),
        nowrap: name === 'at',
      })),
      rows: customer.cases.map(each => [
        [
          {
            text: formats.dateTimeCompact(each.at),
            href: `/helpdesk/cases/${each.id}`,
            label: t(`two-officers.kinds.${each.kind}`),
          },
        ],
        t(`two-officers.kinds.${each.kind}`),
        [{ tag: { text: t(`two-officers.states.${each.state}`), tone: caseTones[each.state] ?? 'neutral' } }],
        each.officer,
        each.reason,
      ]),
    },
    acts: actsFor(reader, actor, customer),
    companyHref: `/helpdesk/companies/${customer.companyId}`,
  }
}

/** The newest history of a customer, by or about them: who registers another has not registered themselves. */
export const eventsView = (reader: Reader, entries: HistoryEntry[]) => ({
  caption: reader.t('cases.events.title'),
  empty: reader.t('cases.events.none'),
  columns: ['at', 'who', 'operation', 'about', 'outcome', 'from'].map(name => ({
    text: reader.t(`cases.events.${name}`),
    nowrap: name === 'at',
  })),
  // An entry's own page is the customers'; here its time is plain text.
  rows: entries.map(entry => rowView(reader, entry).with(0, reader.formats.dateTimeCompact(entry.at))),
})

type Button = { text: string; href: string }

/** What this officer may do for the customer now: what gives access and what takes it away, apart. */
const actsFor = (
  { t }: Reader,
  actor: StaffActor,
  customer: Customer,
): { gives: Button[]; takes: Button[] } => {
  const offered = can(actor, 'case:open') ? customerActs.filter(act => !hindranceOf(act, customer)) : []
  const button = (act: CustomerAct) => ({ text: t(`cases.act.${act}.open`), href: actHref(customer.id, act) })
  return {
    gives: offered.filter(act => !takesAccessAway(act)).map(button),
    takes: offered.filter(takesAccessAway).map(button),
  }
}
