import type { Deps } from '../../deps.ts'
import type { StaffActor } from '../../kernel/actor.ts'
import { isId } from '../../kernel/ids.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import { inTx } from '../../platform/db/in-tx.ts'
import { CustomerViewed, StaffSearched } from './events.ts'
import { type Found, type FoundCompany, type FoundUser, findCompanies, findUsers } from './queries.search.ts'
import { type Customer, findCustomer } from './queries.ts'
import { type SearchField, searchKeys } from './search.ts'

export type SearchResult = { companies: Found<FoundCompany>; users: Found<FoundUser> & { page: number } }

/** The search of H-02; what was asked, and how much came of it, is kept in the bank's own history (F-04). */
export const searchCustomers = async (
  deps: Deps,
  actor: StaffActor,
  asked: { field: SearchField; text: string; company: string; page: number },
): Promise<SearchResult> => {
  const keys = searchKeys(asked.field, asked.text, asked.company)
  const companies = await findCompanies(deps, actor, keys)
  const users = await findUsers(deps, actor, keys, asked.page)
  await inTx(deps, tx =>
    audit.record(deps, tx, StaffSearched, {
      actor,
      companyId: null,
      details: {
        field: asked.field,
        text: asked.text,
        ...(asked.company !== '' && { company: asked.company }),
        companies: companies.count,
        users: users.count,
      },
    }),
  )
  return { companies, users }
}

/** One customer, with the look itself put into the company's history (F-04). */
export const lookAtCustomer = async (
  deps: Deps,
  actor: StaffActor,
  userId: string,
): Promise<Result<Customer, 'customer.notFound'>> => {
  const customer = isId(userId) ? await findCustomer(deps, actor, userId) : undefined
  if (!customer) return refuse('customer.notFound')
  await recordLook(deps, actor, customer)
  return ok(customer)
}

/** A page that shows a customer was looked at; in the company's history, for the company to see (F-04). */
export const recordLook = async (
  deps: Deps,
  actor: StaffActor,
  customer: { id: string; companyId: string; loginId: string },
): Promise<void> => {
  await inTx(deps, tx =>
    audit.record(deps, tx, CustomerViewed, {
      actor,
      companyId: customer.companyId,
      subject: { kind: 'user', id: customer.id, label: customer.loginId },
      details: {},
    }),
  )
}
