import type { Reader } from '../../platform/reader.ts'
import type { Found, FoundCompany, FoundUser } from './queries.search.ts'
import { countedAtMost, shownAtMost } from './search.ts'
import { customerHref } from './views.cases.ts'
import { lockTag, serviceTag } from './views.ts'

/** How much came of a search, in words; says when there is more than is shown. */
const countWords = ({ t }: Reader, { rows, count }: Found<unknown>): string | undefined => {
  if (count <= rows.length) return undefined
  return count >= countedAtMost
    ? t('cases.search.manyMore', { counted: countedAtMost, shown: shownAtMost })
    : t('cases.search.more', { found: count, shown: rows.length })
}

/** Tables of what was found, for `partials/table`. */
export const foundView = (
  reader: Reader,
  found: { companies: Found<FoundCompany>; users: Found<FoundUser> },
) => {
  const { t } = reader
  const column = (name: string) => ({ text: t(`cases.columns.${name}`) })
  return {
    companies: {
      caption: t('cases.search.companies'),
      count: found.companies.count,
      columns: [column('contractNumber'), column('company'), { ...column('users'), numeric: true }],
      rows: found.companies.rows.map(each => [
        [
          {
            text: each.contractNumber,
            href: `/helpdesk/home?${new URLSearchParams({ field: 'contract', q: each.contractNumber })}`,
            label: t('cases.search.usersOf', { company: each.name }),
          },
        ],
        [{ text: each.name, href: `/helpdesk/companies/${each.id}` }],
        String(each.users),
      ]),
    },
    companiesMore: countWords(reader, found.companies),
    users: {
      caption: t('cases.search.users'),
      count: found.users.count,
      empty: t('cases.search.nobody'),
      columns: ['loginId', 'name', 'company', 'email', 'state'].map(column),
      rows: found.users.rows.map(each => [
        [{ text: each.loginId, href: customerHref(each.id), label: each.name }],
        each.name,
        [{ text: each.companyName, sub: each.contractNumber }],
        each.email,
        [{ tag: serviceTag(reader, each.serviceState) }, ...(each.locked ? [{ tag: lockTag(reader) }] : [])],
      ]),
    },
    // Its pages follow; beyond what is counted there are none.
    usersMore: found.users.count >= countedAtMost ? countWords(reader, found.users) : undefined,
  }
}
