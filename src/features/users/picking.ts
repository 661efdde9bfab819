import { z } from 'zod'
import { toFullWidth, toHalfWidth } from '../../kernel/width.ts'
import { literally } from './queries.ts'
import { loginIdKey } from './user.ts'

/** What the address of a list to pick a user from carries; what is no condition of ours is none. */
export const picking = z.object({
  q: z.string().max(100).catch(''),
  page: z.coerce.number().int().min(1).max(1_000_000).catch(1),
})

/** Users whose login ID or name contains the text, in either width; everybody where there is none. */
export const namedLike = (text: string) => {
  const words = text.trim()
  return words === ''
    ? {}
    : {
        OR: [
          { loginIdKey: { contains: literally(loginIdKey(toHalfWidth(words))) } },
          { name: { contains: literally(toFullWidth(words)) } },
        ],
      }
}
