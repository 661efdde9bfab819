import type { FastifyInstance } from 'fastify'
import type { Deps } from '../../deps.ts'
import { formatsOf } from '../../platform/formats.ts'
import { paginationOf } from '../../platform/http/pagination.ts'
import { admin, userActor } from '../../platform/http/policy.ts'
import { registerWizard } from '../../platform/http/wizard-routes.ts'
import { otpHolders } from '../otp/index.ts'
import { reachOf } from './managing.ts'
import { otpActWizard, otpLists } from './otp-acts.wizard.ts'
import { namedLike, picking } from './picking.ts'
import { contractOf, pageSize } from './queries.ts'

const screens = { lift: 'BRSK021', revoke: 'BRSK024' } as const
const pathOf = { lift: 'lift', revoke: 'revocation' } as const

/** 利用者管理 → ワンタイムパスワードの利用停止解除, トークンの失効 (D-10): the lists to pick from, and their wizards. */
export const otpAdministrationRoutes = (app: FastifyInstance, deps: Deps): void => {
  for (const act of ['lift', 'revoke'] as const) {
    const list = otpLists[act]
    app.get(
      list,
      { config: { policy: admin('user:manage'), screen: screens[act] } },
      async (request, reply) => {
        const actor = userActor(request)
        const { t } = request
        const formats = formatsOf(request.language)
        const { q, page } = picking.parse(request.query)
        const { managed } = await reachOf(deps.db, actor, (await contractOf(deps.db, actor)).policy)
        const found = await otpHolders(deps.db, actor, {
          suspendedOnly: act === 'lift',
          among: { AND: [managed, namedLike(q)] },
          page,
          size: pageSize,
        })
        return reply.page('users/otp-list', {
          screen: screens[act],
          title: t(`users.otp.${act}.list.title`),
          act,
          list,
          values: { q },
          searched: q !== '',
          holders: found.holders.map(holder => ({
            loginId: holder.loginId,
            name: holder.name,
            state: t(`factors.otp.standings.${holder.standing}`),
            tone: holder.standing === 'active' ? 'good' : 'stopped',
            registeredAt: holder.registeredAt ? formats.dateTimeCompact(holder.registeredAt) : '',
            own: holder.id === actor.id,
            action: `${list}/${holder.id}/${pathOf[act]}`,
          })),
          pagination: paginationOf(
            { total: found.total, page: found.page, size: pageSize },
            number => `${list}?${new URLSearchParams({ ...(q !== '' && { q }), page: String(number) })}`,
          ),
        })
      },
    )
    registerWizard(app, deps, otpActWizard(act), `${list}/:target/${pathOf[act]}`)
  }
}
