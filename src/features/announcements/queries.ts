import type { Deps } from '../../deps.ts'
import type { Language } from '../../platform/i18n.ts'
import { type PostingReader, shownTo } from '../postings/index.ts'
import type { ServiceWindow } from './window.ts'

/** A window with the name of its system in the reader's language. */
export type NamedWindow = ServiceWindow & { system: string }

/** An お知らせ as home shows it (G-01). */
export type Announcement = {
  id: string
  title: string
  body: string
  publishAt: Date
  /** When it was changed after it could be read; null where it never was. */
  updatedAt: Date | null
  windows: NamedWindow[]
}

/** More than a bank has at once. */
const shownAtMost = 20

type StoredWindow = {
  serviceCode: string | null
  systemName: string
  startsAt: Date
  endsAt: Date
  service: { nameJa: string; nameEn: string } | null
}

const windowsWithNames = {
  orderBy: { position: 'asc' as const },
  include: { service: { select: { nameJa: true, nameEn: true } } },
}

const named = (window: StoredWindow, language: Language): NamedWindow => ({
  serviceCode: window.serviceCode,
  startsAt: window.startsAt,
  endsAt: window.endsAt,
  system: (language === 'ja' ? window.service?.nameJa : window.service?.nameEn) ?? window.systemName,
})

/** The お知らせ that this reader sees now, the latest first. */
export const announcementsFor = async (
  { db, clock }: Pick<Deps, 'db' | 'clock'>,
  reader: PostingReader,
  language: Language,
): Promise<Announcement[]> => {
  const rows = await db.posting.findMany({
    where: shownTo(reader, 'announcement', clock.now()),
    orderBy: [{ publishAt: 'desc' }, { id: 'desc' }],
    take: shownAtMost,
    include: { windows: windowsWithNames },
  })
  return rows.map(({ id, title, body, publishAt, updatedAt, version, windows }) => ({
    id,
    title,
    body,
    publishAt,
    updatedAt: version > 0 && updatedAt > publishAt ? updatedAt : null,
    windows: windows.map(window => named(window, language)),
  }))
}

/** The windows of a stored announcement, for its editor. */
export const windowsOf = ({ db }: Pick<Deps, 'db'>, postingId: string) =>
  db.maintenanceWindow.findMany({ where: { postingId }, orderBy: { position: 'asc' } })
