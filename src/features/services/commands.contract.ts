import type { Deps } from '../../deps.ts'
import type { Actor } from '../../kernel/actor.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import { isUniqueViolation } from '../../platform/db/client.ts'
import { inTx, type Tx } from '../../platform/db/in-tx.ts'
import { randomToken } from '../../platform/random.ts'
import { logoutChannel } from './commands.logout.ts'
import { ServiceContracted } from './events.ts'
import { secretContextOf } from './queries.clients.ts'

/** What a service tells of itself for one company; addresses are exact, nothing in them stands for anything else. */
export type Contract = {
  companyId: string
  serviceCode: string
  loginUri: string
  redirectUris: string[]
  postLogoutRedirectUris: string[]
  backchannelLogoutUri?: string | null
}

/** The client that a contract is: its identifier and secret are the service's to keep. */
export type MadeClient = { clientId: string; clientSecret: string }

export type ContractRefusal = 'service.contracted' | 'service.unknown'

/** Contracts a service for a company (H-06), whose client it becomes. Refuses one that it has, and one that nobody offers, or not now. */
export const contractService = async (
  deps: Deps,
  actor: Actor,
  contract: Contract,
): Promise<Result<MadeClient, ContractRefusal>> => {
  try {
    return await inTx(deps, tx => contractWithin(deps, tx, actor, contract))
  } catch (error) {
    if (isUniqueViolation(error)) return refuse('service.contracted')
    throw error
  }
}

/**
 * The same in the transaction of a case that more belongs to. One that had ended begins again as the same client with another
 * secret and the addresses of now: its entries of before stay ended.
 */
export const contractWithin = async (
  deps: Deps,
  tx: Tx,
  actor: Actor,
  { companyId, serviceCode, ...addresses }: Contract,
): Promise<Result<MadeClient, ContractRefusal>> => {
  const service = await tx.portalService.findFirst({
    where: { code: serviceCode, singleSignOn: true, suspendedAt: null },
  })
  if (!service) return refuse('service.unknown')
  const where = { companyId_serviceCode: { companyId, serviceCode } }
  const before = await tx.serviceClient.findUnique({ where })
  if (before && before.endedAt === null) return refuse('service.contracted')
  const clientId = before?.clientId ?? deps.ids.next()
  const clientSecret = randomToken()
  const data = {
    ...addresses,
    backchannelLogoutUri: addresses.backchannelLogoutUri ?? null,
    sealedSecret: new Uint8Array(deps.secretBox.seal(clientSecret, secretContextOf(clientId))),
    createdAt: deps.clock.now(),
    endedAt: null,
  }
  if (before) await tx.serviceClient.update({ where, data })
  else await tx.serviceClient.create({ data: { companyId, serviceCode, clientId, ...data } })
  await audit.record(deps, tx, ServiceContracted, {
    actor,
    companyId,
    details: { serviceName: service.nameJa },
  })
  return ok({ clientId, clientSecret })
}

/**
 * Ends what a company has of services entered by single sign-on (H-06): the contracts named, and the way into those whose
 * permission belongs to a line of business that ends with them. Who is in there is out, and each service is told (G-05).
 * Gives how many had entered.
 */
export const endContracts = async (
  deps: Pick<Deps, 'clock'>,
  tx: Tx,
  companyId: string,
  { signOn, business }: { signOn: readonly string[]; business: readonly string[] },
): Promise<number> => {
  const now = deps.clock.now()
  await tx.serviceClient.updateMany({
    where: { companyId, serviceCode: { in: [...signOn] }, endedAt: null },
    data: { endedAt: now },
  })
  const ended = await tx.$executeRaw`
    UPDATE service_entry e
       SET ended_at = ${now}::timestamptz, next_try_at = ${now}::timestamptz, ticket_hash = NULL
      FROM service_client c JOIN portal_service s ON s.code = c.service_code
     WHERE e.company_id = ${companyId}::uuid AND e.ended_at IS NULL
       AND c.company_id = e.company_id AND c.client_id = e.client_id
       AND (c.service_code = ANY(${[...signOn]}) OR s.permission_service = ANY(${[...business]}))`
  if (ended > 0) await tx.$executeRaw`SELECT pg_notify(${logoutChannel}, '')`
  return ended
}

/** Whoever is in a service that the bank suspends is out, whatever their company, and it is told (G-05). Gives how many there were. */
export const endEntriesOf = async (
  deps: Pick<Deps, 'clock'>,
  tx: Tx,
  serviceCode: string,
): Promise<number> => {
  const now = deps.clock.now()
  const ended = await tx.$executeRaw`
    UPDATE service_entry e
       SET ended_at = ${now}::timestamptz, next_try_at = ${now}::timestamptz, ticket_hash = NULL
      FROM service_client c
     WHERE e.ended_at IS NULL AND c.service_code = ${serviceCode}
       AND c.company_id = e.company_id AND c.client_id = e.client_id`
  if (ended > 0) await tx.$executeRaw`SELECT pg_notify(${logoutChannel}, '')`
  return ended
}
