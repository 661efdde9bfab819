import type { Deps } from '../../deps.ts'
import { Prisma } from '../../generated/prisma/client.ts'
import type { Language } from '../../platform/i18n.ts'
import type { ServiceWindow } from '../maintenance/index.ts'
import { type PostingReader, shownToSql } from '../postings/index.ts'

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
  /** Home has shown it to this reader before. */
  seen: boolean
}

/** More than a bank has at once; those whose maintenance is still to come, or goes on, are shown besides. */
const shownAtMost = 20

type StoredWindow = {
  serviceCode: string | null
  systemName: string
  nameJa: string | null
  nameEn: string | null
  startsAt: string
  endsAt: string
}

/** The お知らせ that this reader sees now, the latest first, as one value of JSON for a statement that asks for more. */
export const announcementsSql = (reader: PostingReader, now: Date): Prisma.Sql => Prisma.sql`(
  SELECT coalesce(json_agg(found), '[]') FROM (
    SELECT p.id, p.title, p.body, p.publish_at AS "publishAt", p.updated_at AS "updatedAt", p.version,
           EXISTS (SELECT FROM posting_look l
                    WHERE l.posting_id = p.id AND l.company_id = ${reader.companyId}::uuid
                      AND l.user_id = ${reader.userId}::uuid) AS seen,
           (SELECT coalesce(json_agg(json_build_object(
                     'serviceCode', w.service_code, 'systemName', w.system_name,
                     'nameJa', s.name_ja, 'nameEn', s.name_en,
                     'startsAt', w.starts_at, 'endsAt', w.ends_at) ORDER BY w.position), '[]')
              FROM maintenance_window w LEFT JOIN portal_service s ON s.code = w.service_code
             WHERE w.posting_id = p.id) AS windows
      FROM (SELECT p.*, row_number() OVER (ORDER BY p.publish_at DESC, p.id DESC) AS place
              FROM posting p WHERE ${shownToSql(reader, 'announcement', now)}) AS p
     WHERE p.place <= ${shownAtMost}
        OR EXISTS (SELECT FROM maintenance_window w WHERE w.posting_id = p.id AND w.ends_at > ${now})
     ORDER BY p.place) AS found)`

export type FoundAnnouncements = {
  id: string
  title: string
  body: string
  publishAt: string
  updatedAt: string
  version: number
  seen: boolean
  windows: StoredWindow[]
}[]

/** What `announcementsSql` found, with its systems named in the reader's language. */
export const announcementsFrom = (found: FoundAnnouncements, language: Language): Announcement[] =>
  found.map(({ version, windows, ...row }) => {
    const [publishAt, updatedAt] = [new Date(row.publishAt), new Date(row.updatedAt)]
    return {
      ...row,
      publishAt,
      updatedAt: version > 0 && updatedAt > publishAt ? updatedAt : null,
      windows: windows.map(({ serviceCode, systemName, nameJa, nameEn, startsAt, endsAt }) => ({
        serviceCode,
        startsAt: new Date(startsAt),
        endsAt: new Date(endsAt),
        system: (language === 'ja' ? nameJa : nameEn) ?? systemName,
      })),
    }
  })

/** The windows of a stored announcement, for its editor. */
export const windowsOf = ({ db }: Pick<Deps, 'db'>, postingId: string) =>
  db.maintenanceWindow.findMany({ where: { postingId }, orderBy: { position: 'asc' } })
