import { z } from 'zod'
import { defineEvent } from '../../platform/audit/audit.ts'

/** A file of users has come and is being checked; nothing of it is registered yet (D-13). */
export const UserFileReceived = defineEvent(
  'user-csv.received',
  z.strictObject({ fileName: z.string(), fileSize: z.number() }),
)

/** All users of a file were registered at once; each has an event of their own besides (D-13, F-02). */
export const UserFileRegistered = defineEvent(
  'user-csv.registered',
  z.strictObject({
    fileName: z.string(),
    /** SHA-256 of the file, hexadecimal. */
    fileDigest: z.string(),
    registeredUsers: z.number(),
    unchangedUsers: z.number(),
  }),
)

export const UserFileRefused = defineEvent(
  'user-csv.refused',
  z.strictObject({ fileName: z.string(), rejectedUsers: z.number() }),
)

/** The list was taken out as a file, as it was searched and sorted (D-13, F-04). */
export const UsersExported = defineEvent(
  'user-csv.exported',
  z.strictObject({
    exportedUsers: z.number(),
    searchedFor: z.string().optional(),
    sortedBy: z.enum(['login-id', 'name', 'last-login']),
  }),
)

/** A user of a file was given their first login password (D-13, H-05). */
export const FirstPasswordIssued = defineEvent(
  'user-csv.password-issued',
  z.strictObject({ temporaryUntil: z.string() }),
)

/** The sheet of those passwords was shown, once. */
export const FirstPasswordsShown = defineEvent(
  'user-csv.passwords-shown',
  z.strictObject({ issuedUsers: z.number() }),
)

export const FirstPasswordsRefused = defineEvent(
  'user-csv.passwords-refused',
  z.strictObject({ issuedUsers: z.number() }),
)
