import { z } from 'zod'
import { defineMail } from '../../platform/mail/mail-kind.ts'
import { purposes, revocationReasons } from './certificate.ts'

/** To the holder of a certificate just issued; `serial` in hexadecimal, as the portal shows it. */
export const CertificateIssuedMail = defineMail(
  'certificate.issued',
  z.strictObject({
    at: z.date(),
    purpose: z.enum(purposes),
    notAfter: z.date(),
    serial: z.string(),
  }),
  ['happened', { facts: ['at', 'purpose', 'notAfter', 'serial'] }, 'next', 'notYou'],
)

/** To the holder of a certificate that works no more, by whomever. */
export const CertificateRevokedMail = defineMail(
  'certificate.revoked',
  z.strictObject({
    at: z.date(),
    serial: z.string(),
    reason: z.enum(revocationReasons),
    revokedBy: z.enum(['yourself', 'administrator', 'helpdesk', 'itself']),
  }),
  ['happened', { facts: ['at', 'serial', 'reason', 'revokedBy'] }, 'next', 'notYou'],
)

/**
 * Before the end of a certificate and on its last day (C-06), with the day for the calendar. `stage`: how near the end is; `way`: how
 * the next one is got, `renewalLater` where its window is not open yet, with when it opens (C-04); `daysLeft`: JST days, 0 on the
 * last one. `over` and `enrolment` are of the release that wrote so on the day after, too: such a row may still wait to be sent.
 */
export const CertificateExpiringMail = defineMail(
  'certificate.expiring',
  z.strictObject({
    at: z.date(),
    notAfter: z.date(),
    serial: z.string(),
    daysLeft: z.number(),
    stage: z.enum(['coming', 'today', 'over']),
    way: z.enum(['renewal', 'renewalLater', 'issue', 'enrolment']),
    opensAt: z.date().optional(),
  }),
  [{ choice: 'stage' }, { facts: ['notAfter', 'serial'] }, { choice: 'way' }, 'calendar.file'],
  [],
  { day: 'notAfter', written: 'at', matter: 'serial' },
)

/** After the end of a certificate that has no successor (C-06). `way`: how a new one is got. */
export const CertificateExpiredMail = defineMail(
  'certificate.expired',
  z.strictObject({
    at: z.date(),
    notAfter: z.date(),
    serial: z.string(),
    way: z.enum(['issue', 'enrolment', 'passkey']),
  }),
  ['happened', { facts: ['notAfter', 'serial'] }, { choice: 'way' }],
)

/** Tells that an acquisition password was issued and which way it comes; never its value (C-09, H-05). */
export const AcquisitionPasswordIssuedMail = defineMail(
  'acquisition-password.issued',
  z.strictObject({
    at: z.date(),
    expiresAt: z.date(),
    delivery: z.enum(['post', 'phone', 'administrator']),
  }),
  ['happened', { facts: ['at', 'expiresAt', 'delivery'] }, 'next', 'notYou'],
)
