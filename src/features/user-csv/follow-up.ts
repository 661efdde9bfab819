import type { Deps } from '../../deps.ts'
import type { UserActor } from '../../kernel/actor.ts'
import * as audit from '../../platform/audit/audit.ts'
import { inTx } from '../../platform/db/in-tx.ts'
import * as outbox from '../../platform/outbox/outbox.ts'
import { companyAccounts, contractOf, needOf, UserRegistered, UserRegisteredMail } from '../users/index.ts'

/** Users told of in one transaction: entries of a company's history wait for each other that long and no longer. */
const usersAtOnce = 200

/**
 * Writes what follows a registration for each of its users: their event with everything they were given, and the mail
 * that they are registered (F-02, I-04). The staged row goes in the same transaction, so that each is told of once,
 * however often this is cut off.
 */
export const tellOfUsers = async (deps: Deps, actor: UserActor, importId: string): Promise<void> => {
  while ((await tellSome(deps, actor, importId)) > 0);
}

const tellSome = (deps: Deps, actor: UserActor, importId: string): Promise<number> =>
  inTx(deps, async tx => {
    const file = await tx.userImport.findFirst({
      where: { id: importId, companyId: actor.companyId, state: 'registered' },
      select: { registeredAt: true },
    })
    if (!file) return 0
    const rows = await tx.userImportRow.findMany({
      where: { importId },
      orderBy: { row: 'asc' },
      take: usersAtOnce,
    })
    if (rows.length === 0) return 0
    const { count } = await tx.userImportRow.deleteMany({
      where: { importId, row: { in: rows.map(({ row }) => row) } },
    })
    // Another copy of the program is at it.
    if (count < rows.length) return 0
    const { company, policy } = await contractOf(tx, actor)
    const accounts = new Map((await companyAccounts(tx, actor)).map(account => [account.id, account]))
    await outbox.putAll(
      deps,
      tx,
      UserRegisteredMail,
      rows.map(row => ({
        companyId: actor.companyId,
        userId: row.userId,
        recipient: row.email,
        locale: 'ja',
        addressee: { company: company.name, name: row.name },
        params: {
          at: file.registeredAt ?? deps.clock.now(),
          registeredBy: actor.name,
          need: needOf(policy, row.role === 'administrator' ? 'administrator' : 'user'),
        },
      })),
    )
    await audit.recordAll(
      deps,
      tx,
      UserRegistered,
      rows.map(row => ({
        actor,
        companyId: actor.companyId,
        subject: { kind: 'user', id: row.userId, label: row.loginId },
        details: {
          after: {
            loginId: row.loginId,
            name: row.name,
            email: row.email,
            ...(row.mobile && { mobile: row.mobile }),
            role: row.role === 'administrator' ? 'administrator' : 'user',
            passwordChangeForced: true,
            permissions: row.permissions,
            accounts: row.accounts.flatMap(id => {
              const account = accounts.get(id)
              return account
                ? [
                    {
                      branchCode: account.branchCode,
                      accountKind: account.kind,
                      accountNumber: account.number,
                    },
                  ]
                : []
            }),
            limits: Object.entries(row.limits as Record<string, string>).map(([service, amount]) => ({
              service,
              amount: BigInt(amount),
            })),
          },
        },
      })),
    )
    return rows.length
  })
