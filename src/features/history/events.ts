import { z } from 'zod'
import { defineEvent } from '../../platform/audit/audit.ts'

/** A try that ended at a page of refusal (F-02): which route was asked for, by which method, for which ids. */
export const AccessRefused = defineEvent(
  'access.refused',
  z.strictObject({ method: z.string(), address: z.string(), tried: z.array(z.string()).optional() }),
)

/** Refused tries of one person beyond those that were written down, as one entry (decision 94). */
export const RefusalsCounted = defineEvent(
  'access.refusals-counted',
  z.strictObject({ refusals: z.number().int(), countedFrom: z.string(), countedUntil: z.string() }),
)

/** A page was printed (F-04): its screen, and the route as it is written. */
export const PagePrinted = defineEvent(
  'page.printed',
  z.strictObject({ screen: z.string(), address: z.string() }),
)

const fileFormat = z.enum(['csv', 'pdf'])

/** Entries were given out as a file, or are made into one (F-04): how many, by which search. */
export const HistoryExported = defineEvent(
  'history.exported',
  z.strictObject({
    fileFormat,
    entries: z.number().int(),
    searchedFrom: z.string().optional(),
    searchedTo: z.string().optional(),
    searchedUser: z.string().optional(),
    searchedOperation: z.string().optional(),
    searchedOutcome: z.enum(['done', 'refused']).optional(),
  }),
)

/** A file that was made in the background has been downloaded (F-04). */
export const HistoryExportDownloaded = defineEvent(
  'history.export-downloaded',
  z.strictObject({ fileFormat, entries: z.number().int(), volume: z.number().int().optional() }),
)

/** Entries older than they must be kept were taken out of the database, into a file with this digest (F-04). */
export const HistoryArchived = defineEvent(
  'history.archived',
  z.strictObject({
    entries: z.number().int(),
    archivedChains: z.number().int(),
    archivedUntil: z.string(),
    fileDigest: z.string(),
  }),
)
