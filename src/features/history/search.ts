import type { BusinessDay } from '../../kernel/business-day.ts'

/** What somebody looks for in the history (F-01). Days are JST, both inclusive; pages count from 1. */
export type Search = {
  from?: BusinessDay
  to?: BusinessDay
  /** A login ID, or the beginning of a user's or an officer's name. */
  user?: string
  operation?: string
  outcome?: 'done' | 'refused'
  page: number
}

export const pageSize = 20

/** As far back as pages go; what is older is found by narrowing the search. */
export const reach = 10_000
export const lastPage = reach / pageSize
