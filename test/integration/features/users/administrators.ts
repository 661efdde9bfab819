import { sql } from '../../../support/database.ts'
import type { Visitor } from '../../../support/visitor.ts'
import { beginOn, execute, send } from './changing.ts'
import { confirmationPassword, type SevenbankAtWork } from './sevenbank-at-work.ts'

/** What the master begins each test with. */
export const everything = ['transfer.request_new', 'transfer.approve', 'balance.view']

/** Each test has its own people: whoever came before is out of service, and the master has what they began with. */
export const asAtFirst = ({ portal, adminId, companyId }: SevenbankAtWork) =>
  sql(
    portal.database.ownerUrl,
    `UPDATE "user" SET service_state = 'deleted' WHERE id <> '${adminId}'`,
    `UPDATE "user" SET service_state = 'available', role = 'administrator' WHERE id = '${adminId}'`,
    `DELETE FROM user_permission WHERE user_id = '${adminId}'`,
    ...everything.map(
      key =>
        `INSERT INTO user_permission VALUES ('${companyId}', '${adminId}', '${key.replace('.', "', '")}')`,
    ),
    `DELETE FROM user_limit WHERE user_id = '${adminId}'`,
    `INSERT INTO user_limit VALUES ('${companyId}', '${adminId}', 'transfer', 1)`,
    `DELETE FROM user_change_request`,
  )

export const deleting = async (who: Visitor, id: string) => {
  await beginOn(who, id, 'deletion')
  return execute(who, { confirmationPassword })
}
export const suspending = async (who: Visitor, id: string, path = 'suspension') => {
  await beginOn(who, id, path)
  await send(who, { reason: '休職のため' })
  return execute(who, { confirmationPassword })
}
