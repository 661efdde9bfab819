import type { Deps } from '../../deps.ts'
import type { Origin, UserActor } from '../../kernel/actor.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import { isOfEndedContract } from '../../platform/db/errors.ts'
import { inTx, type Tx } from '../../platform/db/in-tx.ts'
import { loginIdScopeOf } from '../../policy/login-id.ts'
import { type KeepingRefusal, keepingApprovers } from '../approvals/index.ts'
import { stillManages } from '../users/index.ts'
import { type Ground, groundFor } from './contract.ts'
import { UserFileRefused, UserFileRegistered } from './events.ts'
import { type ImportJob, importQueue } from './queue.ts'

/** Rows stored by one statement: ten thousand users keep no statement longer than others. */
const rowsAtOnce = 1_000
/** A hundred thousand users with all their permissions. */
const longestSeconds = 300

/** What was right when it was checked and is no more: the file is checked again, and says which rows. */
const again = ['userCsv.basisChanged', 'userCsv.takenMeanwhile'] as const
export type RegistrationRefusal =
  | (typeof again)[number]
  | 'access.forbidden'
  | 'userCsv.notConfirmed'
  | KeepingRefusal

type File = {
  id: string
  fileName: string
  digest: Uint8Array | null
  basis: string | null
  unchanged: number
  registrable: number
}

/**
 * Registers every user of a confirmed file in one transaction, or none (D-13): without a login password, which is
 * given out to each afterwards. By the rules of 利用者登録 (`registerUser`): the actor must still manage users, nobody's
 * login ID may have been taken meanwhile, approvers must remain (D-11). What is refused is recorded, and the file goes
 * back to be checked or looked at again.
 */
export const registerFile = async (deps: Deps, actor: UserActor, importId: string): Promise<void> => {
  const done = await inTx(deps, tx => registerAll(deps, tx, actor, importId), {
    seconds: longestSeconds,
  }).catch(error => {
    // The contract has ended meanwhile: tried again, it would be refused for ever (H-06).
    if (isOfEndedContract(error)) return refuse('contract.ended')
    throw error
  })
  if (done.ok || done.reason === 'userCsv.notConfirmed') return
  await giveBack(deps, actor, importId, done.reason)
}

const registerAll = async (
  deps: Deps,
  tx: Tx,
  actor: UserActor,
  importId: string,
): Promise<Result<null, RegistrationRefusal>> => {
  const [file] = await tx.$queryRaw<File[]>`
    SELECT id, file_name AS "fileName", digest, basis, unchanged, registrable FROM user_import
     WHERE id = ${importId}::uuid AND company_id = ${actor.companyId}::uuid AND state = 'registering' FOR UPDATE`
  if (!file) return refuse('userCsv.notConfirmed')
  const stored = await storeUsers(deps, tx, actor, file)
  if (!stored.ok) return stored
  // Whoever changes users or settings meanwhile is kept waiting by the count alone, and none of that goes unnoticed by it.
  return keepingApprovers(tx, actor.companyId, () => settle(deps, tx, actor, file), { outside: deps.db })
}

/** The end of a registration, its users stored, while nobody else changes the company's. */
const settle = async (
  deps: Deps,
  tx: Tx,
  actor: UserActor,
  file: File,
): Promise<Result<null, RegistrationRefusal>> => {
  // Stored by what was contracted when it began, which may have become another while it was.
  if ((await groundFor(tx, actor)).basis !== file.basis) return refuse('userCsv.basisChanged')
  // Last, for it holds the actor's own row: nobody waits for a whole file to be able to log in.
  if (!(await stillManages(tx, actor))) return refuse('access.forbidden')
  await tx.userImport.update({
    where: { id: file.id },
    data: { state: 'registered', registeredAt: deps.clock.now() },
  })
  await tx.userImportPart.deleteMany({ where: { importId: file.id } })
  await audit.record(deps, tx, UserFileRegistered, {
    actor,
    companyId: actor.companyId,
    details: {
      fileName: file.fileName,
      fileDigest: Buffer.from(file.digest ?? []).toString('hex'),
      registeredUsers: file.registrable,
      unchangedUsers: file.unchanged,
    },
  })
  return ok(null)
}

const storeUsers = async (
  deps: Deps,
  tx: Tx,
  actor: UserActor,
  file: File,
): Promise<Result<null, RegistrationRefusal>> => {
  const ground = await groundFor(tx, actor)
  if (ground.basis !== file.basis) return refuse('userCsv.basisChanged')
  for (let after = 0; ; ) {
    const rows = await tx.$queryRaw<{ row: number }[]>`
      SELECT "row" FROM user_import_row WHERE import_id = ${file.id}::uuid AND "row" > ${after}
       ORDER BY "row" LIMIT ${rowsAtOnce}`
    const last = rows.at(-1)?.row
    if (last === undefined) return ok(null)
    const some = { after, last }
    // The constraint decides, as it does for one user: of any number at once, one is stored (D-03).
    if ((await storeNamed(deps, tx, file, ground, some)) < rows.length)
      return refuse('userCsv.takenMeanwhile')
    await storeRights(tx, file, some)
    after = last
  }
}

type Some = { after: number; last: number }

/** Gives how many were stored; a login ID that is taken stores nobody. */
const storeNamed = (
  deps: Deps,
  tx: Tx,
  { id }: File,
  { contract: { policy }, company }: Ground,
  { after, last }: Some,
): Promise<number> => tx.$executeRaw`
  INSERT INTO "user" (id, company_id, login_id, login_id_key, login_id_scope, name, email, mobile, role,
                      registration_due, created_at)
  SELECT user_id, company_id, login_id, lower(login_id COLLATE pg_c_utf8),
         ${loginIdScopeOf(policy.loginId, company.contractNumber)}, name, email, mobile, role,
         ${policy.initialRegistration}, ${deps.clock.now()}::timestamptz
    FROM user_import_row WHERE import_id = ${id}::uuid AND "row" > ${after} AND "row" <= ${last}
   ORDER BY lower(login_id COLLATE pg_c_utf8)
  ON CONFLICT DO NOTHING`

const storeRights = async (tx: Tx, { id }: File, { after, last }: Some): Promise<void> => {
  await tx.$executeRaw`
    INSERT INTO user_permission (company_id, user_id, service_code, permission_code)
    SELECT company_id, user_id, split_part(key, '.', 1), split_part(key, '.', 2)
      FROM user_import_row, unnest(permissions) AS key
     WHERE import_id = ${id}::uuid AND "row" > ${after} AND "row" <= ${last}`
  await tx.$executeRaw`
    INSERT INTO user_account (company_id, user_id, account_id)
    SELECT company_id, user_id, account_id FROM user_import_row, unnest(accounts) AS account_id
     WHERE import_id = ${id}::uuid AND "row" > ${after} AND "row" <= ${last}`
  await tx.$executeRaw`
    INSERT INTO user_limit (company_id, user_id, service_code, amount)
    SELECT company_id, user_id, limited.key, limited.value::bigint
      FROM user_import_row, jsonb_each_text(limits) AS limited
     WHERE import_id = ${id}::uuid AND "row" > ${after} AND "row" <= ${last}`
}

/** After a refusal: what has changed is checked again, what a person must decide is shown to them. */
const giveBack = async (
  deps: Deps,
  actor: UserActor,
  importId: string,
  reason: RegistrationRefusal,
): Promise<void> => {
  const file = await inTx(deps, async tx => {
    const checksAgain = again.some(each => each === reason)
    const { count } = await tx.userImport.updateMany({
      where: { id: importId, companyId: actor.companyId, state: 'registering' },
      data: { state: checksAgain ? 'checking' : 'checked', problem: { reason } },
    })
    if (count === 0) return undefined
    if (checksAgain) await deps.jobs.put(tx, importQueue, { importId, step: 'check' } satisfies ImportJob)
    return tx.userImport.findUniqueOrThrow({
      where: { id: importId },
      select: { fileName: true, registrable: true },
    })
  })
  if (file)
    await audit.recordAlone(deps, UserFileRefused, {
      actor,
      companyId: actor.companyId,
      details: { fileName: file.fileName, rejectedUsers: file.registrable },
      outcome: 'refused',
      reason,
    })
}

/** The administrator who confirmed the file, from where they did: the job acts for them. */
export const confirmingActor = (
  owner: Pick<UserActor, 'id' | 'companyId' | 'loginId' | 'name' | 'role'>,
  origin: Origin,
): UserActor => ({ kind: 'user', ...owner, permissions: new Set(), origin })
