import { createHash } from 'node:crypto'
import type { UserActor } from '../../kernel/actor.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import { companyAccounts, contractOf, reachOf, serviceMatrix } from '../users/index.ts'
import type { Contract } from './columns.ts'

/** What files of the actor's company are read and written by, and for whom. */
export type Ground = {
  contract: Contract
  company: { name: string; contractNumber: string }
  /** Whether the actor may appoint administrators (D-14). */
  appoints: boolean
  /** Changes with anything above: what was checked against another one is checked again. */
  basis: string
}

export const groundFor = async (db: Tx, actor: UserActor): Promise<Ground> => {
  const { company, policy } = await contractOf(db, actor)
  const matrix = await serviceMatrix(db, actor)
  const accounts = await companyAccounts(db, actor)
  const { appoints } = await reachOf(db, actor, policy)
  const basis = createHash('sha256')
    .update(JSON.stringify([policy, matrix, accounts.map(({ id }) => id), appoints]))
    .digest('base64url')
  return { contract: { policy, matrix, accounts }, company, appoints, basis }
}
