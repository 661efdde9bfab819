import type { Deps } from '../../deps.ts'
import type { UserImportState } from '../../generated/prisma/enums.ts'
import type { UserActor } from '../../kernel/actor.ts'
import { isId } from '../../kernel/ids.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'

type Db = Pick<Deps, 'db' | 'clock'>

/** Where a file stands, as its page shows it. */
export type UserImport = {
  id: string
  state: UserImportState
  fileName: string
  size: number
  bytesRead: number
  rowsRead: number
  registrable: number
  unchanged: number
  mistakes: number
  round: number
  /** Why it can't be read, or why its registration was given back. */
  problem: { reason: string; params?: Record<string, string | number> } | null
  createdAt: Date
  expiresAt: Date
  registeredAt: Date | null
}

const shown = {
  id: true,
  state: true,
  fileName: true,
  size: true,
  bytesRead: true,
  rowsRead: true,
  registrable: true,
  unchanged: true,
  mistakes: true,
  round: true,
  problem: true,
  createdAt: true,
  expiresAt: true,
  registeredAt: true,
} as const

const ownedBy = (deps: Db, actor: UserActor) => ({
  companyId: actor.companyId,
  ownerId: actor.id,
  expiresAt: { gt: deps.clock.now() },
})

/** The actor's own file; somebody else's, another company's, an expired or invented one are all `userCsv.notFound`. */
export const findImport = async (
  deps: Db,
  actor: UserActor,
  id: string,
): Promise<Result<UserImport, 'userCsv.notFound'>> => {
  if (!isId(id)) return refuse('userCsv.notFound')
  const row = await deps.db.userImport.findFirst({
    where: { id, ...ownedBy(deps, actor) },
    select: shown,
  })
  return row ? ok(importOf(row)) : refuse('userCsv.notFound')
}

/** The actor's files of the last day, newest first; of those not yet confirmed there is one at most. */
export const listImports = async (deps: Db, actor: UserActor): Promise<UserImport[]> => {
  const rows = await deps.db.userImport.findMany({
    where: { ...ownedBy(deps, actor), state: { not: 'receiving' } },
    orderBy: { createdAt: 'desc' },
    take: 20,
    select: shown,
  })
  return rows.map(importOf)
}

const importOf = (row: Omit<UserImport, 'problem'> & { problem: unknown }): UserImport => ({
  ...row,
  problem: row.problem as UserImport['problem'],
})

export const mistakesPerPage = 50

export type ListedMistake = {
  number: number
  row: number
  heading: string
  value: string
  reason: string
  params: unknown
}

/** Mistakes of a file of the actor's, in the order of the file, from the one with this number on. */
export const listMistakes = (
  deps: Db,
  actor: UserActor,
  importId: string,
  from: number,
  count: number,
): Promise<ListedMistake[]> =>
  deps.db.userImportMistake.findMany({
    where: { importId, import: ownedBy(deps, actor), number: { gte: from } },
    orderBy: { number: 'asc' },
    take: count,
    select: { number: true, row: true, heading: true, value: true, reason: true, params: true },
  })

export type StagedUser = { row: number; loginId: string; name: string; email: string; role: string }

/** How many users to be registered a page shows: the rest reads the same. */
export const shownUsers = 20

/** The first users of a file of the actor's that is right. */
export const listStaged = (deps: Db, actor: UserActor, importId: string): Promise<StagedUser[]> =>
  deps.db.userImportRow.findMany({
    where: { importId, import: ownedBy(deps, actor) },
    orderBy: { row: 'asc' },
    take: shownUsers,
    select: { row: true, loginId: true, name: true, email: true, role: true },
  })

/** Erases what has served its time, but nothing whose users have yet to be told of. Gives how many files there were. */
export const removeOldImports = async (deps: Db): Promise<number> => {
  const { count } = await deps.db.userImport.deleteMany({
    where: {
      expiresAt: { lte: deps.clock.now() },
      OR: [
        { state: { in: ['receiving', 'checking', 'unreadable', 'checked'] } },
        { state: 'registered', rows: { none: {} } },
      ],
    },
  })
  return count
}
