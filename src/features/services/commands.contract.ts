import type { Deps } from '../../deps.ts'
import type { Actor } from '../../kernel/actor.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import { isUniqueViolation } from '../../platform/db/client.ts'
import { inTx } from '../../platform/db/in-tx.ts'
import { randomToken } from '../../platform/random.ts'
import { ServiceContracted } from './events.ts'
import { secretContextOf } from './queries.clients.ts'

/** What a service tells of itself for one company; addresses are exact, nothing in them stands for anything else. */
export type Contract = {
  companyId: string
  serviceCode: string
  loginUri: string
  redirectUris: string[]
  postLogoutRedirectUris: string[]
  backchannelLogoutUri?: string
}

/** Contracts a service for a company (H-06), whose client it becomes; its identifier and secret are the service's to keep. */
export const contractService = async (
  deps: Deps,
  actor: Actor,
  contract: Contract,
): Promise<Result<{ clientId: string; clientSecret: string }, 'service.contracted'>> => {
  const clientId = deps.ids.next()
  const clientSecret = randomToken()
  try {
    return await inTx(deps, async tx => {
      const { service } = await tx.serviceClient.create({
        include: { service: true },
        data: {
          ...contract,
          clientId,
          sealedSecret: new Uint8Array(deps.secretBox.seal(clientSecret, secretContextOf(clientId))),
          createdAt: deps.clock.now(),
        },
      })
      await audit.record(deps, tx, ServiceContracted, {
        actor,
        companyId: contract.companyId,
        details: { serviceName: service.nameJa },
      })
      return ok({ clientId, clientSecret })
    })
  } catch (error) {
    if (isUniqueViolation(error)) return refuse('service.contracted')
    throw error
  }
}
