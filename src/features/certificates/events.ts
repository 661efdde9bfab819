import { z } from 'zod'
import { defineEvent } from '../../platform/audit/audit.ts'
import { purposes, revocationReasons } from './certificate.ts'

const purpose = z.enum(purposes)

export const CertificateRequested = defineEvent('certificate.requested', z.strictObject({ purpose }))

/** Serial and bytes to be signed are on record, nothing is signed yet (C-10); an authority elsewhere chooses the serial. */
export const CertificatePrepared = defineEvent(
  'certificate.prepared',
  z.strictObject({
    issuer: z.string(),
    serial: z.string().nullable(),
    notAfter: z.string(),
    keyAlgorithm: z.enum(['rsa-3072', 'p-256', 'rsa-2048']),
  }),
)

/** An authority elsewhere is about to be asked: asked twice and signed once says that an answer was lost (C-10, C-16). */
export const CertificateSigningAsked = defineEvent(
  'certificate.signing-asked',
  z.strictObject({ issuer: z.string(), request: z.string() }),
)

/** An authority elsewhere had signed, and nobody here lived to record it: ended there, and asked for anew (C-10, C-16). */
export const CertificateSignatureLost = defineEvent(
  'certificate.signature-lost',
  z.strictObject({ issuer: z.string(), serial: z.string() }),
)

/** Every certificate that was signed (C-16). */
export const CertificateSigned = defineEvent(
  'certificate.signed',
  z.strictObject({ issuer: z.string(), serial: z.string(), fingerprint: z.string(), notAfter: z.string() }),
)

/** The file was given out: each time, for each may have gone to another computer (C-11, F-02). */
export const CertificateDownloaded = defineEvent(
  'certificate.downloaded',
  z.strictObject({ serial: z.string(), notAfter: z.string() }),
)

/** Never seen in a login in time (C-11). `serial` is null where it was never prepared. */
export const CertificateVoided = defineEvent(
  'certificate.voided',
  z.strictObject({ purpose, serial: z.string().nullable(), requestedAt: z.string() }),
)

/** Ended for good, at once, everywhere (C-07, C-14). */
export const CertificateRevoked = defineEvent(
  'certificate.revoked',
  z.strictObject({
    serial: z.string(),
    notAfter: z.string(),
    revocationReason: z.enum(revocationReasons),
    sessionsEnded: z.number(),
  }),
)

export const CertificateRevocationRefused = defineEvent('certificate.revocation-refused', z.strictObject({}))

/** Its renewed one has taken its place: by policy at the first login with that, or because it was renewed anew (C-05). */
export const CertificateSuperseded = defineEvent(
  'certificate.superseded',
  z.strictObject({ serial: z.string(), notAfter: z.string() }),
)

/** Its owner was shown the password that was made for its file, once. */
export const FilePasswordShown = defineEvent('certificate.file-password-shown', z.strictObject({}))

/** Its time is over (C-06). */
export const CertificateExpired = defineEvent(
  'certificate.expired',
  z.strictObject({ serial: z.string(), notAfter: z.string() }),
)

/** Its owner, by certificate and password, has asked for the next one (C-04). */
export const RenewalStarted = defineEvent(
  'certificate.renewal-started',
  z.strictObject({ serial: z.string(), notAfter: z.string() }),
)

export const RenewalRefused = defineEvent('certificate.renewal-refused', z.strictObject({}))

/** Somebody proved who they are, and their certificate is being issued (C-02). */
export const EnrolmentStarted = defineEvent(
  'enrolment.started',
  // What proves it beside the login password; a code by mail has yet to be typed.
  z.strictObject({ enrolledBy: z.enum(['acquisition-password', 'passkey', 'mail-code']) }),
)

/** Somebody could not; the reason is for the helpdesk and the company, not for the one who tried (B-05). */
export const EnrolmentFailed = defineEvent('enrolment.failed', z.strictObject({}))

/** Too many wrong tries by somebody who knew the login password (B-07). */
export const AcquisitionPasswordVoided = defineEvent(
  'acquisition-password.voided',
  z.strictObject({ failures: z.number() }),
)
