import type { UserActor } from '../../kernel/actor.ts'
import type { MarkedRow, ReviewLine } from '../../platform/http/change-review.ts'
import type { Printable } from '../../platform/http/print.ts'
import type { Reader } from '../../platform/reader.ts'

type Shown = { sections: readonly { title: string; rows: MarkedRow[] }[]; unchangedAccounts?: number }

/** 企業情報 as it is printed: as the page shows it. */
export const printOf = (
  { t }: Pick<Reader, 't'>,
  { companyId }: UserActor,
  company: readonly ReviewLine[],
  { sections, unchangedAccounts: count = 0 }: Shown,
): Printable => ({
  parts: [
    { title: t('company.sections.company'), rows: [...company] },
    ...sections,
    ...(count > 0 ? [{ text: t('company.unchangedAccounts', { count }) }] : []),
  ],
  about: { subject: { kind: 'company', id: companyId } },
})
