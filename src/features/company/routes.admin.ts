import type { FastifyInstance } from 'fastify'
import type { Deps } from '../../deps.ts'
import { admin, userActor } from '../../platform/http/policy.ts'
import { registerWizard } from '../../platform/http/wizard-routes.ts'
import { readerOf } from '../../platform/reader.ts'
import { accountSearchOf, accountsAsked } from '../users/index.ts'
import { valuesOf } from './change-form.ts'
import { printOf } from './print.ts'
import { companySettings } from './queries.ts'
import { shownSettings } from './shown-accounts.ts'
import { changeCompanyWizard } from './wizards.ts'
import { companyLines, sectionsOf } from './words.ts'

const manage = admin('company:manage')

/** 企業管理 (E-01 to E-04): what there is to be done about the company, its settings, and their change. */
export const companyAdministrationRoutes = (app: FastifyInstance, deps: Deps): void => {
  app.get('/company', { config: { policy: manage, screen: 'BK00010' } }, (request, reply) =>
    reply.page('company/menu', {
      screen: 'BK00010',
      title: request.t('company.menu.title'),
      tiles: [
        { name: 'information', href: '/company/information' },
        { name: 'fees', href: '/company/fees' },
        { name: 'obstacles', href: '/obstacles' },
      ].map(({ name, href }) => ({
        href,
        title: request.t(`company.menu.${name}.title`),
        text: request.t(`company.menu.${name}.text`),
      })),
    }),
  )

  app.get(
    '/company/information',
    { config: { policy: manage, screen: 'BK00014' } },
    async (request, reply) => {
      const reader = readerOf(request)
      const settings = await companySettings(deps.db, userActor(request))
      const company = companyLines(reader, settings)
      const { find, part } = accountsAsked.parse(request.query)
      const shown = shownSettings(settings, { find, part })
      const ids = (accounts: readonly { id: string }[]) => new Set(accounts.map(({ id }) => id))
      const [all, onPage] = [ids(settings.accounts), ids(shown.accounts)]
      const sections = sectionsOf(reader, settings, valuesOf(settings)).map(({ key, title, lines }) => ({
        shown: !all.has(key) || onPage.has(key),
        title,
        rows: lines.map(({ label, value }) => ({ label, value: [value].flat() })),
      }))
      return reply.page('company/information', {
        screen: 'BK00014',
        title: request.t('company.information.title'),
        company,
        sections: sections.filter(each => each.shown),
        ...accountSearchOf(request.t, shown, '/company/information'),
        // On paper there is no leafing: all of it.
        print: printOf(reader, userActor(request), company, { sections }),
        changeAction: '/company/change',
      })
    },
  )

  registerWizard(app, deps, changeCompanyWizard, '/company/change')
}
