import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Deps } from '../../deps.ts'
import { businessDayOf, daysBetween } from '../../kernel/business-day.ts'
import { formatsOf } from '../../platform/formats.ts'
import { user, userActor } from '../../platform/http/policy.ts'
import { announcementView, closedWords, markSeen } from '../announcements/index.ts'
import { articleRow, readFilters } from '../information/index.ts'
import { closedServices } from '../maintenance/index.ts'
import { answerFilters, surveyRow } from '../surveys/index.ts'
import { homeContent } from './queries.ts'

const asked = z.object({
  done: z.enum(['login-password', 'confirmation-password']).optional().catch(undefined),
  information: z.enum(readFilters).default('any').catch('any'),
  survey: z.enum(answerFilters).default('unanswered').catch('unanswered'),
})

/** From when on home says that the password ends. */
const passwordWarningDays = 14

/** Home (G-01 to G-04): what the bank has to say, the user's services as tiles, and what ends soon. */
export const homeRoutes = (app: FastifyInstance, deps: Deps): void => {
  app.get('/home', { config: { policy: user(), screen: 'HOM001' } }, async (request, reply) => {
    const { t, language } = request
    const formats = formatsOf(language)
    const words = { t, formats, language }
    const { actor, live } = atHome(request)
    const { done, information: read, survey: answer } = asked.parse(request.query)
    const now = deps.clock.now()
    const content = await homeContent(deps, actor, live, language, { read, answer })
    const { announcements, tiles, information, surveys, ending, toDecide, passwordEnds: lastDay } = content
    await markSeen(deps, actor, announcements)
    const closed = closedServices(
      announcements.flatMap(({ windows }) => windows),
      now,
    )
    const passwordDays = lastDay ? daysBetween(businessDayOf(now), lastDay) : undefined
    return reply.page('home/index', {
      screen: 'HOM001',
      title: t('home.title'),
      toDecide,
      ...(done && { notice: t(`home.done.${done}`) }),
      ...(ending && {
        ending: t(`home.certificate.${ending.advice}`, {
          days: ending.left,
          until: formats.dateTime(ending.notAfter),
        }),
      }),
      ...(lastDay &&
        passwordDays !== undefined &&
        passwordDays <= passwordWarningDays && {
          passwordEnding: t('home.passwordEnding', {
            days: Math.max(0, passwordDays),
            until: formats.date(lastDay),
          }),
        }),
      announcements: announcements.map(each => announcementView(words, each, now)),
      tiles: tiles.map(({ code, ...tile }) => {
        const until = closed.get(code)
        return until ? { ...tile, closed: closedWords(words, until) } : tile
      }),
      values: { information: read, survey: answer },
      information: {
        filters: readFilters.map(value => ({ value, text: t(`information.filters.${value}`) })),
        rows: information.articles.map(article => articleRow(words, article)),
        count: information.total,
      },
      surveys: {
        filters: answerFilters.map(value => ({ value, text: t(`surveys.filters.${value}`) })),
        rows: surveys.surveys.map(each => surveyRow(words, each, now)),
        count: surveys.total,
      },
    })
  })
}

/** Who is at home, and of which company: the policy lets nobody else here. */
const atHome = (request: FastifyRequest) => {
  const { live } = request
  if (!live?.company) throw new Error('home is reached without a company')
  return { actor: userActor(request), live: { ...live, company: live.company } }
}
