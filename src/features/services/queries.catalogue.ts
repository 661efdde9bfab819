import type { Deps } from '../../deps.ts'
import type { StaffActor } from '../../kernel/actor.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import { can } from '../../policy/can.ts'
import { type FoundCase, findCaseOf } from '../two-officers/index.ts'
import type { ServiceAsked, ServiceAudience, ServiceWords } from './catalogue.ts'

/** Looking at services asks once more, whatever route leads here. */
const viewing = (actor: StaffActor): void => {
  if (!can(actor, 'posting:view')) throw new Error(`${actor.role} may not look at services`)
}

/** A service as officers see it. */
export type CataloguedService = ServiceWords & {
  code: string
  href: string
  singleSignOn: boolean
  permission: string | null
  forWhom: ServiceAudience
  suspendedAt: Date | null
  version: number
  /** A page of the portal itself: it leads where it leads, and can't be suspended. */
  own: boolean
  /** Companies that have contracted it. */
  companies: number
}

const withCount = { _count: { select: { clients: { where: { endedAt: null } } } } } as const

type Row = Awaited<ReturnType<Tx['portalService']['findFirstOrThrow']>> & { _count: { clients: number } }

const catalogued = ({ _count, permissionService, permissionCode, ...row }: Row): CataloguedService => ({
  ...row,
  permission: permissionService && permissionCode ? `${permissionService}.${permissionCode}` : null,
  own: !row.singleSignOn && row.href.startsWith('/'),
  companies: _count.clients,
})

/** Every service, in the order of home. */
export const listCatalogue = async (
  { db }: Pick<Deps, 'db'>,
  actor: StaffActor,
): Promise<CataloguedService[]> => {
  viewing(actor)
  const rows = await db.portalService.findMany({
    orderBy: [{ sort: 'asc' }, { code: 'asc' }],
    include: withCount,
  })
  return rows.map(catalogued)
}

/** A service by its code; undefined where there is none. */
export const findCatalogued = async (
  db: Pick<Tx, 'portalService'>,
  actor: StaffActor,
  code: string,
): Promise<CataloguedService | undefined> => {
  viewing(actor)
  const row = await db.portalService.findUnique({ where: { code }, include: withCount })
  return row ? catalogued(row) : undefined
}

/** The boxes of the permission matrix that a service may ask for, in its order. */
export const permissionBoxes = async ({ db }: Pick<Deps, 'db'>, actor: StaffActor): Promise<string[]> => {
  viewing(actor)
  const rows = await db.permission.findMany({
    orderBy: [{ service: { sort: 'asc' } }, { sort: 'asc' }],
    select: { serviceCode: true, code: true },
  })
  return rows.map(({ serviceCode, code }) => `${serviceCode}.${code}`)
}

/** How many are in a service now, whatever their company. */
export const countEntered = async (
  { db }: Pick<Deps, 'db'>,
  actor: StaffActor,
  code: string,
): Promise<number> => {
  viewing(actor)
  const users = await db.serviceEntry.groupBy({
    by: ['userId'],
    where: { endedAt: null, enteredAt: { not: null }, client: { serviceCode: code } },
  })
  return users.length
}

/** A case about a service, as its page shows it. */
export type ServiceCase = FoundCase & { asked: ServiceAsked }

/** A case about a service; undefined where there is none with this id. */
export const findServiceCase = async (
  deps: Pick<Deps, 'db' | 'clock'>,
  actor: StaffActor,
  caseId: string,
): Promise<ServiceCase | undefined> => {
  viewing(actor)
  const found = await findCaseOf(deps, actor, caseId, ['portal_service'])
  return found && { ...found, asked: found.proposal as ServiceAsked }
}

/** Cases that wait about services, the oldest first. */
export const waitingServiceCases = async (
  { db, clock }: Pick<Deps, 'db' | 'clock'>,
  actor: StaffActor,
): Promise<{ id: string; asked: ServiceAsked }[]> => {
  viewing(actor)
  const rows = await db.helpdeskCase.findMany({
    where: { kind: 'portal_service', state: 'prepared', expiresAt: { gte: clock.now() } },
    orderBy: { preparedAt: 'asc' },
    select: { id: true, proposal: true },
  })
  return rows.map(({ id, proposal }) => ({ id, asked: proposal as unknown as ServiceAsked }))
}
