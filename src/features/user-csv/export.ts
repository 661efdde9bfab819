import { Readable } from 'node:stream'
import { stringify } from 'csv-stringify'
import type { Deps } from '../../deps.ts'
import type { UserActor } from '../../kernel/actor.ts'
import * as audit from '../../platform/audit/audit.ts'
import { inTx } from '../../platform/db/in-tx.ts'
import type { Translate } from '../../platform/i18n.ts'
import type { Reader } from '../../platform/reader.ts'
import {
  certificateFact,
  certificateFacts,
  certificateWords,
  selecting,
  type UserSelection,
} from '../users/index.ts'
import { type Column, type Contract, columnsOf, headingOf, mark } from './columns.ts'
import { groundFor } from './contract.ts'
import { UsersExported } from './events.ts'

/** Users read by one query: the file is made while it is sent. */
const usersAtOnce = 500

/** As every file of ours is written: marked as UTF-8 for spreadsheets, which calculate with nothing in it. */
const written = { bom: true, escape_formulas: true, record_delimiter: 'windows' } as const

/** A CSV file of these rows, made as it is read. */
export const csvOf = (rows: AsyncIterable<readonly string[]> | Iterable<readonly string[]>): Readable =>
  Readable.from(rows).pipe(stringify(written))

/** The headings alone: what an administrator fills in. */
export const templateFile = async (
  deps: Pick<Deps, 'db'>,
  actor: UserActor,
  t: Translate,
): Promise<Readable> => {
  const { contract } = await groundFor(deps.db, actor)
  const columns = columnsOf(contract).filter(({ kind }) => kind !== 'standing')
  return csvOf([columns.map(column => headingOf(t, contract, column))])
}

/**
 * The users of the actor's company as a CSV file (D-13): those that the list's search finds, in its order, with
 * everything they may do and never a password. That it was taken out is written down first (F-04).
 */
export const exportUsers = async (
  deps: Pick<Deps, 'db' | 'clock' | 'ids'>,
  actor: UserActor,
  reader: Reader,
  selection: UserSelection,
): Promise<Readable> => {
  const { contract } = await groundFor(deps.db, actor)
  const { where, order } = selecting(actor, selection)
  const users = await deps.db.$queryRaw<
    { id: string }[]
  >`SELECT id FROM "user" WHERE ${where} ORDER BY ${order}`
  const text = selection.text.trim()
  await inTx(deps, tx =>
    audit.record(deps, tx, UsersExported, {
      actor,
      companyId: actor.companyId,
      details: {
        exportedUsers: users.length,
        ...(text !== '' && { searchedFor: text }),
        sortedBy: selection.sort.by,
      },
    }),
  )
  return csvOf(
    linesOf(
      deps,
      actor,
      reader,
      contract,
      users.map(({ id }) => id),
    ),
  )
}

async function* linesOf(
  deps: Pick<Deps, 'db' | 'clock'>,
  actor: UserActor,
  reader: Reader,
  contract: Contract,
  ids: readonly string[],
): AsyncGenerator<string[]> {
  const columns = columnsOf(contract)
  yield columns.map(column => headingOf(reader.t, contract, column))
  for (let from = 0; from < ids.length; from += usersAtOnce) {
    const some = ids.slice(from, from + usersAtOnce)
    const users = new Map((await readUsers(deps, actor, some)).map(user => [user.id, user]))
    for (const id of some) {
      const user = users.get(id)
      if (user) yield columns.map(column => cellOf(reader, user, column))
    }
  }
}

type ExportedUser = Awaited<ReturnType<typeof readUsers>>[number]

const readUsers = async (
  { db, clock }: Pick<Deps, 'db' | 'clock'>,
  actor: UserActor,
  ids: readonly string[],
) => {
  const rows = await db.user.findMany({
    where: { companyId: actor.companyId, id: { in: [...ids] }, serviceState: { not: 'deleted' } },
    select: {
      id: true,
      loginId: true,
      name: true,
      email: true,
      mobile: true,
      phone: true,
      organisation: true,
      department: true,
      role: true,
      serviceState: true,
      emailState: true,
      lastLoginAt: true,
      permissions: { select: { serviceCode: true, permissionCode: true } },
      accounts: { select: { accountId: true } },
      limits: { select: { serviceCode: true, amount: true } },
      certificates: certificateFacts,
    },
  })
  const now = clock.now()
  return rows.map(({ permissions, accounts, limits, certificates, ...user }) => ({
    ...user,
    permissions: new Set(permissions.map(each => `${each.serviceCode}.${each.permissionCode}`)),
    accounts: new Set(accounts.map(({ accountId }) => accountId)),
    limits: new Map(limits.map(({ serviceCode, amount }) => [serviceCode, amount])),
    certificate: certificateFact(certificates, now),
  }))
}

const cellOf = ({ t, formats }: Reader, user: ExportedUser, column: Column): string => {
  switch (column.kind) {
    case 'basic':
      if (column.field === 'mobile') return user.mobile ?? ''
      return column.field === 'role' ? t(`users.roles.${user.role}`) : user[column.field]
    case 'permission':
      return user.permissions.has(column.key) ? mark : ''
    case 'account':
      return user.accounts.has(column.id) ? mark : ''
    case 'limit':
      return String(user.limits.get(column.service) ?? '')
    case 'standing':
      switch (column.fact) {
        case 'mobile':
        case 'phone':
          return user[column.fact] ?? ''
        case 'organisation':
        case 'department':
          return user[column.fact]
        case 'serviceState':
          return t(`users.serviceStates.${user.serviceState}`)
        case 'emailState':
          return t(`users.emailStates.${user.emailState}`)
        case 'certificate':
          return certificateWords(t, user.certificate)
        case 'lastLogin':
          return user.lastLoginAt ? formats.dateTimeCompact(user.lastLoginAt) : ''
      }
  }
}
