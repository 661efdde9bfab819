import type { Deps } from '../../deps.ts'
import type { StaffActor } from '../../kernel/actor.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import { isUniqueViolation } from '../../platform/db/errors.ts'
import { inTx, type Tx } from '../../platform/db/in-tx.ts'
import { stillMay } from '../officer-standing/index.ts'
import {
  type CaseHandling,
  type OpenedCase,
  openCase,
  recordCaseRefused,
  reviewDayFrom,
} from '../two-officers/index.ts'
import { hindranceOf, type ServiceAsked, type ServiceHindrance, type ServiceWords } from './catalogue.ts'
import { endEntriesOf } from './commands.contract.ts'
import { ServiceChanged, ServiceRegistered, ServiceResumed, ServiceSuspended } from './events.ts'
import { findCatalogued } from './queries.catalogue.ts'

/** The kind of a case about a service. */
export const serviceKind = 'portal_service' as const

export type ServiceCaseRefusal =
  | ServiceHindrance
  | 'access.forbidden'
  | 'case.notFound'
  | 'case.openedOtherwise'
  | 'service.pending'

/** Changes of the catalogue take turns: it is small, and what is being registered has no row to hold. */
const takeTurns = (tx: Tx): Promise<unknown> =>
  tx.$queryRaw`SELECT 1 FROM (SELECT pg_advisory_xact_lock(hashtext('portal_service'))) AS turn`

/**
 * Asks for a change of what services there are (H-06): a new one and a resumption wait for a second officer, for they give a way
 * in; a suspension is done at once and looked at by another on the next working day (H-04). Refuses what the service as it is does
 * not allow, and a second case that waits about it.
 */
export const openServiceCase = (
  deps: Deps,
  actor: StaffActor,
  { caseId, wanted, reason, sent }: { caseId: string; wanted: ServiceAsked; reason: string; sent: string },
): Promise<Result<OpenedCase, ServiceCaseRefusal>> =>
  openCase<object, ServiceCaseRefusal>(
    deps,
    actor,
    { caseId, kind: serviceKind, sent, about: {} },
    {
      action: 'case:open',
      hold: async tx => {
        await takeTurns(tx)
        return ok({})
      },
      content: async tx => {
        const { change, portalServiceCode: code } = wanted
        const hindrance = hindranceOf(change, await findCatalogued(tx, actor, code))
        if (hindrance) return refuse(hindrance)
        return ok({
          companyId: null,
          reason,
          proposal: wanted,
          ...(change === 'suspension' && {
            alone: { reviewed: true, carryOut: () => suspend(deps, tx, actor, wanted, { caseId, reason }) },
          }),
        })
      },
      taken: error =>
        isUniqueViolation(error, 'helpdesk_case_pending_portal_service')
          ? refuse('service.pending')
          : undefined,
      refused: reason => recordCaseRefused(deps, actor, serviceKind, reason, { companyId: null }),
    },
  )

type StandingAsked = Extract<ServiceAsked, { change: 'suspension' | 'resumption' }>
type Opened = { caseId: string; reason: string }

/** Nobody enters it from now on, and whoever is in it is out (G-05). */
const suspend = async (
  deps: Deps,
  tx: Tx,
  actor: StaffActor,
  { portalServiceCode: code, nameJa }: StandingAsked,
  { caseId, reason }: Opened,
): Promise<Result<null, never>> => {
  const now = deps.clock.now()
  await tx.portalService.update({
    where: { code },
    data: { suspendedAt: now, version: { increment: 1 } },
  })
  const serviceSessionsEnded = await endEntriesOf(deps, tx, code)
  await audit.record(deps, tx, ServiceSuspended, {
    actor,
    companyId: null,
    details: {
      caseId,
      caseReason: reason,
      reviewDueOn: reviewDayFrom(now),
      serviceCode: code,
      serviceName: nameJa,
      serviceSessionsEnded,
    },
  })
  return ok(null)
}

/** How a new service and a resumption are decided (H-04): exactly what was prepared, unless the service is not so any more. */
export const serviceHandling = (
  deps: Deps,
  actor: StaffActor,
): CaseHandling<object, null, ServiceCaseRefusal> => ({
  kinds: [serviceKind],
  // The bank's own: there is no customer's row to hold.
  hold: async tx => {
    await takeTurns(tx)
    return {}
  },
  carryOut: async (tx, _held, row) => {
    const wanted = row.proposal as ServiceAsked
    const { change, portalServiceCode: code } = wanted
    const hindrance = hindranceOf(change, await findCatalogued(tx, actor, code))
    if (hindrance) return refuse(hindrance)
    const opened = { caseId: row.id, reason: row.reason }
    return wanted.change === 'registration'
      ? register(deps, tx, actor, wanted.newService, opened)
      : resume(deps, tx, actor, wanted, opened)
  },
})

const register = async (
  deps: Deps,
  tx: Tx,
  actor: StaffActor,
  { address, permission, ...service }: Extract<ServiceAsked, { change: 'registration' }>['newService'],
  { caseId, reason }: Opened,
): Promise<Result<null, never>> => {
  const [permissionService = null, permissionCode = null] = permission?.split('.') ?? []
  await tx.portalService.create({
    data: {
      ...service,
      href: address ?? `/services/${service.code}`,
      ...{ permissionService, permissionCode },
    },
  })
  await audit.record(deps, tx, ServiceRegistered, {
    actor,
    companyId: null,
    details: {
      caseId,
      caseReason: reason,
      after: {
        ...detailsOf(service),
        serviceCode: service.code,
        ...{ serviceAddress: address, permission, forWhom: service.forWhom },
      },
    },
  })
  return ok(null)
}

const resume = async (
  deps: Deps,
  tx: Tx,
  actor: StaffActor,
  { portalServiceCode: code, nameJa }: StandingAsked,
  { caseId, reason }: Opened,
): Promise<Result<null, never>> => {
  await tx.portalService.update({
    where: { code },
    data: { suspendedAt: null, version: { increment: 1 } },
  })
  await audit.record(deps, tx, ServiceResumed, {
    actor,
    companyId: null,
    details: { caseId, caseReason: reason, serviceCode: code, serviceName: nameJa },
  })
  return ok(null)
}

const detailsOf = ({ nameJa, nameEn, textJa, textEn, sort }: ServiceWords) => ({
  serviceName: nameJa,
  serviceNameEn: nameEn,
  serviceText: textJa,
  serviceTextEn: textEn,
  place: sort,
})

type Details = ReturnType<typeof detailsOf>

export type ServiceChangeRefusal =
  | 'access.forbidden'
  | 'service.changedMeanwhile'
  | 'service.notFound'
  | 'service.unchanged'

/**
 * Changes what home says of a service, or where it stands among the others (H-06): words, which one officer writes as they do what
 * else the bank tells its customers. Where it leads stays. Refuses a change that is none, and one of what another has changed since.
 */
export const changeService = (
  deps: Deps,
  actor: StaffActor,
  code: string,
  { words, version }: { words: ServiceWords; version: number },
): Promise<Result<null, ServiceChangeRefusal>> =>
  inTx(deps, async (tx): Promise<Result<null, ServiceChangeRefusal>> => {
    await takeTurns(tx)
    if (!(await stillMay(tx, actor, 'posting:write'))) return refuse('access.forbidden')
    const before = await findCatalogued(tx, actor, code)
    if (!before) return refuse('service.notFound')
    const [old, next] = [detailsOf(before), detailsOf(words)]
    const changed = (Object.keys(next) as (keyof Details)[]).filter(name => old[name] !== next[name])
    // The same change sent twice finds what it wanted.
    if (changed.length === 0) return before.version === version ? refuse('service.unchanged') : ok(null)
    if (before.version !== version) return refuse('service.changedMeanwhile')
    await tx.portalService.update({ where: { code }, data: { ...words, version: { increment: 1 } } })
    const only = (details: Details) => Object.fromEntries(changed.map(name => [name, details[name]]))
    await audit.record(deps, tx, ServiceChanged, {
      actor,
      companyId: null,
      details: { serviceCode: code, before: only(old), after: only(next) },
    })
    return ok(null)
  })
