import type { Formats } from '../../platform/formats.ts'
import type { Translate } from '../../platform/i18n.ts'
import type { ListedArticle } from './queries.ts'

/** A row of インフォメーション, on its page and on home: when, the title as a link, whether it was read. */
export const articleRow = (
  { t, formats }: { t: Translate; formats: Formats },
  { id, title, publishAt, read, acknowledgementDue }: ListedArticle,
) => [
  formats.dateTimeCompact(publishAt).slice(0, -3),
  [{ text: title, href: `/information/${id}` }],
  [
    {
      tag: {
        text: t(`information.states.${read ? 'read' : 'unread'}`),
        tone: read ? 'neutral' : 'info',
      },
    },
    ...(acknowledgementDue ? [{ sub: t('information.due') }] : []),
  ],
]
