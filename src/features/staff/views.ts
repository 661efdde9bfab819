import type { Reader } from '../../platform/reader.ts'
import { outcomeRows } from '../two-officers/index.ts'
import type { StaffProposal } from './officer.ts'
import type { findOfficer, listOfficers, StaffCase } from './queries.ts'

type Listed = Awaited<ReturnType<typeof listOfficers>>
type Officer = NonNullable<Awaited<ReturnType<typeof findOfficer>>>

export const officersHref = '/helpdesk/officers'

/** The bank's officers and who is to become one, for `partials/table` (H-08). */
export const officersTable = ({ t, formats }: Reader, { officers, registrations }: Listed) => ({
  caption: t('staff.officers.caption'),
  count: officers.length,
  columns: ['loginId', 'name', 'role', 'state', 'lastLogin', 'case'].map(name => ({
    text: t(`staff.officers.columns.${name}`),
  })),
  rows: [
    ...officers.map(each => [
      [{ text: each.loginId, href: `${officersHref}/${each.id}` }],
      each.name,
      t(`staff.roles.${each.role}`),
      t(`staff.officers.states.${each.state}`),
      each.lastLoginAt ? formats.dateTimeCompact(each.lastLoginAt) : '',
      each.casesAbout.map(({ id, kind }) => ({
        text: t(`two-officers.kinds.${kind}`),
        href: `${officersHref}/cases/${id}`,
      })),
    ]),
    ...registrations.map(({ id, proposal }) => {
      const { staffLoginId = '', name = '', role = 'auditor' } = (proposal ?? {}) as StaffProposal
      return [
        staffLoginId,
        name,
        t(`staff.roles.${role}`),
        t('staff.officers.states.coming'),
        '',
        [{ text: t('two-officers.kinds.staff_registration'), href: `${officersHref}/cases/${id}` }],
      ]
    }),
  ],
})

/** How an officer stands, a line each. */
export const officerRows = ({ t, formats }: Reader, officer: Officer) => {
  return [
    { label: t('staff.officers.columns.loginId'), value: officer.loginId },
    { label: t('staff.officers.columns.name'), value: officer.name },
    { label: t('staff.officers.email'), value: officer.email },
    { label: t('staff.officers.columns.role'), value: t(`staff.roles.${officer.role}`) },
    { label: t('staff.officers.columns.state'), value: t(`staff.officers.states.${officer.state}`) },
    {
      label: t('staff.officers.password'),
      value: t(`staff.officers.passwords.${officer.locked ? 'locked' : 'usable'}`),
    },
    { label: t('staff.officers.otp'), value: t(`factors.otp.standings.${officer.otp}`) },
    {
      label: t('staff.officers.columns.lastLogin'),
      value: officer.lastLoginAt ? formats.dateTime(officer.lastLoginAt) : '',
    },
  ]
}

/** Every certificate that was made for an officer, the newest first, for `partials/table` (C-14). */
export const certificatesTable = ({ t, formats }: Reader, { certificates }: Officer) => ({
  caption: t('cases.certificates.title'),
  empty: t('cases.certificates.none'),
  columns: ['serial', 'state', 'requestedAt', 'notAfter', 'lastUsedAt'].map(name => ({
    text: t(`cases.certificates.${name}`),
  })),
  rows: certificates.map(each => [
    each.serial ?? t('cases.certificates.noSerial'),
    t(`cases.certificateState.${each.state}`),
    formats.dateTimeCompact(each.requestedAt),
    each.notAfter ? formats.dateTimeCompact(each.notAfter) : '',
    each.lastUsedAt ? formats.dateTimeCompact(each.lastUsedAt) : t('cases.certificates.neverUsed'),
  ]),
})

/** What a case about an officer is, a line each. */
export const staffCaseRows = (reader: Reader, found: StaffCase) => {
  const { t, formats } = reader
  return [
    { label: t('two-officers.list.kind'), value: t(`two-officers.kinds.${found.kind}`) },
    { label: t('staff.officers.columns.loginId'), value: found.about.loginId },
    { label: t('staff.officers.columns.name'), value: found.about.name },
    { label: t('staff.officers.email'), value: found.about.email },
    ...(found.proposal.role
      ? [{ label: t('staff.officers.columns.role'), value: t(`staff.roles.${found.proposal.role}`) }]
      : []),
    ...(found.kind === 'staff_recovery'
      ? [
          {
            label: t('cases.certificates.title'),
            value: t(found.proposal.revokes ? 'staff.officers.revokes' : 'staff.officers.keeps'),
          },
        ]
      : []),
    // What one officer did at once was never asked for.
    ...(found.kind === 'staff_certificate_revocation'
      ? [
          { label: t('staff.officers.revocation.by'), value: found.preparedBy },
          { label: t('cases.list.at'), value: formats.dateTime(found.preparedAt) },
        ]
      : [
          { label: t('policies.case.preparedBy'), value: found.preparedBy },
          { label: t('policies.case.preparedAt'), value: formats.dateTime(found.preparedAt) },
        ]),
    { label: t('two-officers.list.reason'), value: found.reason.split('\n') },
    ...outcomeRows(reader, found),
  ]
}
