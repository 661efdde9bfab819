import { z } from 'zod'
import { defineEvent } from '../../platform/audit/audit.ts'

const issuesFor = z.enum(['users', 'staff'])

/** An issuing authority was made, or one elsewhere was taken on (C-16); all of these are in the bank's own chain. */
export const IssuerCreated = defineEvent(
  'issuer.created',
  z.strictObject({
    name: z.string(),
    issuesFor,
    fingerprint: z.string(),
    notAfter: z.string(),
    /** The root that signed it; missing where it signed its own. */
    root: z.string().optional(),
  }),
)

/** An authority signs no more from then on; its certificates live on, and so do its lists (C-16). */
export const IssuerRetired = defineEvent(
  'issuer.retired',
  z.strictObject({ name: z.string(), issuesFor, fingerprint: z.string(), retiredAt: z.string() }),
)

/** The OCSP responder got a certificate of its own from an authority: every certificate signed is on record (C-16). */
export const ResponderCertified = defineEvent(
  'issuer.responder-certified',
  z.strictObject({ issuer: z.string(), serial: z.string(), fingerprint: z.string(), notAfter: z.string() }),
)

/** A root above issuing authorities was made (C-16). */
export const RootCreated = defineEvent(
  'issuer.root-created',
  z.strictObject({ name: z.string(), fingerprint: z.string(), notAfter: z.string() }),
)

/** The root's key left the program, encrypted, and was erased here. */
export const RootExported = defineEvent(
  'issuer.root-exported',
  z.strictObject({ name: z.string(), fingerprint: z.string() }),
)
