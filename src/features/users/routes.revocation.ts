import type { FastifyInstance } from 'fastify'
import type { Deps } from '../../deps.ts'
import { refuse } from '../../kernel/result.ts'
import { formatsOf } from '../../platform/formats.ts'
import { paginationOf } from '../../platform/http/pagination.ts'
import { admin, userActor } from '../../platform/http/policy.ts'
import { registerWizard } from '../../platform/http/wizard-routes.ts'
import { administratorsRevoke, listRevocable } from './certificate-revocation.ts'
import { revokeCertificateWizard } from './certificate-revocation.wizard.ts'
import { reachOf } from './managing.ts'
import { picking } from './picking.ts'
import { contractOf, pageSize } from './queries.ts'

/** 利用者管理 → 証明書失効 (C-07): the list to pick from, and the wizard that confirms and revokes. */
export const certificateRevocationRoutes = (app: FastifyInstance, deps: Deps): void => {
  app.get(
    '/users/certificates',
    { config: { policy: admin('certificate:revoke'), screen: 'BRSK011' } },
    async (request, reply) => {
      const actor = userActor(request)
      const { t } = request
      const { policy } = await contractOf(deps.db, actor)
      if (!administratorsRevoke(policy)) return reply.refuse(refuse('certificate.revokedByBank'))
      const { q, page } = picking.parse(request.query)
      const { managed } = await reachOf(deps.db, actor, policy)
      const found = await listRevocable(deps, actor, { text: q, page, managed })
      const formats = formatsOf(request.language)
      return reply.page('users/revocation-list', {
        screen: 'BRSK011',
        title: t('users.revocation.list.title'),
        values: { q },
        searched: q !== '',
        certificates: found.certificates.map(each => ({
          loginId: each.user.loginId,
          name: each.user.name,
          state: t(`users.revocation.states.${each.state}`),
          notAfter: formats.dateTimeCompact(each.notAfter),
          lastUsedAt: each.lastUsedAt
            ? formats.dateTimeCompact(each.lastUsedAt)
            : t('users.revocation.neverUsed'),
          own: each.user.id === actor.id,
          action: `/users/certificates/${each.id}/revocation`,
        })),
        pagination: paginationOf(
          { total: found.total, page: found.page, size: pageSize },
          number =>
            `/users/certificates?${new URLSearchParams({ ...(q !== '' && { q }), page: String(number) })}`,
        ),
      })
    },
  )
  registerWizard(app, deps, revokeCertificateWizard, '/users/certificates/:target/revocation')
}
