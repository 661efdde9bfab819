import type { UserActor } from '../../kernel/actor.ts'
import { yen } from '../../kernel/money.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import { CompanyChanged } from './events.ts'
import { companyLimitKinds, serviceOfLimit } from './limits.ts'
import type { CompanySettings, Limit } from './settings.ts'

/** The settings of the actor's company. */
export const companySettings = async (
  db: Tx,
  actor: Pick<UserActor, 'companyId'>,
): Promise<CompanySettings> => {
  const { services, accounts, limits, ...company } = await db.company.findUniqueOrThrow({
    where: { id: actor.companyId },
    select: {
      version: true,
      name: true,
      nameKana: true,
      contractNumber: true,
      services: {
        orderBy: { service: { sort: 'asc' } },
        select: { approval: true, service: { select: { code: true, approval: true } } },
      },
      accounts: {
        where: { closedAt: null },
        orderBy: [{ branchCode: 'asc' }, { kind: 'asc' }, { number: 'asc' }],
        select: {
          id: true,
          branchCode: true,
          branchName: true,
          kind: true,
          number: true,
          memo: true,
          limits: { select: { kind: true, amount: true, ceiling: true } },
        },
      },
      limits: { select: { kind: true, amount: true, ceiling: true } },
    },
  })
  const contracted = new Set(services.map(({ service }) => service.code))
  return {
    ...company,
    services: services.map(({ approval, service }) => ({
      code: service.code,
      approval,
      choice: service.approval,
    })),
    accounts: accounts.map(({ limits: rows, ...account }) => ({
      ...account,
      limits: {
        total: limitIn(rows, 'total'),
        each: limitIn(rows, 'each'),
        preregistered: limitIn(rows, 'preregistered'),
      },
    })),
    limits: companyLimitKinds
      .filter(kind => contracted.has(serviceOfLimit(kind)))
      .map(kind => ({ kind, limit: limitIn(limits, kind) })),
  }
}

type LimitRow = { kind: string; amount: bigint; ceiling: bigint | null }

const limitIn = (rows: readonly LimitRow[], kind: string): Limit => {
  const row = rows.find(each => each.kind === kind)
  if (!row) return { ceiling: null }
  return { amount: yen(row.amount), ceiling: row.ceiling === null ? null : yen(row.ceiling) }
}

/** Who last changed 企業情報 from the portal since then, and when; undefined where nobody has. */
export const changeSince = async (
  db: Tx,
  { companyId }: UserActor,
  since: Date,
): Promise<{ by: string; at: Date } | undefined> => {
  const entry = await db.history.findFirst({
    where: { chainId: companyId, operation: CompanyChanged.operation, outcome: 'done', at: { gte: since } },
    orderBy: [{ at: 'desc' }, { id: 'desc' }],
    select: { actorName: true, at: true },
  })
  return entry ? { by: entry.actorName ?? '', at: entry.at } : undefined
}
