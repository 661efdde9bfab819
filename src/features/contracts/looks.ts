import type { Deps } from '../../deps.ts'
import type { StaffActor } from '../../kernel/actor.ts'
import * as audit from '../../platform/audit/audit.ts'
import { inTx } from '../../platform/db/in-tx.ts'
import { CustomerViewed, StaffSearched } from '../cases/index.ts'

/** An officer searched the list of companies: what for, and how much came of it, in the bank's own history (F-04). */
export const recordCompanySearch = (
  deps: Deps,
  actor: StaffActor,
  asked: { text: string; companies: number },
): Promise<unknown> =>
  inTx(deps, tx =>
    audit.record(deps, tx, StaffSearched, {
      actor,
      companyId: null,
      details: { field: 'company', users: 0, ...asked },
    }),
  )

/** An officer looked at a company's page, which names its administrators: for the company to see (F-04). */
export const recordCompanyLook = (
  deps: Deps,
  actor: StaffActor,
  { id, name }: { id: string; name: string },
): Promise<unknown> =>
  inTx(deps, tx =>
    audit.record(deps, tx, CustomerViewed, {
      actor,
      companyId: id,
      subject: { kind: 'company', id, label: name },
      details: {},
    }),
  )
