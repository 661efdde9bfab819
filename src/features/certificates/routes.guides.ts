import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { open } from '../../platform/http/policy.ts'
import { certificateLoginKey, presetAt } from '../entrances/index.ts'
import { deletionGuidesFor, guideSystems, guidesFor } from './guides.ts'
import { journeyAtGuide } from './journey.ts'

const query = z.object({ step: z.literal('import').optional().catch(undefined) })

/** Whether the result page of an issue led here (C-01). */
const isLastStep = (request: FastifyRequest): boolean => query.parse(request.query).step !== undefined

/** Import guides for each system, and how a certificate is deleted (C-17, C-18); anybody may read them. */
export const guideRoutes = (app: FastifyInstance): void => {
  for (const system of guideSystems)
    app.get(
      `/guide/${system}`,
      { config: { policy: open('portal'), screen: 'GDE001' } },
      (request, reply) => {
        const { t } = request
        const entrance = isLastStep(request) ? request.entrance : null
        const progress = entrance ? journeyAtGuide(t, entrance) : undefined
        const guides = guidesFor(t, request.entrance?.path ?? '', progress !== undefined)
        return reply.page('guide/import', {
          screen: 'GDE001',
          title: t('guide.import.title', { system: t(`enrolment.guides.${system}.title`) }),
          system,
          guide: guides.find(each => each.system === system),
          others: guides.filter(each => each.system !== system),
          login: t(certificateLoginKey(presetAt(request))),
          ...(progress && { progress }),
        })
      },
    )
  app.get('/guide/deletion', { config: { policy: open('portal'), screen: 'GDE002' } }, (request, reply) =>
    reply.page('guide/deletion', {
      screen: 'GDE002',
      title: request.t('guide.deletion.title'),
      guides: deletionGuidesFor(request.t),
    }),
  )
}
