import type { Deps } from '../../deps.ts'
import { Prisma } from '../../generated/prisma/client.ts'
import type { UserActor } from '../../kernel/actor.ts'
import type { BusinessDay } from '../../kernel/business-day.ts'
import { read } from '../../platform/db/read.ts'
import type { LiveSession } from '../../platform/http/live-session.ts'
import type { Language } from '../../platform/i18n.ts'
import { can } from '../../policy/can.ts'
import { policyOf } from '../../policy/policy.ts'
import { announcementsFrom, announcementsSql, type FoundAnnouncements } from '../announcements/index.ts'
import { type FoundNotice, noticeFrom, noticeSql } from '../certificates/index.ts'
import { articlesFrom, articlesSql, type FoundArticles, type ReadFilter } from '../information/index.ts'
import { lastDayOf } from '../passwords/index.ts'
import { readerOf } from '../postings/index.ts'
import { type FoundServices, tilesFrom, tilesSql } from '../services/index.ts'
import { type AnswerFilter, type FoundSurveys, surveysFrom, surveysSql } from '../surveys/index.ts'
import { countWaiting, type FoundToDecide, toDecideSql } from '../users/index.ts'

/** Lines of インフォメーション and アンケート on home; their own pages have the rest. */
const linesShown = 5

type Found = {
  announcements: FoundAnnouncements
  information: FoundArticles
  surveys: FoundSurveys
  services: FoundServices
  certificate: FoundNotice
  toDecide: FoundToDecide
  setOn: Date | null
}

/**
 * What home has to say to this user, in one statement: everybody opens this page, and several times a day. With it what ends
 * soon: their certificate (C-05), and the last day of their login password, null where it does not end by itself (A-00, B-08).
 */
export const homeContent = async (
  { db, clock }: Pick<Deps, 'db' | 'clock'>,
  actor: UserActor,
  session: LiveSession & { company: NonNullable<LiveSession['company']> },
  language: Language,
  wanted: { read: ReadFilter; answer: AnswerFilter },
) => {
  const { company } = session
  const reader = readerOf(actor, company)
  const now = clock.now()
  const rule = policyOf(company).loginPassword
  const setOn =
    rule.days === null
      ? Prisma.sql`NULL::date`
      : Prisma.sql`(SELECT set_on FROM credential
          WHERE company_id = ${actor.companyId}::uuid AND user_id = ${actor.id}::uuid AND kind = 'login_password')`
  const [found] = await read<Found>(db)`
    SELECT ${announcementsSql(reader, now)} AS announcements,
           ${articlesSql(reader, now, { filter: wanted.read, page: 1, size: linesShown })} AS information,
           ${surveysSql(reader, now, { filter: wanted.answer, page: 1, size: linesShown })} AS surveys,
           ${tilesSql(actor)} AS services, ${noticeSql(session)} AS certificate,
           ${can(actor, 'user:manage') ? toDecideSql(actor) : Prisma.sql`'[]'::json`} AS "toDecide",
           ${setOn} AS "setOn"`
  if (!found) throw new Error('a statement without FROM gives one row')
  const passwordEnds: BusinessDay | null = found.setOn && lastDayOf(rule, found.setOn)
  return {
    announcements: announcementsFrom(found.announcements, language),
    information: articlesFrom(found.information),
    surveys: surveysFrom(found.surveys),
    tiles: tilesFrom(found.services, actor, company, language),
    ending: noticeFrom(found.certificate, session, now),
    toDecide: countWaiting(found.toDecide, now),
    passwordEnds,
  }
}
