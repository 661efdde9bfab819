import type { UserActor } from '../../kernel/actor.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import { loginIdScopeOf } from '../../policy/login-id.ts'
import { loginIdKey } from '../users/index.ts'
import type { Ground } from './contract.ts'
import type { Holder } from './judging.ts'

type Taken = { key: string; ownId: string | null }

/**
 * Who holds these login IDs now, by key: of the company's own users what a file tells of them, of all others nothing but
 * that they are taken, as a deleted user's stays (D-03, D-09).
 */
export const holdersOf = async (
  db: Tx,
  actor: UserActor,
  { contract, company }: Ground,
  loginIds: readonly string[],
): Promise<Map<string, Holder>> => {
  const keys = [...new Set(loginIds.map(loginIdKey))].filter(key => key !== '')
  const taken = await db.$queryRaw<Taken[]>`
    SELECT login_id_key AS key,
           CASE WHEN company_id = ${actor.companyId}::uuid AND service_state <> 'deleted' THEN id END AS "ownId"
      FROM "user"
     WHERE login_id_scope = ${loginIdScopeOf(contract.policy.loginId, company.contractNumber)}
       AND login_id_key = ANY(${keys})`
  const holders = new Map<string, Holder>(taken.map(({ key }) => [key, { own: false }]))
  const own = taken.flatMap(({ ownId }) => (ownId === null ? [] : [ownId]))
  for (const { key, user } of own.length === 0 ? [] : await ownUsers(db, actor, own)) holders.set(key, user)
  return holders
}

const ownUsers = async (
  db: Tx,
  actor: UserActor,
  ids: readonly string[],
): Promise<{ key: string; user: Holder }[]> => {
  const users = await db.user.findMany({
    where: { companyId: actor.companyId, id: { in: [...ids] } },
    select: {
      loginIdKey: true,
      loginId: true,
      name: true,
      email: true,
      mobile: true,
      role: true,
      permissions: { select: { serviceCode: true, permissionCode: true } },
      accounts: { select: { accountId: true } },
      limits: { select: { serviceCode: true, amount: true } },
    },
  })
  return users.map(({ loginIdKey: key, permissions, accounts, limits, ...user }) => ({
    key,
    user: {
      own: true,
      ...user,
      permissions: new Set(permissions.map(each => `${each.serviceCode}.${each.permissionCode}`)),
      accounts: new Set(accounts.map(({ accountId }) => accountId)),
      limits: new Map(limits.map(({ serviceCode, amount }) => [serviceCode, amount])),
    },
  }))
}
