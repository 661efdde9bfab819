import { hour, minute } from '../../kernel/clock.ts'
import type { Translate } from '../../platform/i18n.ts'
import {
  type CertificateLife,
  type PresetName,
  presetOf,
  type Releaser,
  type SecurityPolicy,
  usesCertificates,
} from '../../policy/policy.ts'
import { asksOtpAtConfirm } from '../../policy/second-factor.ts'
import { deviationsOf, markOf, type Rule, rules } from '../../policy/table.ts'
import { goesByMailedCode } from '../certificates/index.ts'

type Words = (t: Translate, policy: SecurityPolicy) => string[]

const life = (t: Translate, given: CertificateLife): string =>
  'months' in given
    ? t('policies.months', { count: given.months })
    : t('policies.days', { count: given.days })

/** A time before the end counts no day of issue. */
const timeBefore = (t: Translate, given: CertificateLife): string =>
  'days' in given ? t('policies.plainDays', { count: given.days }) : life(t, given)

const listed = (t: Translate, kind: string, values: readonly string[]): string =>
  values.map(value => t(`policies.${kind}.${value}`)).join(t('policies.separator'))

const releasers = (t: Translate, whose: 'user' | 'administrator', given: readonly Releaser[]): string =>
  t(`policies.whose.${whose}`, { who: listed(t, 'who', given) })

/** Each cell of chapter A's table in words, made from what the policy really is, so that it can't say otherwise. */
const cells: Record<Rule, Words> = {
  login: (t, { login }) =>
    login.ways.map(way =>
      t(`policies.ways.${way.certificate}.${way.asks}${way.requires ? `.${way.requires}` : '.password'}`),
    ),
  loginId: (t, { loginId }) => [
    t(`policies.loginIds.${loginId.shape}`),
    ...(loginId.caseMatters ? [t('policies.caseMatters')] : []),
  ],
  unique: (t, { loginId }) => [t(`policies.unique.${loginId.uniqueWithin}`)],
  password: (t, { loginPassword: rule }) => [
    t('policies.length', { minimum: rule.minimum, maximum: rule.maximum }),
    ...(rule.minimumWithSecondFactor === null
      ? []
      : [t('policies.lengthWithFactor', { minimum: rule.minimumWithSecondFactor })]),
    t(`policies.alphabets.${rule.alphabet}`),
    ...(rule.contains.length > 0
      ? [t('policies.contains', { kinds: listed(t, 'kinds', rule.contains) })]
      : []),
    ...(rule.blocklist ? [t('policies.blocklist')] : []),
  ],
  differs: (t, { loginPassword: rule }) => [
    t('policies.differs', { from: listed(t, 'names', rule.differsFrom) }),
    rule.remembered > 0 ? t('policies.remembered', { count: rule.remembered }) : t('policies.current'),
  ],
  expiry: (t, { loginPassword: { days } }) => [
    days === null ? t('policies.noExpiry') : t('policies.expiry', { count: days }),
  ],
  lock: (t, { lock }) => [
    lock.delays ? t('policies.delays') : '',
    t('policies.failures', { count: lock.failures }),
    lock.seconds === null
      ? t('policies.untilReleased')
      : t('policies.untilMinutes', { count: lock.seconds / minute }),
    lock.blocksAt === null ? '' : t('policies.blocks', { count: lock.blocksAt }),
    t(`policies.counts.${lock.counts}`),
  ],
  release: (t, { releasedBy }) => [
    releasers(t, 'user', releasedBy.user),
    releasers(t, 'administrator', releasedBy.administrator),
  ],
  certificateLife: (t, { certificate }) => [life(t, certificate.life)],
  renewalWindow: (t, { certificate }) => [
    t('policies.before', { time: timeBefore(t, certificate.renewalWindow) }),
    t(`policies.overlap.${certificate.overlap}`),
  ],
  proof: (t, { certificate }) =>
    certificate.proofs.map(set => set.map(proof => t(`policies.proofs.${proof}`)).join(t('policies.and'))),
  pkcs12: (t, { certificate }) => [
    t(`policies.pkcs12.${certificate.pkcs12Password}`),
    t('policies.atRenewal', { password: t(`policies.pkcs12.${certificate.pkcs12PasswordAtRenewal}`) }),
    // The standard goes without saying; what deviates from it is said (C-12, C-13).
    certificate.compatibility === 'aes256'
      ? ''
      : t(`policies.options.compatibility.${certificate.compatibility}`),
    certificate.keyAlgorithm === 'rsa-3072'
      ? ''
      : t(`policies.options.keyAlgorithm.${certificate.keyAlgorithm}`),
  ],
  // What proves a right to the first certificate proves it to the next: the way back follows from the proofs.
  afterExpiry: (t, policy) => [
    t(`policies.afterExpiry.${goesByMailedCode(policy) ? 'reissue-screens' : 'enrol-again'}`),
  ],
  revocation: (t, { certificate }) => [listed(t, 'who', certificate.revokedBy)],
  idle: (t, { session }) => [t('policies.minutes', { count: session.idleSeconds / minute })],
  absolute: (t, { session }) => [t('policies.hours', { count: session.absoluteSeconds / hour })],
  forgotten: (t, { forgottenPassword: rule }) => [
    t('policies.whose.user', { who: t(`policies.forgotten.${rule.user}`) }),
    t('policies.whose.administrator', { who: t(`policies.forgotten.${rule.administrator}`) }),
    ...(rule.thenEveryOtherFactor ? [t('policies.thenEveryFactor')] : []),
  ],
  roles: (t, { roles }) => [
    [
      ...(roles.contractor ? [t('policies.roles.contractor')] : []),
      t(`policies.roles.${roles.administrator}`),
      t(`policies.roles.${roles.user}`),
    ].join(t('policies.separator')),
  ],
  oneOfficer: (t, { byOneOfficer }) => [
    byOneOfficer.length > 0 ? listed(t, 'acts', byOneOfficer) : t('policies.noAct'),
  ],
  confirmation: (t, { confirmation }) => [t(`policies.confirmation.${confirmation}`)],
  oneTime: (t, { login }) => [
    t(`policies.secondFactor.${login.secondFactor}`),
    ...(login.secondFactor === 'none' ? [] : [t(`policies.secondFactorAt.${login.secondFactorAt}`)]),
    ...(asksOtpAtConfirm(login) ? [t('policies.atConfirm')] : []),
  ],
}

/** Rules that mean nothing to a company whose users log in without certificates. */
const ofCertificates: ReadonlySet<Rule> = new Set([
  'certificateLife',
  'renewalWindow',
  'proof',
  'pkcs12',
  'afterExpiry',
  'revocation',
])

const wordsOf = (t: Translate, rule: Rule, policy: SecurityPolicy): string[] =>
  ofCertificates.has(rule) && !usesCertificates(policy)
    ? [t('policies.notUsed')]
    : cells[rule](t, policy).filter(text => text !== '')

export type PolicyRow = { rule: Rule; label: string; value: string[]; source: string }

/** A company's policy rule by rule, each with where it comes from: manual, ours, or the company's own override. */
export const policyRows = (t: Translate, preset: PresetName, policy: SecurityPolicy): PolicyRow[] => {
  const plain = presetOf(preset)
  return rules.map(rule => {
    const value = wordsOf(t, rule, policy)
    const own = value.join('\n') !== wordsOf(t, rule, plain).join('\n')
    return {
      rule,
      label: t(`policies.rules.${rule}`),
      value,
      source: t(`policies.sources.${own ? 'override' : markOf(rule, preset)}`),
    }
  })
}

/** The rules that two policies differ in, as `partials/review` shows changes. */
export const changedRows = (
  t: Translate,
  before: SecurityPolicy,
  after: SecurityPolicy,
): { label: string; value: string[]; old: string[] }[] =>
  rules
    .map(rule => ({
      label: t(`policies.rules.${rule}`),
      old: wordsOf(t, rule, before),
      value: wordsOf(t, rule, after),
    }))
    .filter(({ old, value }) => old.join('\n') !== value.join('\n'))

/** Where the preset falls short of ASVS 5.0 level 2, for `partials/table`: requirement, rule, what is missing. */
export const deviationRows = (t: Translate, preset: PresetName): string[][] =>
  deviationsOf(preset).map(({ requirement, rule }) => [
    requirement,
    t(`policies.rules.${rule}`),
    t(`policies.deviations.${requirement.replaceAll('.', '-')}`),
  ])
