import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Deps } from '../../deps.ts'
import { readYen } from '../../kernel/money.ts'
import type { MarkedRow } from '../../platform/http/change-review.ts'
import { admin, userActor } from '../../platform/http/policy.ts'
import type { FieldError } from '../../platform/http/view.ts'
import { registerWizard } from '../../platform/http/wizard-routes.ts'
import { type Reader, readerOf } from '../../platform/reader.ts'
import { bornByPayee, computeFee, feeKinds, patterns, termsOf } from './fee.ts'
import { amountDigits } from './forms.ts'
import { type FeeRecord, findFee, offeredKinds } from './queries.ts'
import { feeLines, patternWords, printOf, scheduleLines, slugOf } from './views.ts'
import { feeWizard } from './wizards.ts'

const manage = admin('fee:manage')

const trial = z.object({
  amount: z.string().optional().catch(undefined),
  pattern: z.enum(patterns).catch('same_branch'),
})

type Trial = z.output<typeof trial>

/** What an amount typed on the enquiry page costs by the terms in force, or what is wrong with it. */
const computed = (
  reader: Reader,
  { kind, settings, standard }: FeeRecord,
  { amount, pattern }: Trial,
): { error?: FieldError; rows?: MarkedRow[] } => {
  if (amount === undefined) return {}
  const { t, formats } = reader
  const terms = termsOf(settings, standard?.schedule)
  const typed = readYen(amount, amountDigits)
  if (!terms || typeof typed === 'string' || typed < 1n)
    return {
      error: {
        field: 'amount',
        message: t(terms ? 'reasons.fee.trial.amount' : 'reasons.fee.standard.missing', {
          digits: amountDigits,
        }),
      },
    }
  const { bornBy, fee, transferred, debited } = computeFee(kind, terms, pattern, typed)
  const excluded = bornByPayee(kind) && bornBy === 'payer'
  return {
    rows: [
      { label: t('fees.trial.bornBy'), value: t(excluded ? 'fees.trial.excluded' : `fees.trial.${bornBy}`) },
      ...(excluded ? [] : [{ label: t('fees.trial.fee'), value: formats.yen(fee) }]),
      { label: t('fees.trial.transferred'), value: formats.yen(transferred) },
      ...(excluded ? [] : [{ label: t('fees.trial.debited'), value: formats.yen(debited) }]),
    ],
  }
}

/** 手数料情報 (E-05): enquiry, trial computation and change of each kind. */
export const feeAdministrationRoutes = (app: FastifyInstance, deps: Deps): void => {
  app.get('/company/fees', { config: { policy: manage, screen: 'BK00020' } }, async (request, reply) => {
    const { t } = request
    const kinds = await offeredKinds(deps.db, userActor(request))
    return reply.page('fees/list', {
      screen: 'BK00020',
      title: t('fees.list.title'),
      tiles: kinds.map(kind => ({
        href: `/company/fees/${slugOf(kind)}`,
        title: t(`fees.kinds.${kind}`),
        text: t(`fees.list.text.${kind}`),
      })),
    })
  })

  for (const kind of feeKinds) {
    const wizard = feeWizard(kind)
    const path = `/company/fees/${slugOf(kind)}`

    app.get(path, { config: { policy: manage, screen: 'BK00021' } }, async (request, reply) => {
      const found = await findFee(deps, deps.db, userActor(request), kind)
      if (!found.ok) return reply.refuse(found)
      const reader = readerOf(request)
      const asked = trial.parse(request.query)
      const { error, rows } = computed(reader, found.value, asked)
      const shown = enquiryOf(reader, found.value)
      return reply.page(
        'fees/enquiry',
        {
          screen: 'BK00021',
          title: request.t(`fees.enquiry.title.${kind}`),
          ...shown,
          print: printOf(reader, kind, userActor(request), shown),
          values: { ...asked, amount: (asked.amount ?? '').slice(0, 30) },
          errors: error ? [error] : [],
          amountLabel: request.t(bornByPayee(kind) ? 'fees.trial.payment' : 'fees.trial.transfer'),
          patternItems: patterns.map(pattern => ({ value: pattern, text: patternWords(reader, pattern) })),
          computed: rows,
          path,
          changeAction: `${path}/change`,
        },
        error ? 422 : 200,
      )
    })

    registerWizard(app, deps, wizard, `${path}/change`)
  }
}

const enquiryOf = (reader: Reader, { kind, settings, standard, upcoming, changed }: FeeRecord) => {
  const { t, formats } = reader
  const lines = feeLines(reader, kind, settings, standard)
  return {
    settings: [
      ...lines.settings,
      {
        label: t('fees.standard.label'),
        value: standard
          ? t('fees.standard.since', { day: formats.date(standard.effectiveOn) })
          : t('fees.standard.none'),
      },
      ...(changed
        ? [
            { label: t('fees.fields.changedAt'), value: formats.dateTime(changed.at) },
            { label: t('fees.fields.changedBy'), value: changed.by },
          ]
        : []),
    ],
    schedule: lines.schedule,
    upcoming: settings.followsStandard
      ? upcoming.map(each => ({
          title: t('fees.standard.from', { day: formats.date(each.effectiveOn) }),
          rows: scheduleLines(reader, each.schedule),
        }))
      : [],
  }
}
