import { z } from 'zod'
import { readReason } from '../../kernel/reason.ts'
import { longestReason } from './lock-release.ts'

const words = {
  missing: 'reasonMissing',
  tooLong: 'reasonTooLong',
  unprintable: 'reasonUnprintable',
} as const

/** The reason that an administrator types for an act on a user; `texts`: whose words say what is wrong with it. */
export const reasonForm = (texts: 'lock' | 'user.state') =>
  z.object({
    reason: z.string().transform((typed, issues) => {
      const { text, problem } = readReason(typed, longestReason)
      if (problem) issues.addIssue({ code: 'custom', message: `${texts}.${words[problem]}`, input: typed })
      return text
    }),
  })
