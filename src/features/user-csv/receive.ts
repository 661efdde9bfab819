import { createHash } from 'node:crypto'
import type { Readable } from 'node:stream'
import type { Deps } from '../../deps.ts'
import type { UserActor } from '../../kernel/actor.ts'
import { day, plusSeconds } from '../../kernel/clock.ts'
import { unprintableInLine } from '../../kernel/reason.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import { inTx } from '../../platform/db/in-tx.ts'
import { UserFileReceived } from './events.ts'
import { type ImportJob, importQueue } from './queue.ts'
import { type NoCsv, noCsv, utf8Witness } from './reading.ts'

/** A hundred thousand rows with every box ticked are less. */
export const largestFile = 50 * 1024 * 1024
export const largestFileMegabytes = largestFile / 1024 / 1024

/** Bytes of a piece as it is stored. */
const pieceSize = 256 * 1024
/** A file is an errand of a day. */
const keptSeconds = day

export type ReceiveRefusal =
  | NoCsv
  | 'userCsv.none'
  | 'userCsv.empty'
  | 'userCsv.tooLarge'
  | 'userCsv.replaced'

/** A file as a form carries it; `truncated` says after its end that it went on beyond the limit. */
export type ReceivedFile = { fileName: string; content: Readable & { truncated?: boolean } }

/**
 * Stores a file of users as its bytes come, for the job that checks it, and gives its id. It takes the place of what
 * the same administrator brought before and has not confirmed. Nothing of a file that is refused stays.
 */
export const receiveFile = async (
  deps: Deps,
  actor: UserActor,
  file: ReceivedFile,
): Promise<Result<{ importId: string }, ReceiveRefusal>> => {
  const importId = await beginImport(deps, actor, nameOf(file.fileName))
  try {
    const stored = await storePieces(deps, actor, importId, file)
    if (!stored.ok) await discard(deps, actor, importId)
    return stored
  } catch (error) {
    await discard(deps, actor, importId)
    throw error
  }
}

const ownedBy = (actor: UserActor) => ({ companyId: actor.companyId, ownerId: actor.id })

const beginImport = (deps: Deps, actor: UserActor, fileName: string): Promise<string> =>
  inTx(deps, async tx => {
    const now = deps.clock.now()
    await tx.userImport.deleteMany({
      where: { ...ownedBy(actor), state: { in: ['receiving', 'checking', 'unreadable', 'checked'] } },
    })
    const id = deps.ids.next()
    await tx.userImport.create({
      data: {
        id,
        ...ownedBy(actor),
        state: 'receiving',
        fileName,
        createdAt: now,
        expiresAt: plusSeconds(now, keptSeconds),
      },
    })
    return id
  })

const discard = (deps: Deps, actor: UserActor, importId: string) =>
  deps.db.userImport.deleteMany({ where: { id: importId, ...ownedBy(actor), state: 'receiving' } })

const storePieces = async (
  deps: Deps,
  actor: UserActor,
  importId: string,
  { fileName, content }: ReceivedFile,
): Promise<Result<{ importId: string }, ReceiveRefusal>> => {
  const witness = utf8Witness()
  const digest = createHash('sha256')
  let size = 0
  let number = 0
  for await (const piece of piecesOf(content)) {
    const not = number === 0 ? noCsv(piece) : undefined
    if (not) return refuse(not)
    witness.see(piece)
    digest.update(piece)
    size += piece.length
    // Only beside its import: another file of the same person may have taken its place meanwhile.
    const stored = await deps.db.$executeRaw`
      INSERT INTO user_import_part (company_id, import_id, number, content)
      SELECT company_id, id, ${number++}, ${piece} FROM user_import
       WHERE id = ${importId}::uuid AND company_id = ${actor.companyId}::uuid AND state = 'receiving'`
    if (stored === 0) return refuse('userCsv.replaced')
  }
  if (content.truncated) return refuse('userCsv.tooLarge', { megabytes: largestFileMegabytes })
  if (size === 0) return refuse(fileName === '' ? 'userCsv.none' : 'userCsv.empty')
  return inTx(deps, async (tx): Promise<Result<{ importId: string }, ReceiveRefusal>> => {
    const { count } = await tx.userImport.updateMany({
      where: { id: importId, ...ownedBy(actor), state: 'receiving' },
      data: {
        state: 'checking',
        size,
        digest: new Uint8Array(digest.digest()),
        isUtf8: witness.isUtf8(),
      },
    })
    if (count === 0) return refuse('userCsv.replaced')
    await deps.jobs.put(tx, importQueue, { importId, step: 'check' } satisfies ImportJob)
    await audit.record(deps, tx, UserFileReceived, {
      actor,
      companyId: actor.companyId,
      details: { fileName: nameOf(fileName), fileSize: size },
    })
    return ok({ importId })
  })
}

/** Pieces of one size, whatever the network made of them. */
async function* piecesOf(content: Readable): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let waiting: Buffer[] = []
  let length = 0
  for await (const chunk of content as AsyncIterable<Buffer>) {
    waiting.push(chunk)
    length += chunk.length
    if (length < pieceSize) continue
    yield new Uint8Array(Buffer.concat(waiting))
    waiting = []
    length = 0
  }
  if (length > 0) yield new Uint8Array(Buffer.concat(waiting))
}

const unprintable = new RegExp(unprintableInLine, 'gu')

/** What a browser calls the file, without a path and without what a screen can't show. */
const nameOf = (fileName: string): string =>
  (fileName.split(/[/\\]/).at(-1) ?? '').toWellFormed().replace(unprintable, '').slice(0, 120).toWellFormed()
