import { hour, minute } from '../kernel/clock.ts'
import { presets } from './presets.ts'

/** What a login asks for beside the login password, and what a certificate says in it. */
export type LoginWay = {
  /**
   * What the certificate is to this login: `names-user` says who is there, so that only the password is asked;
   * `confirms-user` must be the typed user's own; `reaches-site` must be a usable one of the user's company.
   */
  certificate: 'none' | 'names-user' | 'confirms-user' | 'reaches-site'
  /** What the user types to say who they are. */
  asks: 'nothing' | 'login-id' | 'contract-and-login-id'
  /** A factor that this way can't do without, whatever the company has chosen for the others. */
  requires?: 'passkey'
}

/** The second factor of a company: which codes or keys its users hold beside the password. */
export type SecondFactor = 'none' | 'sms' | 'totp' | 'passkey-or-totp'

export type LoginRule = {
  /** The ways in, as the entry page offers them; the flow engine knows no other. */
  ways: readonly LoginWay[]
  secondFactor: SecondFactor
  /** What a company may choose in its place, the preset's own among them. */
  secondFactorChoices: readonly SecondFactor[]
  /** The ways in of a company that has chosen certificates, where its preset leaves the choice; else null. */
  waysWithCertificate: readonly LoginWay[] | null
  /** Which ways in ask for the second factor: a certificate is a factor by itself in some presets. */
  secondFactorAt: 'every-way' | 'ways-without-certificate'
  /** Whether confirm pages ask for it too (B-17). */
  secondFactorAtConfirm: boolean
}

export type LoginIdRule = {
  /** What a new login ID must look like; `as-given` leaves it to the bank or the administrator. */
  shape: 'as-given' | 'letters-and-digits-6-12' | 'half-width-6-20' | 'email-or-6-64'
  /** Whether an ID must be typed in its case; uniqueness always ignores it. */
  caseMatters: boolean
  /** Within what an ID is unique: all of the bank's companies, or one contract number. */
  uniqueWithin: 'bank' | 'contract'
}

/** What a password of some kind must look like, and what it must differ from. Lengths count characters. */
export type PasswordRule = {
  minimum: number
  /** The minimum for a user who holds a second factor, where that is shorter (SP 800-63B-4 §3.1.1.2); else null. */
  minimumWithSecondFactor: number | null
  maximum: number
  /**
   * Which characters may occur: half-width letters and digits; those and symbols, but no space; any printable half-width one; or
   * any at all.
   */
  alphabet: 'letters-digits' | 'letters-digits-symbols' | 'printable' | 'any'
  /** Each of these must occur at least once. */
  contains: readonly ('letter' | 'upper' | 'lower' | 'digit' | 'symbol')[]
  /** Whether passwords that everybody knows are refused. */
  blocklist: boolean
  /** How many passwords before the current one may not come again; the current one never may. */
  remembered: number
  /** `ownWords`: words of the company's and the user's own, anywhere in the password. */
  differsFrom: readonly ('userName' | 'loginId' | 'ownWords')[]
  /** Calendar days a password lasts, JST; null: it does not end by itself. */
  days: number | null
}

export type LockRule = {
  /** Consecutive failures that lock. */
  failures: number
  /** Seconds after which a lock ends by itself; null: somebody must release it. */
  seconds: number | null
  /** The lock, counted since the last success, that blocks (閉塞); null: locks never block. */
  blocksAt: number | null
  /**
   * Which failures count towards the lock: those of every login, without a certificate from browsers that the owner has
   * logged in with (decision 0043), or only those behind a matching certificate (decision 0083). The others slow the next
   * try down and lock nobody out (B-07).
   */
  counts: 'every-login' | 'with-certificate'
  /** Whether the user authentication before issuing counts as a login does: rokin's manual says so (B-07). */
  countsAtIssue: boolean
  /** Waits that grow with each failure that counts, long before the lock; null: none. */
  delays: GrowingDelays | null
}

/** `free` failures cost nothing; then `firstSeconds`, doubled each time up to `longestSeconds`. */
export type GrowingDelays = { free: number; firstSeconds: number; longestSeconds: number }

/**
 * How wrong passwords that count towards no lock are slowed down, each count of them by itself: the strangers' of an account,
 * and those of a browser that it knows (B-07). `free` failures cost no wait, the next one costs `firstWait` seconds, each
 * further one twice as much up to `longestWait`, and `atMost` in a row are compared at all. The strangers' end is shown as
 * such; it lasts as long as the policy's own lock would, and a success, a release of the lock or a new acquisition password
 * begins anew.
 */
export const strangerTries = { free: 4, firstWait: 5, longestWait: 15 * minute, atMost: 100 } as const

/** How long a certificate lasts: calendar months from the day of issue, or days that count the day of issue. */
export type CertificateLife = { months: number } | { days: number }

/** What proves to the portal that somebody may have a certificate. */
export type EnrolmentProof = 'login-password' | 'acquisition-password' | 'mail-code' | 'passkey'

export type Pkcs12PasswordKind = 'acquisition-password' | 'login-password' | 'one-time'

export type CertificateRule = {
  life: CertificateLife
  /** How long before the end a renewal may begin: calendar months or days. */
  renewalWindow: CertificateLife
  /** Sets of proofs, each of which is enough by itself. */
  proofs: readonly (readonly EnrolmentProof[])[]
  pkcs12Password: Pkcs12PasswordKind
  pkcs12PasswordAtRenewal: Pkcs12PasswordKind
  revokedBy: readonly ('helpdesk' | 'administrator')[]
  /** How long the certificate before a renewed one works on (C-05). */
  overlap: 'until-expiry' | 'until-first-login'
  compatibility: 'aes256' | '3des'
  /** RSA-3072; P-256 as an option; RSA-2048 is a deviation, said in the history of each certificate (C-13). */
  keyAlgorithm: 'rsa-3072' | 'p-256' | 'rsa-2048'
}

/** Who undoes a lock or helps after a forgotten password. */
export type Releaser = 'helpdesk' | 'administrator' | 'helpdesk-for-last-administrator'

/** `mail-link` sends a link, single use and short-lived, and asks for no more. */
export type ForgottenPassword = {
  user: 'helpdesk' | 'administrator' | 'mail-link'
  administrator: 'helpdesk' | 'administrator' | 'mail-link'
  /** Whether every other factor the user holds is asked for after the link. */
  thenEveryOtherFactor: boolean
}

/** By which words a preset's manual calls its users; keys of `policy.roles`. */
export type RoleWords = {
  administrator: 'administrator' | 'masterUser' | 'userAdministrator'
  user: 'user' | 'concluder' | 'generalUser'
  /** Whether the company has contractors (契約者), who appoint administrators (D-14). */
  contractor: boolean
}

/** A key of `policies.roles`: what a preset's manual calls somebody. */
export type RoleWord = RoleWords['administrator'] | RoleWords['user'] | 'contractor'

/** What a company's manual calls a user of this role (D-14). */
export const roleWordOf = (
  policy: { roles: RoleWords },
  role: 'user' | 'administrator' | 'contractor',
): RoleWord => (role === 'contractor' ? 'contractor' : policy.roles[role])

/** What an entry page offers (B-01), in the order in which it does. */
export type EntryItem =
  | 'certificate-login'
  | 'certificate-and-id-login'
  | 'site-login'
  | 'password-login'
  | 'contract-login'
  | 'passkey-login'
  | 'certificate-enrolment'
  | 'master-registration'
  | 'user-registration'
  | 'certificate-issue'

export type SecurityPolicy = {
  /** The menu of an entrance with this preset; a company's own overrides can't change it. */
  entry: readonly EntryItem[]
  login: LoginRule
  loginId: LoginIdRule
  loginPassword: PasswordRule
  /** Whether the administrator types a new user's first password, or the portal makes one and shows it once (D-03). */
  firstPassword: 'typed' | 'made'
  /** Whether new users begin with 初期登録, by a password that the bank or the master user gave them (B-16). */
  initialRegistration: boolean
  lock: LockRule
  releasedBy: { user: readonly Releaser[]; administrator: readonly Releaser[] }
  certificate: CertificateRule
  acquisitionPassword: { validSeconds: number; failuresUntilVoid: number }
  session: { idleSeconds: number; absoluteSeconds: number }
  forgottenPassword: ForgottenPassword
  roles: RoleWords
  /** Bank acts that one officer may do alone; any other that gives access needs a second one (H-04). */
  byOneOfficer: readonly BankAct[]
  /** What changes ask for: nothing, 確認用パスワード (B-21), or the strongest factor the user has once more. */
  confirmation: 'none' | 'password' | 'step-up'
}

/** What the bank does for a customer that gives access again (H-03, H-04). */
export const bankActs = [
  'lock_release',
  'password_reset',
  'confirmation_password_reset',
  'initial_password',
  'registration_reset',
  'acquisition_password',
  'email_correction',
  'mobile_correction',
  'contractor_appointment',
  'otp_revocation',
  'user_resumption',
] as const
export type BankAct = (typeof bankActs)[number]

/** A company's own deviations from its preset: each part given replaces the preset's. */
export type PolicyOverrides = {
  login?: Partial<Pick<LoginRule, 'ways' | 'secondFactor' | 'secondFactorAtConfirm'>>
  loginPassword?: Partial<Pick<PasswordRule, 'minimum' | 'days' | 'remembered'>>
  lock?: Partial<Pick<LockRule, 'failures' | 'seconds' | 'blocksAt'>>
  session?: Partial<SecurityPolicy['session']>
  certificate?: Partial<Pick<CertificateRule, 'overlap' | 'compatibility' | 'keyAlgorithm'>>
  confirmation?: SecurityPolicy['confirmation']
}

export type PresetName = keyof typeof presets

export const presetNames = Object.keys(presets) as PresetName[]

export const isPresetName = (name: string): name is PresetName => Object.hasOwn(presets, name)

/** A preset as it stands in the table of chapter A. */
export const presetOf = (name: PresetName): SecurityPolicy => presets[name]

/** The policy in force for a company: its preset with its overrides laid over it. Throws for an unknown preset. */
export const policyOf = (company: { preset: string; overrides: unknown }): SecurityPolicy => {
  if (!isPresetName(company.preset)) throw new Error(`there is no preset "${company.preset}"`)
  const preset = presetOf(company.preset)
  const overrides = (company.overrides ?? {}) as PolicyOverrides
  return {
    ...preset,
    confirmation: overrides.confirmation ?? preset.confirmation,
    login: { ...preset.login, ...overrides.login },
    loginPassword: passwordRuleOf(preset.loginPassword, overrides.loginPassword),
    lock: { ...preset.lock, ...overrides.lock },
    session: { ...preset.session, ...overrides.session },
    certificate: { ...preset.certificate, ...overrides.certificate },
  }
}

/** A company's own minimum holds for everybody: who holds a second factor has no shorter one beside it. */
const passwordRuleOf = (rule: PasswordRule, own: PolicyOverrides['loginPassword']): PasswordRule => ({
  ...rule,
  ...own,
  ...(own?.minimum !== undefined && { minimumWithSecondFactor: null }),
})

/** Staff log in under the bank's own rules, not a customer's (H-01). */
export const staffPolicy: Pick<SecurityPolicy, 'loginPassword' | 'lock' | 'session' | 'certificate'> = {
  loginPassword: {
    minimum: 12,
    minimumWithSecondFactor: null,
    maximum: 128,
    alphabet: 'printable',
    contains: [],
    blocklist: true,
    remembered: 2,
    differsFrom: ['loginId', 'userName'],
    days: null,
  },
  lock: {
    failures: 5,
    seconds: null,
    blocksAt: null,
    counts: 'with-certificate',
    countsAtIssue: false,
    delays: null,
  },
  session: { idleSeconds: 15 * minute, absoluteSeconds: 12 * hour },
  certificate: {
    life: { months: 12 },
    renewalWindow: { days: 30 },
    proofs: [['login-password', 'acquisition-password']],
    pkcs12Password: 'acquisition-password',
    pkcs12PasswordAtRenewal: 'login-password',
    revokedBy: ['helpdesk'],
    overlap: 'until-first-login',
    compatibility: 'aes256',
    keyAlgorithm: 'rsa-3072',
  },
}

/** Whether a company's users log in with certificates at all: who has none is offered no certificate pages. */
export const usesCertificates = (policy: Pick<SecurityPolicy, 'login'>): boolean =>
  policy.login.ways.some(way => way.certificate !== 'none')

/** Whether a company's users get certificates by an acquisition password at all: elsewhere it would open nothing. */
export const usesAcquisitionPasswords = (policy: Pick<SecurityPolicy, 'login' | 'certificate'>): boolean =>
  usesCertificates(policy) &&
  policy.certificate.proofs.some(proofs => proofs.includes('acquisition-password'))
