import { z } from 'zod'
import { defineEvent } from '../../platform/audit/audit.ts'
import { postingKinds, userRoles } from './posting.ts'

const written = z.strictObject({
  postingTitle: z.string(),
  postingBody: z.string(),
  sender: z.string(),
  publishAt: z.string(),
  shownUntil: z.string().optional(),
  mustAcknowledge: z.boolean().optional(),
  /** The title of the article that this one follows (続報). */
  follows: z.string().optional(),
  answerUntil: z.string().optional(),
  targetPresets: z.array(z.string()),
  targetRoles: z.array(z.enum(userRoles)),
  /** How many companies it is for, where it is for some. */
  targetCompanies: z.number().optional(),
  windows: z
    .array(z.strictObject({ system: z.string(), windowStart: z.string(), windowEnd: z.string() }))
    .optional(),
  questions: z.array(z.string()).optional(),
})

export type WrittenDetails = z.input<typeof written>

/** In the bank's own history: what was written for customers, whom for, and who wrote it (H-06). */
export const PostingPublished = defineEvent(
  'posting.published',
  z.strictObject({ postingKind: z.enum(postingKinds), after: written }),
)
export const PostingChanged = defineEvent(
  'posting.changed',
  z.strictObject({ postingKind: z.enum(postingKinds), before: written, after: written }),
)
export const PostingWithdrawn = defineEvent(
  'posting.withdrawn',
  z.strictObject({ postingKind: z.enum(postingKinds) }),
)
/** Who of the customers has read or answered was looked at (F-04). */
export const PostingReadersViewed = defineEvent(
  'posting.readers-viewed',
  z.strictObject({ postingKind: z.enum(postingKinds) }),
)
