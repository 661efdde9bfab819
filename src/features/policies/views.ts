import type { StaffActor } from '../../kernel/actor.ts'
import { minute } from '../../kernel/clock.ts'
import type { Translate } from '../../platform/i18n.ts'
import type { Reader } from '../../platform/reader.ts'
import { can } from '../../policy/can.ts'
import { type PresetName, presetOf } from '../../policy/policy.ts'
import type { Entrance } from '../entrances/index.ts'
import { bounds, choices, longestReason } from './forms.ts'
import { type DryRun, type PolicyChoice, resultOf } from './proposal.ts'
import type { CompanyRecord } from './queries.ts'
import { changedRows, deviationRows, policyRows } from './words.ts'

type Row = { label: string; value: string | string[]; old?: string | string[] }

/** Which company a page is about. */
export const whichCompany = ({ t }: Reader, company: CompanyRecord): Row[] => [
  { label: t('policies.company.name'), value: company.name },
  { label: t('policies.company.contractNumber'), value: company.contractNumber },
]

const deviationsTable = (t: Translate, preset: PresetName) => ({
  caption: t('policies.deviations.title', { preset: t(`policies.presets.${preset}`) }),
  empty: t('policies.deviations.none'),
  columns: ['requirement', 'rule', 'what'].map(name => ({ text: t(`policies.deviations.${name}`) })),
  rows: deviationRows(t, preset),
})

/** A company's page: who it is, its policy rule by rule, deviations beside it, and the versions before. */
export const policyView = (reader: Reader, actor: StaffActor, company: CompanyRecord) => {
  const { t, formats } = reader
  const { current, pending } = company
  return {
    who: [
      ...whichCompany(reader, company),
      { label: t('policies.company.entrance'), value: [company.entranceName, `/e/${current.entrance}`] },
      { label: t('policies.company.preset'), value: t(`policies.presets.${current.preset}`) },
      { label: t('policies.company.version'), value: String(company.version) },
      { label: t('policies.company.users'), value: String(company.users) },
    ],
    policy: {
      caption: t('policies.table.title'),
      columns: ['rule', 'value', 'source'].map(name => ({ text: t(`policies.table.${name}`) })),
      rows: policyRows(t, current.preset, resultOf(current)).map(({ label, value, source }) => [
        label,
        value.join(t('policies.lineEnd')),
        source,
      ]),
    },
    deviations: deviationsTable(t, current.preset),
    versions: {
      caption: t('policies.versions.title'),
      columns: ['version', 'at', 'preset', 'officer'].map(name => ({
        text: t(`policies.versions.${name}`),
        nowrap: name === 'at',
      })),
      rows: company.versions.map(({ version, at, preset, officer }) => [
        String(version),
        formats.dateTimeCompact(at),
        t(`policies.presets.${preset}`),
        officer ?? t('policies.versions.system'),
      ]),
    },
    pendingHref: pending && `/helpdesk/companies/${company.id}/policy-cases/${pending.id}`,
    changeHref:
      can(actor, 'policy:change') && !pending && !company.over
        ? `/helpdesk/companies/${company.id}/policy`
        : undefined,
  }
}

/** The fields of the form, each with what the preset in force says of it. */
export const formView = ({ t }: Reader, company: CompanyRecord, entrances: readonly Entrance[]) => {
  const preset = presetOf(company.current.preset)
  const asPreset: Record<keyof typeof bounds, number | null> = {
    lockFailures: preset.lock.failures,
    lockMinutes: preset.lock.seconds === null ? null : preset.lock.seconds / minute,
    blocksAt: preset.lock.blocksAt,
    passwordMinimum: preset.loginPassword.minimum,
    passwordDays: preset.loginPassword.days,
    idleMinutes: preset.session.idleSeconds / minute,
  }
  return {
    who: whichCompany({ t } as Reader, company),
    entrances: entrances.map(({ slug, name, preset: named }) => ({
      value: slug,
      text: t('policies.form.entranceItem', { name, preset: t(`policies.presets.${named}`) }),
    })),
    numbers: (Object.keys(bounds) as (keyof typeof bounds)[]).map(name => ({
      name,
      label: t(`policies.form.${name}`),
      hint: t(bounds[name].zero ? 'policies.form.numberOrZero' : 'policies.form.number', {
        least: bounds[name].least,
        most: bounds[name].most,
        preset: String(asPreset[name] ?? 0),
        ...(bounds[name].zero && { zero: t(`policies.form.zero.${name}`) }),
      }),
      suffix: t(`policies.form.suffix.${name}`),
      type: 'number',
      width: 4,
      required: false,
    })),
    choices: (Object.keys(choices) as (keyof typeof choices)[]).map(name => ({
      name,
      label: t(`policies.form.${name}`),
      required: false,
      items: [
        { value: '', text: t('policies.form.asPreset') },
        ...choices[name].map(value => ({ value, text: t(`policies.options.${name}.${value}`) })),
      ],
    })),
  }
}

const impactNames = [
  'mustChangePassword',
  'mustSetConfirmation',
  'loseLoginMethod',
  'needCertificate',
  'needFactor',
] as const

/** What a change would mean: which rules change, and how many users are touched in which way. */
export const dryRunView = (
  { t }: Reader,
  current: PolicyChoice,
  wanted: PolicyChoice,
  { before, after, impact, breaches, loginIdsTaken, sessionsEnded }: DryRun,
) => ({
  changes: [
    ...(current.preset === wanted.preset
      ? []
      : [
          {
            label: t('policies.company.preset'),
            old: t(`policies.presets.${current.preset}`),
            value: t(`policies.presets.${wanted.preset}`),
          },
        ]),
    ...changedRows(t, before, after),
  ],
  impact: {
    caption: t('policies.impact.title', { count: impact.users }),
    columns: [{ text: t('policies.impact.what') }, { text: t('policies.impact.users'), numeric: true }],
    rows: [
      ...impactNames.map(name => [
        t(`policies.impact.${name}`),
        t('policies.impact.count', { count: impact[name] }),
      ]),
      [t('policies.impact.sessionsEnded'), t('policies.impact.count', { count: sessionsEnded })],
    ],
  },
  breaches: breaches.map(breach => t(`policies.breaches.${breach.replace('.', '-')}`)),
  loginIdsTaken,
  deviations: deviationsTable(t, wanted.preset),
  longestReason,
})
