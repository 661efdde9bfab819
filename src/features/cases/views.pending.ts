import type { Reader } from '../../platform/reader.ts'
import type { Pending } from './queries.pending.ts'

/** Codes, links and letters under way, for `partials/table` (H-02). */
export const pendingTable = (reader: Reader, pending: readonly Pending[]) => {
  const { t, formats } = reader
  return {
    caption: t('cases.pending.title'),
    empty: t('cases.pending.none'),
    columns: ['what', 'issuedAt', 'until', 'tries'].map(name => ({ text: t(`cases.pending.${name}`) })),
    rows: pending.map(each => [
      whatOf(reader, each),
      each.issuedAt ? formats.dateTimeCompact(each.issuedAt) : '',
      formats.dateTimeCompact(each.until),
      each.tries ? t('cases.pending.triesOf', each.tries) : '',
    ]),
  }
}

const whatOf = ({ t }: Reader, pending: Pending) => {
  if (pending.kind === 'link') return t('cases.pending.link')
  if (pending.kind === 'code')
    return t(`cases.pending.code.${pending.channel}`, {
      purpose: t(`history.values.codePurpose.${pending.purpose}`),
    })
  const { caseId, delivery, opens } = pending
  const text = t(`cases.pending.secret.${delivery ?? 'company'}`, {
    what: opens.map(each => t(`cases.pending.opens.${each}`)).join(t('cases.waiting.separator')),
  })
  return caseId ? [{ text, href: `/helpdesk/cases/${caseId}` }] : text
}
