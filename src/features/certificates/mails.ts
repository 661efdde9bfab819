import { z } from 'zod'
import { defineMail } from '../../platform/mail/mail-kind.ts'

/** To the holder of a certificate just issued; `serial` in hexadecimal, as the portal shows it. */
export const CertificateIssuedMail = defineMail(
  'certificate.issued',
  z.strictObject({
    at: z.date(),
    purpose: z.enum(['enrolment', 'renewal', 'reissue']),
    notAfter: z.date(),
    serial: z.string(),
  }),
  ['happened', { facts: ['at', 'purpose', 'notAfter', 'serial'] }, 'next', 'notYou'],
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
