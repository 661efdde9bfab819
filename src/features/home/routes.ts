import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Deps } from '../../deps.ts'
import { formatsOf } from '../../platform/formats.ts'
import { user, userActor } from '../../platform/http/policy.ts'
import { can } from '../../policy/can.ts'
import { policyOf, usesCertificates } from '../../policy/policy.ts'
import { certificateNotice } from '../certificates/index.ts'

const done = z.object({
  done: z.enum(['login-password', 'confirmation-password']).optional().catch(undefined),
})

/** Home: what the user may enter from here (B-10; the services' tiles come with chapter G). */
export const homeRoutes = (app: FastifyInstance, deps: Deps): void => {
  app.get('/home', { config: { policy: user(), screen: 'HOM001' } }, async (request, reply) => {
    const actor = userActor(request)
    const { t } = request
    const ending = request.live ? await certificateNotice(deps, request.live) : undefined
    const changed = done.parse(request.query).done
    return reply.page('home/index', {
      screen: 'HOM001',
      title: t('home.title'),
      ...(changed && { notice: t(`home.done.${changed}`) }),
      ...(ending && {
        ending: t(`home.certificate.${ending.advice}`, {
          days: ending.left,
          until: formatsOf(request.language).dateTime(ending.notAfter),
        }),
      }),
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
        ...(request.live?.company && usesCertificates(policyOf(request.live.company))
          ? [
              {
                href: '/certificates',
                title: t('home.certificates.title'),
                text: t('home.certificates.text'),
              },
            ]
          : []),
        { href: '/history', title: t('home.history.title'), text: t('home.history.text') },
        { href: '/password', title: t('home.password.title'), text: t('home.password.text') },
      ],
    })
  })
}
