import type { FastifyInstance } from 'fastify'
import type { Deps } from '../../deps.ts'
import { formatsOf } from '../../platform/formats.ts'
import { paginationOf } from '../../platform/http/pagination.ts'
import { admin, userActor } from '../../platform/http/policy.ts'
import { registerWizard } from '../../platform/http/wizard-routes.ts'
import { reachOf } from './managing.ts'
import { listHeldPasskeys } from './passkey-removal.ts'
import { removePasskeyWizard } from './passkey-removal.wizard.ts'
import { picking } from './picking.ts'
import { contractOf, pageSize } from './queries.ts'

const list = '/users/passkeys'

/** 利用者管理 → パスキーの削除 (C-19): the list to pick from, and the wizard that confirms and removes. */
export const passkeyAdministrationRoutes = (app: FastifyInstance, deps: Deps): void => {
  app.get(list, { config: { policy: admin('user:manage'), screen: 'BRSK081' } }, async (request, reply) => {
    const actor = userActor(request)
    const { t } = request
    const formats = formatsOf(request.language)
    const { q, page } = picking.parse(request.query)
    const { managed } = await reachOf(deps.db, actor, (await contractOf(deps.db, actor)).policy)
    const found = await listHeldPasskeys(deps, actor, { text: q, page, managed })
    return reply.page('users/passkey-list', {
      screen: 'BRSK081',
      title: t('users.passkeys.list.title'),
      values: { q },
      searched: q !== '',
      passkeys: found.passkeys.map(({ id, name, createdAt, lastUsedAt, user }) => ({
        loginId: user.loginId,
        userName: user.name,
        name,
        createdAt: formats.dateTimeCompact(createdAt),
        lastUsedAt: lastUsedAt ? formats.dateTimeCompact(lastUsedAt) : t('users.passkeys.neverUsed'),
        own: user.id === actor.id,
        action: `${list}/${id}/removal`,
      })),
      pagination: paginationOf(
        { total: found.total, page: found.page, size: pageSize },
        number => `${list}?${new URLSearchParams({ ...(q !== '' && { q }), page: String(number) })}`,
      ),
    })
  })
  registerWizard(app, deps, removePasskeyWizard, `${list}/:target/removal`)
}
