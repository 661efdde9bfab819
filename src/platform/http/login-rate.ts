import { createHash } from 'node:crypto'
import { isIPv6 } from 'node:net'
import type { FastifyRequest } from 'fastify'
import type { Clock } from '../../kernel/clock.ts'
import { minute } from '../../kernel/clock.ts'
import { ok, type Result } from '../../kernel/result.ts'
import type { Db } from '../db/client.ts'
import { type Rate, type TakenTry, taken, takeTry, together } from '../rate-limit.ts'

/** An office of hundreds may sit behind one address; whoever gets in gives their try back. */
const perAddress: Rate = { atMost: 300, seconds: 10 * minute }
/** Guesses at one ID from wherever they come. The locks and waits of the policy strike long before. */
const perAccount: Rate = { atMost: 60, seconds: 10 * minute }

/** What counts as one address: households and offices get a /64 of IPv6, within which addresses are free. */
export const networkOf = (ip: string): string => {
  if (!isIPv6(ip) || ip.startsWith('::ffff:')) return ip
  const [head = '', tail] = ip.split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const gap = tail === undefined ? 0 : 8 - before.length - after.length
  const groups = [...before, ...Array<string>(Math.max(0, gap)).fill('0'), ...after]
  return `${groups.slice(0, 4).join(':')}::/64`
}

// People type a password where the ID belongs: what they typed is kept as a hash only.
const nameOf = (account: string): string =>
  createHash('sha256').update(account.toLowerCase()).digest('base64url').slice(0, 22)

const addressKey = (request: Pick<FastifyRequest, 'ip'>): string => `login-address:${networkOf(request.ip)}`

/** The try that an earlier request of the same errand took of the address alone: a success gives it back as well. */
export const earlierTry = (deps: { db: Db }, request: Pick<FastifyRequest, 'ip'>): TakenTry =>
  taken(deps, [addressKey(request)])

/**
 * Takes a try of the pages on which strangers guess: one of the address's, and one of the ID's where one is typed,
 * known or not. Give both back at a success. Refuses `rate.limited` with the `seconds` to wait.
 */
export const takeLoginTry = async (
  deps: { db: Db; clock: Clock },
  request: Pick<FastifyRequest, 'ip'>,
  account?: string,
): Promise<Result<TakenTry, 'rate.limited'>> => {
  const byAddress = await takeTry(deps, addressKey(request), perAddress)
  if (!byAddress.ok || account === undefined) return byAddress
  const byAccount = await takeTry(deps, `login-account:${nameOf(account)}`, perAccount)
  if (!byAccount.ok) return byAccount
  return ok(together(deps, byAddress.value, byAccount.value))
}
