import { day, hour, minute } from '../kernel/clock.ts'
import type { CertificateRule, LockRule, PasswordRule, SecurityPolicy } from './policy.ts'

/** What every preset but ours has in common (chapter A). */
const session = { idleSeconds: 30 * minute, absoluteSeconds: 12 * hour }

const acquisitionPassword = { validSeconds: 14 * day, failuresUntilVoid: 10 }

/** ≥ 8 letters and digits, both: the manuals' common ground where they say nothing of their own. */
const lettersAndDigits: PasswordRule = {
  minimum: 8,
  minimumWithSecondFactor: null,
  maximum: 64,
  alphabet: 'letters-digits',
  contains: ['letter', 'digit'],
  blocklist: false,
  remembered: 0,
  differsFrom: ['loginId'],
  days: null,
}

const untilReleased = (failures: number, counts: LockRule['counts']): LockRule => ({
  failures,
  seconds: null,
  blocksAt: null,
  counts,
  countsAtIssue: false,
  delays: null,
})

const yearlyCertificate: CertificateRule = {
  life: { months: 12 },
  renewalWindow: { days: 30 },
  proofs: [['login-password', 'acquisition-password']],
  pkcs12Password: 'acquisition-password',
  pkcs12PasswordAtRenewal: 'login-password',
  revokedBy: ['helpdesk'],
  overlap: 'until-expiry',
  compatibility: 'aes256',
  keyAlgorithm: 'rsa-3072',
}

/**
 * The table of chapter A as data: one column an entry. Which cells are ours because the manual is silent, `table.ts`
 * says beside each rule's words.
 */
export const presets = {
  /** [S]: the certificate names the user. */
  shoko: {
    entry: ['certificate-login', 'certificate-enrolment'],
    login: {
      ways: [{ certificate: 'names-user', asks: 'nothing' }],
      secondFactor: 'none',
      secondFactorChoices: ['none'],
      waysWithCertificate: null,
      secondFactorAt: 'every-way',
      secondFactorAtConfirm: false,
    },
    loginId: { shape: 'as-given', caseMatters: false, uniqueWithin: 'bank' },
    loginPassword: { ...lettersAndDigits, remembered: 2, differsFrom: ['userName'], days: 90 },
    firstPassword: 'typed',
    initialRegistration: false,
    lock: untilReleased(3, 'with-certificate'),
    releasedBy: { user: ['helpdesk'], administrator: ['helpdesk'] },
    certificate: { ...yearlyCertificate, renewalWindow: { months: 1 } },
    acquisitionPassword,
    session,
    forgottenPassword: { user: 'helpdesk', administrator: 'helpdesk', thenEveryOtherFactor: false },
    roles: { administrator: 'administrator', user: 'concluder', contractor: false },
    byOneOfficer: ['lock_release', 'acquisition_password'],
    confirmation: 'none',
  },
  /** [R]: the certificate confirms who the typed ID says is there; master users register themselves. */
  rokin: {
    entry: ['certificate-and-id-login', 'master-registration', 'user-registration', 'certificate-issue'],
    login: {
      ways: [{ certificate: 'confirms-user', asks: 'login-id' }],
      secondFactor: 'none',
      secondFactorChoices: ['none'],
      waysWithCertificate: null,
      secondFactorAt: 'every-way',
      secondFactorAtConfirm: false,
    },
    loginId: { shape: 'letters-and-digits-6-12', caseMatters: true, uniqueWithin: 'bank' },
    loginPassword: {
      ...lettersAndDigits,
      maximum: 12,
      alphabet: 'letters-digits-symbols',
      contains: ['upper', 'lower', 'digit', 'symbol'],
    },
    firstPassword: 'typed',
    initialRegistration: true,
    lock: {
      failures: 6,
      seconds: 60 * minute,
      blocksAt: 3,
      counts: 'with-certificate',
      countsAtIssue: true,
      delays: null,
    },
    releasedBy: { user: ['administrator'], administrator: ['helpdesk'] },
    certificate: {
      ...yearlyCertificate,
      life: { days: 366 },
      proofs: [['login-password', 'mail-code']],
      pkcs12Password: 'login-password',
    },
    acquisitionPassword,
    session,
    forgottenPassword: { user: 'administrator', administrator: 'helpdesk', thenEveryOtherFactor: false },
    roles: { administrator: 'masterUser', user: 'generalUser', contractor: false },
    byOneOfficer: ['lock_release'],
    confirmation: 'none',
  },
  /** [7]: login ID and password; certificate and one-time password as the company chooses. */
  sevenbank: {
    entry: ['password-login', 'certificate-login', 'certificate-enrolment'],
    login: {
      ways: [{ certificate: 'none', asks: 'login-id' }],
      secondFactor: 'none',
      secondFactorChoices: ['none', 'totp'],
      waysWithCertificate: [{ certificate: 'confirms-user', asks: 'login-id' }],
      secondFactorAt: 'every-way',
      secondFactorAtConfirm: true,
    },
    loginId: { shape: 'letters-and-digits-6-12', caseMatters: false, uniqueWithin: 'bank' },
    loginPassword: { ...lettersAndDigits, minimum: 6, maximum: 12 },
    firstPassword: 'typed',
    initialRegistration: false,
    lock: untilReleased(6, 'every-login'),
    releasedBy: {
      user: ['administrator'],
      administrator: ['administrator', 'helpdesk-for-last-administrator'],
    },
    certificate: { ...yearlyCertificate, revokedBy: ['administrator'] },
    acquisitionPassword,
    session,
    forgottenPassword: {
      user: 'administrator',
      administrator: 'administrator',
      thenEveryOtherFactor: false,
    },
    roles: { administrator: 'administrator', user: 'user', contractor: false },
    byOneOfficer: ['lock_release'],
    confirmation: 'password',
  },
  /** [P]: the site behind a certificate, and its cloud services by contract number. */
  prosrv: {
    entry: ['site-login', 'contract-login', 'certificate-enrolment'],
    login: {
      ways: [
        { certificate: 'reaches-site', asks: 'login-id' },
        { certificate: 'none', asks: 'contract-and-login-id' },
      ],
      secondFactor: 'none',
      secondFactorChoices: ['none'],
      waysWithCertificate: null,
      secondFactorAt: 'every-way',
      secondFactorAtConfirm: false,
    },
    loginId: { shape: 'half-width-6-20', caseMatters: false, uniqueWithin: 'contract' },
    loginPassword: lettersAndDigits,
    firstPassword: 'typed',
    initialRegistration: false,
    lock: untilReleased(5, 'every-login'),
    releasedBy: { user: ['administrator', 'helpdesk'], administrator: ['administrator', 'helpdesk'] },
    certificate: { ...yearlyCertificate, proofs: [['acquisition-password']] },
    acquisitionPassword,
    session,
    forgottenPassword: { user: 'mail-link', administrator: 'mail-link', thenEveryOtherFactor: false },
    roles: { administrator: 'userAdministrator', user: 'user', contractor: false },
    byOneOfficer: ['lock_release'],
    confirmation: 'none',
  },
  /** [O]: one portal in front of many services. */
  omakase: {
    entry: ['password-login'],
    login: {
      ways: [{ certificate: 'none', asks: 'login-id' }],
      secondFactor: 'none',
      secondFactorChoices: ['none', 'sms'],
      waysWithCertificate: null,
      secondFactorAt: 'every-way',
      secondFactorAtConfirm: false,
    },
    loginId: { shape: 'as-given', caseMatters: false, uniqueWithin: 'bank' },
    loginPassword: lettersAndDigits,
    firstPassword: 'typed',
    initialRegistration: false,
    lock: { ...untilReleased(5, 'every-login'), seconds: 30 * minute },
    releasedBy: { user: ['administrator', 'helpdesk'], administrator: ['administrator', 'helpdesk'] },
    // None used at login; whoever may come to need one (the company changes its preset) gets it in the common way.
    certificate: yearlyCertificate,
    acquisitionPassword,
    session,
    forgottenPassword: { user: 'mail-link', administrator: 'mail-link', thenEveryOtherFactor: false },
    roles: { administrator: 'administrator', user: 'user', contractor: true },
    byOneOfficer: ['lock_release'],
    confirmation: 'none',
  },
  /** [+]: ours, after NIST SP 800-63B-4. */
  recommended: {
    entry: ['certificate-login', 'passkey-login', 'certificate-enrolment'],
    login: {
      ways: [
        { certificate: 'names-user', asks: 'nothing' },
        { certificate: 'none', asks: 'login-id', requires: 'passkey' },
      ],
      secondFactor: 'passkey-or-totp',
      secondFactorChoices: ['passkey-or-totp'],
      waysWithCertificate: null,
      secondFactorAt: 'ways-without-certificate',
      secondFactorAtConfirm: false,
    },
    loginId: { shape: 'email-or-6-64', caseMatters: false, uniqueWithin: 'bank' },
    loginPassword: {
      minimum: 15,
      minimumWithSecondFactor: 8,
      maximum: 128,
      alphabet: 'any',
      contains: [],
      blocklist: true,
      remembered: 0,
      differsFrom: ['loginId', 'userName', 'ownWords'],
      days: null,
    },
    firstPassword: 'made',
    initialRegistration: false,
    lock: {
      // SP 800-63B-4 §3.2.2: no more than a hundred in a row; the delays make that a matter of weeks.
      failures: 100,
      seconds: null,
      blocksAt: null,
      counts: 'with-certificate',
      countsAtIssue: false,
      delays: { free: 3, firstSeconds: 5, longestSeconds: 60 * minute },
    },
    releasedBy: { user: ['administrator', 'helpdesk'], administrator: ['administrator', 'helpdesk'] },
    certificate: {
      ...yearlyCertificate,
      proofs: [
        ['login-password', 'acquisition-password'],
        ['login-password', 'passkey'],
      ],
      pkcs12Password: 'one-time',
      pkcs12PasswordAtRenewal: 'one-time',
      revokedBy: ['administrator', 'helpdesk'],
      overlap: 'until-first-login',
    },
    acquisitionPassword,
    session: { idleSeconds: 15 * minute, absoluteSeconds: 12 * hour },
    forgottenPassword: { user: 'mail-link', administrator: 'mail-link', thenEveryOtherFactor: true },
    roles: { administrator: 'administrator', user: 'user', contractor: true },
    byOneOfficer: [],
    confirmation: 'step-up',
  },
} as const satisfies Record<string, SecurityPolicy>
