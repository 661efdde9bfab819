import { z } from 'zod'
import { lengthAsCounted } from '../../kernel/width.ts'
import { longestReason } from './lock-release.ts'

// What neither a page nor paper shows as it is; a text of several lines has its line ends.
const unprintable = /[^\P{Cc}\r\n]|[\u202a-\u202e\u2066-\u2069]/u

/** The reason that an administrator types for an act on a user; `texts`: whose words say what is wrong with it. */
export const reasonForm = (texts: 'lock' | 'user.state') =>
  z.object({
    reason: z
      .string()
      .trim()
      .min(1, `${texts}.reasonMissing`)
      .refine(text => lengthAsCounted(text) <= longestReason, `${texts}.reasonTooLong`)
      .refine(text => !unprintable.test(text), `${texts}.reasonUnprintable`),
  })
