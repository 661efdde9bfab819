import type { Deps } from '../../deps.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import * as outbox from '../../platform/outbox/outbox.ts'
import { OfficerChangedMail, type officerChanges } from './mails.ts'

/** Tells an officer what was changed about their own account, in the transaction of the change (H-08). */
export const tellOfficer = async (
  deps: Deps,
  tx: Tx,
  officer: { email: string; name: string },
  officerChange: (typeof officerChanges)[number],
): Promise<void> => {
  await outbox.put(deps, tx, OfficerChangedMail, {
    recipient: officer.email,
    locale: 'ja',
    addressee: { name: officer.name },
    params: { at: deps.clock.now(), officerChange },
  })
}
