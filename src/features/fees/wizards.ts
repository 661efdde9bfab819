import { ok } from '../../kernel/result.ts'
import { meanwhileLines } from '../../platform/http/change-review.ts'
import type { Values } from '../../platform/http/drafts.ts'
import { admin } from '../../platform/http/policy.ts'
import { defineStep, defineWizard, type Visit } from '../../platform/http/wizard.ts'
import { confirmation } from '../factors/index.ts'
import { changeFee, recordFeeChangeRefused } from './commands.ts'
import { bornByPayee, choosesMethod, type FeeKind, type FeeSettings, methods } from './fee.ts'
import { feeForm, rowValues, settingsFrom, valuesOf } from './forms.ts'
import { type FeeRecord, findFee, readFee } from './queries.ts'
import { feeLines, feeWords, markedFees, printOf, rangesTable, slugOf } from './views.ts'

const load = (kind: FeeKind) => (visit: Visit) => readFee(visit.deps, visit.deps.db, visit.actor, kind)

/** Every standard that the settings may meet: the one of the day, and those that follow it. */
const standardsIn = ({ standard, upcoming }: FeeRecord) =>
  [...(standard ? [standard] : []), ...upcoming].map(({ schedule }) => schedule)

const isSame = (one: FeeSettings, other: FeeSettings) =>
  JSON.stringify(valuesOf(one)) === JSON.stringify(valuesOf(other))

/** The step's page of a kind: what it asks, with its words. */
const stepOf = (kind: FeeKind) =>
  defineStep({
    name: 'fees',
    screen: 'BK00022',
    view: 'fees/form',
    load: load(kind),
    // 「手数料を読み込む」: the standard of the day comes into the form once; from then on it is the company's own.
    fills: ({ standard }): Record<string, Values> =>
      standard ? { standard: { ...rowValues(standard.schedule), standard: 'own' } } : {},
    schema: (record, visit) => feeForm(kind, standardsIn(record), feeWords(visit)),
    check: async (visit, form) => {
      const record = await load(kind)(visit)
      return isSame(settingsFrom(kind, form), record.settings) ? [{ field: '', reason: 'fee.unchanged' }] : []
    },
    page: (visit, { standard, upcoming }, values) => ({
      lead: visit.t(`fees.form.lead.${kind}`),
      asksMinimum: bornByPayee(kind),
      methods: choosesMethod(kind)
        ? methods.map(method => ({
            value: method,
            label: visit.t(`fees.methods.${method}.label`),
            hint: visit.t(`fees.methods.${method}.hint`),
          }))
        : [],
      ranges: rangesTable(visit, bornByPayee(kind) ? 'paymentRange' : 'transferRange'),
      standardHint: standard
        ? visit.t('fees.standard.since', { day: visit.formats.date(standard.effectiveOn) })
        : visit.t('fees.standard.none'),
      upcoming: upcoming.map(each =>
        visit.t('fees.standard.from', { day: visit.formats.date(each.effectiveOn) }),
      ),
      loads: standard !== undefined,
      values,
    }),
  })

/** 手数料情報の変更 (E-05): 入力 → 確認 → 結果, one wizard a kind. */
export const feeWizard = (kind: FeeKind) => {
  const step = stepOf(kind)
  return defineWizard({
    id: `fee.${slugOf(kind)}`,
    policy: admin('fee:manage'),
    texts: `fees.change.${kind}`,
    home: `/company/fees/${slugOf(kind)}`,
    steps: [step],
    begin: async (deps, actor) => {
      const found = await findFee(deps, deps.db, actor, kind)
      if (!found.ok) return found
      const { version, settings } = found.value
      return ok({
        target: { id: actor.companyId, version },
        answers: { [step.name]: valuesOf(settings) },
      })
    },
    changedMeanwhile: {
      view: 'wizard/meanwhile',
      page: async (visit, three) => {
        const { standard, changed } = await load(kind)(visit)
        const [began, now, mine] = [three.began, three.now, three.mine].map(side => {
          const lines = feeLines(visit, kind, settingsFrom(kind, side[step.name] ?? {}), standard)
          return [...lines.settings, ...lines.schedule]
        })
        return {
          lines: meanwhileLines(began ?? [], now ?? [], mine ?? []),
          ...(changed && { by: changed.by, at: visit.formats.dateTime(changed.at) }),
        }
      },
    },
    confirm: {
      screen: 'BK00023',
      view: 'fees/confirm',
      verify: confirmation,
      page: async (visit, { fees }) => {
        const { settings, standard } = await load(kind)(visit)
        return markedFees(
          feeLines(visit, kind, settings, standard),
          feeLines(visit, kind, settingsFrom(kind, fees), standard),
        )
      },
    },
    prepare: async (visit, { fees }) => ({
      kind,
      version: visit.draft.target?.version ?? 0,
      settings: settingsFrom(kind, fees),
    }),
    commit: ({ deps, actor }, _tx, change) => changeFee(deps, actor, change),
    refused: ({ deps, actor }, _change, { reason }) => recordFeeChangeRefused(deps, actor, kind, reason),
    result: {
      screen: 'BK00024',
      view: 'fees/result',
      page: async (visit, result) => {
        const { before, after } = result as { before: Values; after: Values }
        const { standard } = await load(kind)(visit)
        const rows = markedFees(
          feeLines(visit, kind, settingsFrom(kind, before), standard),
          feeLines(visit, kind, settingsFrom(kind, after), standard),
        )
        return ok({
          ...rows,
          print: printOf(visit, kind, visit.actor, rows),
          feesHref: `/company/fees/${slugOf(kind)}`,
        })
      },
    },
  })
}
