import type { FastifyInstance } from 'fastify'
import type { Deps } from '../../deps.ts'
import { formatsOf } from '../../platform/formats.ts'
import { admin, userActor } from '../../platform/http/policy.ts'
import { registerWizard } from '../../platform/http/wizard-routes.ts'
import { otpHolders } from '../otp/index.ts'
import { otpActWizard, otpLists } from './otp-acts.wizard.ts'

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
        const holders = await otpHolders(deps.db, actor, { suspendedOnly: act === 'lift' })
        return reply.page('users/otp-list', {
          screen: screens[act],
          title: t(`users.otp.${act}.list.title`),
          act,
          holders: holders.map(holder => ({
            loginId: holder.loginId,
            name: holder.name,
            state: t(`factors.otp.standings.${holder.standing}`),
            tone: holder.standing === 'active' ? 'good' : 'stopped',
            registeredAt: holder.registeredAt ? formats.dateTime(holder.registeredAt) : '',
            own: holder.id === actor.id,
            action: `${list}/${holder.id}/${pathOf[act]}`,
          })),
        })
      },
    )
    registerWizard(app, deps, otpActWizard(act), `${list}/:target/${pathOf[act]}`)
  }
}
