import type { Translate } from '../../platform/i18n.ts'
import type { People } from './queries.ts'

/** 「3名（佐藤 健一、…ほか）」: how many they are, and who the first of them. */
export const peopleWords = ({ t }: { t: Translate }, { named, total }: People): string => {
  if (total === 0) return t('approvals.people.none')
  const names = named.map(({ name }) => name).join(t('approvals.people.separator'))
  return t(total > named.length ? 'approvals.people.more' : 'approvals.people.all', { total, names })
}
