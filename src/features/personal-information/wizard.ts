import { ok } from '../../kernel/result.ts'
import { isChanged, markChanges, meanwhileLines, type ReviewLine } from '../../platform/http/change-review.ts'
import type { Values } from '../../platform/http/drafts.ts'
import { user } from '../../platform/http/policy.ts'
import { defineStep, defineWizard, type Visit } from '../../platform/http/wizard.ts'
import type { Translate } from '../../platform/i18n.ts'
import { policyOf } from '../../policy/policy.ts'
import { confirmationBefore, writtenNumber } from '../factors/index.ts'
import { asksMobile } from '../users/index.ts'
import { type Changed, changeInformation, recordChangeRefused } from './commands.ts'
import {
  detailsForm,
  longestOrganisation,
  type PersonalInformation,
  readDetails,
  type Texts,
  textsOf,
  valuesOf,
} from './personal-information.ts'
import { lastLoginOf, ownInformation } from './queries.ts'

const fields = ['name', 'phone', 'mobile', 'organisation', 'department'] as const

/** 個人情報 as its pages read it, in the manual's order. */
export const linesOf = ({ t }: { t: Translate }, texts: Texts): ReviewLine[] =>
  fields.map(field => ({
    key: field,
    label: t(`personal-information.fields.${field}`),
    value: texts[field],
  }))

/** What can be printed of it (G-07). */
export const printOf = (
  { t }: { t: Translate },
  userId: string,
  rows: { label: string; value: string }[],
) => ({
  parts: [{ title: t('personal-information.title'), rows }],
  about: { subject: { kind: 'user' as const, id: userId } },
})

const load = async ({ deps, actor, company, sessionId }: Visit) => ({
  stored: await ownInformation(deps.db, actor),
  policy: policyOf(company),
  lastLogin: await lastLoginOf(deps.db, sessionId),
})

const detailsStep = defineStep({
  name: 'details',
  screen: 'PRI002',
  view: 'personal-information/form',
  load,
  schema: ({ policy, stored }) => detailsForm(policy, stored),
  check: async (visit, form) => {
    const { stored } = await load(visit)
    const before = linesOf(visit, valuesOf(stored))
    return isChanged(before, linesOf(visit, valuesOf(readDetails(form, stored))))
      ? []
      : [{ field: '', reason: 'personalInformation.unchanged' }]
  },
  page: ({ t, formats }, { stored, policy, lastLogin }) => ({
    email: stored.email,
    mobileRequired: asksMobile(policy),
    longest: longestOrganisation,
    lastLogin: lastLogin ? formats.dateTime(lastLogin) : t('common.header.firstLogin'),
  }),
})

/** Of the numbers that the draft began with: the commit holds that they still are the user's (D-12). */
const movesMobile = ({ draft, answers }: Visit): boolean => {
  const form = answers.get(detailsStep.name) as Texts | undefined
  return form !== undefined && form.mobile.trim() !== textsOf(draft.began[detailsStep.name] ?? {}).mobile
}

const sidesOf = (visit: Visit, stored: PersonalInformation, after: PersonalInformation) =>
  markChanges(linesOf(visit, valuesOf(stored)), linesOf(visit, valuesOf(after)))

/** 個人情報編集 (G-06): 「編集」 → 「登録」 → 「実行」. */
export const changeInformationWizard = defineWizard({
  id: 'personal-information.change',
  policy: user(),
  texts: 'personal-information.change',
  home: '/personal-information',
  steps: [detailsStep],
  begin: async (deps, actor) => {
    const stored = await ownInformation(deps.db, actor)
    return ok({
      target: { id: actor.id, version: stored.version },
      answers: { [detailsStep.name]: valuesOf(stored) },
    })
  },
  changedMeanwhile: {
    view: 'wizard/meanwhile',
    page: async (visit, three) => {
      const [began, now, mine] = [three.began, three.now, three.mine].map((side): ReviewLine[] =>
        linesOf(visit, textsOf((side[detailsStep.name] ?? {}) as Values)),
      )
      return { lines: meanwhileLines(began ?? [], now ?? [], mine ?? []) }
    },
  },
  confirm: {
    screen: 'PRI003',
    view: 'personal-information/confirm',
    verify: confirmationBefore(movesMobile),
    page: async (visit, { details }) => {
      const { stored } = await load(visit)
      const wanted = readDetails(details, stored)
      return {
        rows: sidesOf(visit, stored, wanted),
        codeGoesTo: wanted.mobile && wanted.mobile !== stored.mobile ? writtenNumber(wanted.mobile) : '',
      }
    },
  },
  prepare: async (visit, { details }) => ({
    version: visit.draft.target?.version ?? 0,
    wanted: readDetails(details, (await load(visit)).stored),
  }),
  commit: ({ deps, actor, sessionId }, _tx, { version, wanted }) =>
    changeInformation(deps, actor, { id: sessionId, stage: 'open' }, version, wanted),
  refused: ({ deps, actor }, { wanted }, { reason }) => recordChangeRefused(deps, actor, wanted, reason),
  result: {
    screen: 'PRI004',
    view: 'personal-information/result',
    page: async (visit, result) => {
      const { before, after, codeSent } = result as Changed
      const rows = sidesOf(visit, before, after)
      const texts = valuesOf(after)
      const changed = rows.some(({ old }) => old !== undefined)
      return ok({
        ...(!changed && { title: visit.t('personal-information.result.waitingTitle') }),
        rows,
        changed,
        codeSent,
        print: printOf(
          visit,
          visit.actor.id,
          linesOf(visit, texts).map(({ label, value }) => ({ label, value: String(value) })),
        ),
      })
    },
  },
})
