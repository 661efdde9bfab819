import type { Reader } from '../../platform/reader.ts'
import { isWithin } from '../maintenance/index.ts'
import { endWords, paragraphsOf, spanWords } from '../postings/index.ts'
import type { Announcement } from './queries.ts'

/** An お知らせ as home's template shows it: dates as the manual writes them, windows with whether they are open now. */
export const announcementView = (reader: Reader, announcement: Announcement, now: Date) => {
  const { t, formats } = reader
  const { title, body, publishAt, updatedAt, windows } = announcement
  return {
    title,
    dates: updatedAt
      ? t('announcements.postedAndUpdated', {
          posted: formats.date(publishAt),
          updated: formats.date(updatedAt),
        })
      : t('announcements.posted', { posted: formats.date(publishAt) }),
    paragraphs: paragraphsOf(body),
    windows: windows.map(window => ({
      system: window.system,
      span: spanWords(reader, window.startsAt, window.endsAt),
      now: isWithin(window, now),
    })),
  }
}

/** Why a tile can't be entered now, in words. */
export const closedWords = (reader: Reader, until: Date): string =>
  reader.t('announcements.closed', { until: endWords(reader, until) })
