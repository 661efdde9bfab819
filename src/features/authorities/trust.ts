import type { Deps } from '../../deps.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import { notify } from '../../platform/db/notifications.ts'
import { issuerCertificates } from './issuers.ts'

const channel = 'sekisho_issuers'

/** Tells every copy of the program, when the transaction commits, that there is another authority (C-16). */
export const tellIssuers = (tx: Tx): Promise<void> => notify(tx, channel, '')

/** Has a listener trust every authority there is, now and whenever one is added, without a restart (C-16). */
export const watchIssuers = (
  deps: Pick<Deps, 'db' | 'log' | 'notifications'>,
  trust: (clientCas: string[]) => void,
): Promise<void> => {
  const reload = async () => trust(await issuerCertificates(deps))
  return deps.notifications.listen(channel, {
    heard: () => {
      reload().catch(err => deps.log.error({ err }, 'A new authority could not be read; restart the program'))
    },
    begun: reload,
  })
}
