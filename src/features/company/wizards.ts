import { ok } from '../../kernel/result.ts'
import { isChanged, markChanges, meanwhileLines } from '../../platform/http/change-review.ts'
import type { Values } from '../../platform/http/drafts.ts'
import { admin } from '../../platform/http/policy.ts'
import { defineStep, defineWizard, type Problem, type Visit } from '../../platform/http/wizard.ts'
import { missingIn, staffingOf, tooFew } from '../approvals/index.ts'
import { confirmation } from '../factors/index.ts'
import { accountsAtOnce } from '../users/index.ts'
import { accountFields, approvalField, changeForm, readChange, valuesOf } from './change-form.ts'
import { changeCompany, recordChangeRefused } from './commands.change.ts'
import { approvalConsequences, exceedingWords } from './consequences.ts'
import { formParts } from './form-parts.ts'
import { printOf } from './print.ts'
import { changeSince, companySettings } from './queries.ts'
import type { CompanySettings, WantedSettings } from './settings.ts'
import { companyLines, linesOf, type Section, sectionsOf } from './words.ts'

const load = ({ deps, actor }: Visit) => companySettings(deps.db, actor)

/** D-11 at the form already: the field of the service whose requests nobody could approve. */
const approversProblems = async (
  { deps, actor }: Visit,
  { approvals }: WantedSettings,
): Promise<Problem[]> => {
  const staffing = await staffingOf(deps.db, actor.companyId)
  const lacking = tooFew(missingIn(staffing), missingIn(staffing, approvals))
  if (!lacking) return []
  const [, , service = ''] = lacking.reason.split('.')
  return [{ field: approvalField(service), reason: lacking.reason }]
}

const settingsStep = defineStep({
  name: 'settings',
  screen: 'BK00011',
  view: 'company/form',
  load,
  idFields: { beginnings: accountFields, reason: 'company.account.notFound' },
  partFields: ['find'],
  schema: (settings, visit) => {
    const names = new Map(linesOf(sectionsOf(visit, settings, {})).map(({ key, label }) => [key, label]))
    return changeForm(settings, field => names.get(field) ?? '')
  },
  check: async (visit, form) => {
    const settings = await load(visit)
    const now = linesOf(sectionsOf(visit, settings, valuesOf(settings)))
    if (!isChanged(now, linesOf(sectionsOf(visit, settings, form))))
      return [{ field: '', reason: 'company.unchanged' }]
    const { wanted } = readChange(settings, form)
    return wanted ? approversProblems(visit, wanted) : []
  },
  page: formParts,
})

/**
 * Each section with the old value beside what has become another; of very many accounts those alone where something has,
 * and how many are left out, so that a change is not looked for among hundreds (D-06).
 */
const marked = (settings: CompanySettings, before: readonly Section[], after: readonly Section[]) => {
  const old = new Map(before.map(({ key, lines }) => [key, lines]))
  const many = settings.accounts.length > accountsAtOnce
  const accounts = new Set(settings.accounts.map(({ id }) => id))
  const sections = after
    .map(({ key, title, lines }) => ({ key, title, rows: markChanges(old.get(key) ?? [], lines) }))
    .filter(({ key, rows }) => !many || !accounts.has(key) || rows.some(row => row.old !== undefined))
  const shown = sections.filter(({ key }) => accounts.has(key)).length
  return {
    sections: sections.map(({ title, rows }) => ({ title, rows })),
    unchangedAccounts: many ? settings.accounts.length - shown : 0,
  }
}

/** 企業情報の変更 (E-01 to E-04): 入力 → 確認 → 結果. */
export const changeCompanyWizard = defineWizard({
  id: 'company.change',
  policy: admin('company:manage'),
  texts: 'company.change',
  home: '/company/information',
  steps: [settingsStep],
  begin: async (deps, actor) => {
    const settings = await companySettings(deps.db, actor)
    return ok({
      target: { id: actor.companyId, version: settings.version },
      answers: { [settingsStep.name]: valuesOf(settings) },
    })
  },
  changedMeanwhile: {
    view: 'wizard/meanwhile',
    page: async (visit, three) => {
      const settings = await load(visit)
      const [began, now, mine] = [three.began, three.now, three.mine].map(side =>
        linesOf(sectionsOf(visit, settings, side[settingsStep.name] ?? {})),
      )
      // The bank raises the version as well: whoever changed something before this draft began is not named for it.
      const changed = await changeSince(visit.deps.db, visit.actor, visit.draft.beganAt)
      return {
        lines: meanwhileLines(began ?? [], now ?? [], mine ?? []),
        ...(changed && { by: changed.by, at: visit.formats.dateTime(changed.at) }),
      }
    },
  },
  confirm: {
    screen: 'BK00012',
    view: 'company/confirm',
    verify: confirmation,
    page: async (visit, { settings: form }) => {
      const settings = await load(visit)
      const { wanted } = readChange(settings, form)
      return {
        company: companyLines(visit, settings),
        ...marked(
          settings,
          sectionsOf(visit, settings, valuesOf(settings)),
          sectionsOf(visit, settings, form),
        ),
        consequences: wanted ? await approvalConsequences(visit, settings, wanted) : [],
        exceeding: wanted ? await exceedingWords(visit, settings, wanted) : [],
      }
    },
  },
  prepare: async (visit, { settings: form }) => ({
    version: visit.draft.target?.version ?? 0,
    form,
  }),
  commit: async ({ deps, actor }, _tx, { version, form }) => {
    const done = await changeCompany(deps, actor, version, settings => readChange(settings, form).wanted)
    return done.ok ? ok({ before: valuesOf(done.value.before), after: valuesOf(done.value.after) }) : done
  },
  refused: ({ deps, actor }, { form }, { reason }) =>
    recordChangeRefused(deps, actor, settings => readChange(settings, form).wanted, reason),
  result: {
    screen: 'BK00013',
    view: 'company/result',
    page: async (visit, result) => {
      const { before, after } = result as { before: Values; after: Values }
      const settings = await load(visit)
      const company = companyLines(visit, settings)
      const changed = marked(
        settings,
        sectionsOf(visit, settings, before),
        sectionsOf(visit, settings, after),
      )
      return ok({ company, ...changed, print: printOf(visit, visit.actor, company, changed) })
    },
  },
})
