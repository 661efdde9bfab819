import type { Visit } from '../../platform/http/wizard.ts'
import { approversNeeded, consequenceOf, peopleWho, peopleWords } from '../approvals/index.ts'
import { exceedingUsers } from './queries.exceeding.ts'
import { approvalChoices, type CompanySettings, type WantedSettings } from './settings.ts'

const mostNamed = 5

/** What each other approval mode means, for whom, by name and count (E-02). */
export const approvalConsequences = async (
  visit: Visit,
  settings: CompanySettings,
  wanted: WantedSettings,
): Promise<{ title: string; sentences: string[] }[]> => {
  const { deps, actor, t } = visit
  const found: { title: string; sentences: string[] }[] = []
  for (const { code, approval } of approvalChoices(settings)) {
    const mode = wanted.approvals.get(code)
    const before = approval ?? 'none'
    const consequence = mode && consequenceOf(before, mode)
    if (!mode || !consequence) continue
    const people = (kind: 'request' | 'approve') => peopleWho(deps.db, actor.companyId, code, kind, mostNamed)
    const words = {
      service: t(`users.services.${code}`),
      requesters: peopleWords(visit, await people('request')),
      approvers: peopleWords(visit, await people('approve')),
      before: approversNeeded(before),
      after: approversNeeded(mode),
    }
    found.push({
      title: words.service,
      sentences: [
        t(`company.consequences.${consequence}`, words),
        ...(consequence === 'freed'
          ? []
          : [t(`approvals.how.${mode}`), t('company.consequences.approvers', words)]),
      ],
    })
  }
  return found
}

/** The users whose own limits would be above what the company's leave in a day, in words (E-03, E-04). */
export const exceedingWords = async (
  visit: Visit,
  settings: CompanySettings,
  wanted: WantedSettings,
): Promise<{ title: string; users: string[] }[]> => {
  const { deps, actor, t, formats } = visit
  const found = await exceedingUsers(deps.db, actor, settings, wanted)
  return found.map(({ service, users, total }) => ({
    title: t('company.exceeding.service', { service: t(`users.services.${service}`), total }),
    users: [
      ...users.map(({ name, loginId, limit, most }) =>
        t('company.exceeding.user', { name, loginId, limit: formats.yen(limit), most: formats.yen(most) }),
      ),
      ...(total > users.length ? [t('company.exceeding.more', { count: total - users.length })] : []),
    ],
  }))
}
