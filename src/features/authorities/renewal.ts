import type { Deps } from '../../deps.ts'
import { day, plusSeconds } from '../../kernel/clock.ts'
import { renewCrl } from './crl.ts'
import { ensureResponder } from './responder.ts'

/**
 * How long before an authority's end, in seconds, it begins to be told of: its certificates live for up to a year and
 * must not outlive it, and a rollover wants to be planned (C-16).
 */
export const warnedBefore = 2 * 365 * day

/**
 * The round of each hour, of every authority that still has certificates to speak for: a fresh list, a responder that
 * lasts, and a warning where the authority would be outlived. One that fails doesn't keep the others from theirs; then
 * it throws, so that the round is tried again.
 */
export const renewStatus = async (deps: Deps): Promise<void> => {
  const now = deps.clock.now()
  const issuers = await deps.db.issuer.findMany({
    // One elsewhere whose server is no longer named speaks for its certificates by itself.
    where: { notAfter: { gt: now }, ...(!deps.settings.externalCa && { backend: 'embedded' as const }) },
    select: { id: true, name: true, notAfter: true, retiredAt: true },
  })
  const failures: unknown[] = []
  for (const { id, name, notAfter, retiredAt } of issuers) {
    if (!retiredAt && notAfter < plusSeconds(now, warnedBefore))
      deps.log.warn({ issuer: id, name, notAfter }, 'An authority comes to its end: run sekisho ca:rollover')
    for (const renew of [renewCrl, ensureResponder])
      await renew(deps, id).catch(err => {
        deps.log.error({ err, issuer: id, name }, 'The state of certificates could not be renewed')
        failures.push(err)
      })
  }
  if (failures.length > 0)
    throw new AggregateError(failures, 'The state of certificates could not be renewed')
}
