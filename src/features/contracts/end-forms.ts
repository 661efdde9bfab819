import type { Deps } from '../../deps.ts'
import { staffActor } from '../../platform/http/policy.ts'
import { readerOf } from '../../platform/reader.ts'
import { endAheadMonths, endFields, endWithdrawalFields, readEnd, readEndWithdrawal } from './form.end.ts'
import { countUsers } from './queries.impact.ts'
import type { ChangeForm } from './routes.change.ts'

/** 解約: the contract as a whole, by two officers on the paper form, for nobody undoes it (H-06, decision 81). */
export const endForm = (deps: Deps): ChangeForm => ({
  noun: 'contract-end',
  words: 'end',
  screens: { form: 'HD0173', confirm: 'HD0174' },
  view: 'contracts/end-form',
  hindrance: ({ end }) => (end ? 'contract.end.planned' : undefined),
  fields: () => endFields,
  values: () => ({}),
  read: async (request, contract, values) =>
    readEnd(values, contract, {
      now: deps.clock.now(),
      users: await countUsers(deps.db, staffActor(request), contract.id),
    }),
  parts: () => ({ months: endAheadMonths }),
})

/** 解約の取りやめ, while the last day is still to come. */
export const endWithdrawalForm: ChangeForm = {
  noun: 'contract-end-withdrawal',
  words: 'endWithdrawal',
  screens: { form: 'HD0175', confirm: 'HD0176' },
  view: 'contracts/end-withdrawal-form',
  hindrance: ({ end }) => (end ? undefined : 'contract.end.none'),
  fields: () => endWithdrawalFields,
  values: () => ({}),
  read: (_request, contract) => readEndWithdrawal(contract),
  parts: (request, { end }) => ({ lastDay: end && readerOf(request).formats.date(end.lastDay) }),
}
