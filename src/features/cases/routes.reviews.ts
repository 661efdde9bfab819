import type { FastifyInstance } from 'fastify'
import type { Deps } from '../../deps.ts'
import { businessDayOf } from '../../kernel/business-day.ts'
import { isId } from '../../kernel/ids.ts'
import { refuse } from '../../kernel/result.ts'
import { staff, staffActor } from '../../platform/http/policy.ts'
import { readerOf } from '../../platform/reader.ts'
import { can } from '../../policy/can.ts'
import { waitingReviews } from './queries.cases.ts'
import { reviewCase } from './reviews.ts'

/** 事後確認: what one officer did alone, to be looked at by another by the next working day (H-04). */
export const reviewRoutes = (app: FastifyInstance, deps: Deps): void => {
  app.get(
    '/helpdesk/reviews',
    { config: { policy: staff('customer:view'), screen: 'HD0040' } },
    async (request, reply) => {
      const { t, formats } = readerOf(request)
      const actor = staffActor(request)
      const today = businessDayOf(deps.clock.now())
      const waiting = await waitingReviews(deps, actor)
      // Auditors see everything and touch nothing (H-01).
      const mayReview = can(actor, 'case:review')
      return reply.page('helpdesk/reviews', {
        screen: 'HD0040',
        title: t('cases.review.title'),
        reviews: mayReview,
        rows: waiting.map(each => [
          [
            {
              text: formats.dateTimeCompact(each.at),
              href: `/helpdesk/cases/${each.id}`,
              label: t(`two-officers.kinds.${each.kind}`),
            },
          ],
          t(`two-officers.kinds.${each.kind}`),
          { text: each.loginId, sub: each.companyName },
          each.officer,
          each.reason,
          each.dueOn < today
            ? [{ tag: { text: t('cases.review.late'), tone: 'attention' }, text: formats.date(each.dueOn) }]
            : formats.date(each.dueOn),
          !mayReview
            ? ''
            : each.officerId === actor.id || each.aboutOfficerId === actor.id
              ? { text: t('cases.review.own') }
              : {
                  form: {
                    action: `/helpdesk/cases/${each.id}/review`,
                    text: t('cases.review.confirm'),
                    label: each.loginId,
                  },
                },
        ]),
      })
    },
  )

  app.post<{ Params: { caseId: string } }>(
    '/helpdesk/cases/:caseId/review',
    { config: { policy: staff('case:review'), screen: 'HD0040' } },
    async (request, reply) => {
      const id = request.params.caseId
      const done = isId(id) ? await reviewCase(deps, staffActor(request), id) : refuse('case.notFound')
      return done.ok ? reply.redirect('/helpdesk/reviews', 303) : reply.refuse(done)
    },
  )
}
