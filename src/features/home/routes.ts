import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { user, userActor } from '../../platform/http/policy.ts'
import { can } from '../../policy/can.ts'

const done = z.object({
  done: z.enum(['login-password', 'confirmation-password']).optional().catch(undefined),
})

/** Home: what the user may enter from here (B-10; the services' tiles come with chapter G). */
export const homeRoutes = (app: FastifyInstance): void => {
  app.get('/home', { config: { policy: user(), screen: 'HOM001' } }, (request, reply) => {
    const actor = userActor(request)
    const { t } = request
    const changed = done.parse(request.query).done
    return reply.page('home/index', {
      screen: 'HOM001',
      title: t('home.title'),
      ...(changed && { notice: t(`home.done.${changed}`) }),
      tiles: [
        ...(can(actor, 'user:manage')
          ? [
              {
                href: '/administration',
                title: t('home.administration.title'),
                text: t('home.administration.text'),
              },
            ]
          : []),
        { href: '/history', title: t('home.history.title'), text: t('home.history.text') },
        { href: '/password', title: t('home.password.title'), text: t('home.password.text') },
      ],
    })
  })
}
