import type { Deps } from '../../deps.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import { notify } from '../../platform/db/notifications.ts'
import type { CertificateConnections } from '../../platform/tls/listeners.ts'
import { standingFacts, standingOf } from './certificate.ts'

const channel = 'sekisho_certificate_ended'

/**
 * Tells every copy of the program, when the transaction commits, to end the connections of a certificate that has just
 * lost its worth (C-14). Each request asks the row anyway: this ends what is open but silent.
 */
export const tellEnded = (tx: Tx, fingerprint: string): Promise<void> => notify(tx, channel, fingerprint)

/**
 * Ends the connections of certificates as they lose their worth, whichever copy of the program they are revoked by.
 * What may have gone unheard while the database was away is made up for once it is back.
 */
export const watchEnded = (
  deps: Pick<Deps, 'db' | 'clock' | 'notifications'>,
  connections: CertificateConnections,
): Promise<void> =>
  deps.notifications.listen(channel, {
    heard: fingerprint => connections.close(fingerprint),
    begun: async () => {
      const open = connections.fingerprints()
      if (open.length === 0) return
      const rows = await deps.db.certificate.findMany({
        where: { fingerprint: { in: open } },
        select: { fingerprint: true, ...standingFacts },
      })
      const now = deps.clock.now()
      for (const { fingerprint, ...certificate } of rows)
        if (fingerprint && standingOf(certificate, now) !== 'usable') connections.close(fingerprint)
    },
  })
