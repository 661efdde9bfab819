import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Deps } from '../../deps.ts'
import { formatsOf } from '../../platform/formats.ts'
import { user, userActor } from '../../platform/http/policy.ts'
import { registerWizard } from '../../platform/http/wizard-routes.ts'
import { defaultLanguage, isLanguage } from '../../platform/i18n.ts'
import { contactsDone, emailStateRow } from '../factors/index.ts'
import { valuesOf } from './personal-information.ts'
import { ownInformation } from './queries.ts'
import { changeInformationWizard, linesOf, printOf } from './wizard.ts'

const query = z.object({ done: z.enum(contactsDone).optional().catch(undefined) })

/** 個人情報 (G-06): what users have written of themselves, and 「編集」. */
export const personalInformationRoutes = (app: FastifyInstance, deps: Deps): void => {
  app.get(
    '/personal-information',
    { config: { policy: user(), screen: 'PRI001' } },
    async (request, reply) => {
      const { t, live } = request
      const actor = userActor(request)
      const { done } = query.parse(request.query)
      const stored = await ownInformation(deps.db, actor)
      const lastLogin = live?.previousLogin
      const emailRow = { label: t('personal-information.fields.email'), value: stored.email }
      const stateRow = emailStateRow(t, stored.emailState, 'personal-information')
      const lastLoginRow = {
        label: t('personal-information.fields.lastLogin'),
        value: lastLogin ? formatsOf(request.language).dateTime(lastLogin.at) : t('common.header.firstLogin'),
      }
      const languageRow = {
        label: t('personal-information.fields.language'),
        value: t(`common.language.${isLanguage(stored.locale) ? stored.locale : defaultLanguage}`),
      }
      const rows = linesOf(request, valuesOf(stored)).map(({ label, value }) => ({
        label,
        value: String(value),
      }))
      return reply.page('personal-information/show', {
        screen: 'PRI001',
        title: t('personal-information.title'),
        ...(done && { notice: t(`factors.security.done.${done}`) }),
        rows: [
          ...rows,
          { ...emailRow, changeHref: '/security/contacts/email?from=personal-information' },
          stateRow,
          languageRow,
          lastLoginRow,
        ],
        editAction: '/personal-information/change',
        print: printOf(request, actor.id, [...rows, emailRow, stateRow, languageRow, lastLoginRow]),
      })
    },
  )

  registerWizard(app, deps, changeInformationWizard, '/personal-information/change')
}
