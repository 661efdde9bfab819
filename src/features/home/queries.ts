import type { Deps } from '../../deps.ts'
import { Prisma } from '../../generated/prisma/client.ts'
import type { UserActor } from '../../kernel/actor.ts'
import type { BusinessDay } from '../../kernel/business-day.ts'
import type { LiveSession } from '../../platform/http/live-session.ts'
import { policyOf } from '../../policy/policy.ts'
import { announcementsSql, type FoundAnnouncements } from '../announcements/index.ts'
import { articlesFrom, articlesSql, type FoundArticles, type ReadFilter } from '../information/index.ts'
import { lastDayOf } from '../passwords/index.ts'
import { readerOf } from '../postings/index.ts'
import { type AnswerFilter, type FoundSurveys, surveysFrom, surveysSql } from '../surveys/index.ts'

/** Lines of インフォメーション and アンケート on home; their own pages have the rest. */
const linesShown = 5

type Found = {
  announcements: FoundAnnouncements
  information: FoundArticles
  surveys: FoundSurveys
  setOn: Date | null
}

/**
 * What home has to say to this user, in one statement: everybody opens this page, and several times a day. With it the last
 * day of their login password; null where it does not end by itself (A-00, B-08).
 */
export const homeContent = async (
  { db, clock }: Pick<Deps, 'db' | 'clock'>,
  actor: UserActor,
  company: NonNullable<LiveSession['company']>,
  wanted: { read: ReadFilter; answer: AnswerFilter },
) => {
  const reader = readerOf(actor, company)
  const now = clock.now()
  const rule = policyOf(company).loginPassword
  const setOn =
    rule.days === null
      ? Prisma.sql`NULL::date`
      : Prisma.sql`(SELECT set_on FROM credential
          WHERE company_id = ${actor.companyId}::uuid AND user_id = ${actor.id}::uuid AND kind = 'login_password')`
  const [found] = await db.$queryRaw<Found[]>`
    SELECT ${announcementsSql(reader, now)} AS announcements,
           ${articlesSql(reader, now, { filter: wanted.read, page: 1, size: linesShown })} AS information,
           ${surveysSql(reader, now, { filter: wanted.answer, page: 1, size: linesShown })} AS surveys,
           ${setOn} AS "setOn"`
  if (!found) throw new Error('a statement without FROM gives one row')
  const passwordEnds: BusinessDay | null = found.setOn && lastDayOf(rule, found.setOn)
  return {
    announcements: found.announcements,
    information: articlesFrom(found.information),
    surveys: surveysFrom(found.surveys),
    passwordEnds,
  }
}
