import type { Deps } from '../../deps.ts'
import type { CertificatePurpose, CertificateState } from '../../generated/prisma/enums.ts'
import type { UserActor } from '../../kernel/actor.ts'
import { isId } from '../../kernel/ids.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import { inTx, type Tx } from '../../platform/db/in-tx.ts'
import { formatsOf } from '../../platform/formats.ts'
import { type OnceStanding, onceStanding, showOnce } from '../../platform/shown-once.ts'
import { downloadableUntil, type Progress, progressOf } from './certificate.ts'
import { CertificateDownloaded, FilePasswordShown } from './events.ts'
import { holderOf, ownerOf } from './holder.ts'

/** What its owner sees of a certificate on its way. `until` is the end of the download, once it is ready. */
export type Delivery = {
  certificateId: string
  progress: Progress
  state: CertificateState
  purpose: CertificatePurpose
  requestedAt: Date
  notAfter: Date | null
  until: Date | null
  /** The password that was made for the file, where one was: whether it can be shown still. */
  madePassword: OnceStanding['state'] | undefined
}

/** A certificate of the actor's own, or a refusal: another user's is not found, as an unknown one isn't (C-02). */
export const findDelivery = async (
  deps: Deps,
  actor: UserActor,
  id: string,
): Promise<Result<Delivery, 'certificate.notFound'>> => {
  const row = isId(id)
    ? await deps.db.certificate.findFirst({
        where: { id, companyId: actor.companyId, userId: actor.id },
        select: {
          state: true,
          purpose: true,
          requestedAt: true,
          notAfter: true,
          delivery: { select: { readyAt: true, erasedAt: true } },
        },
      })
    : null
  if (!row?.delivery) return refuse('certificate.notFound')
  const { readyAt } = row.delivery
  return ok({
    certificateId: id,
    progress: progressOf({ state: row.state, ...row.delivery }, deps.clock.now()),
    state: row.state,
    purpose: row.purpose,
    requestedAt: row.requestedAt,
    notAfter: row.notAfter,
    until: readyAt && downloadableUntil(readyAt),
    madePassword: (await onceStanding(deps, id))?.state,
  })
}

export type CertificateFile = { file: Buffer; name: string }

/**
 * The PKCS#12 file of the actor's own certificate, as often as it is asked for until the first login with it or for 30
 * minutes (C-11), each of them recorded (F-02). Refuses with where the certificate is instead.
 */
export const downloadFile = async (
  deps: Deps,
  actor: UserActor,
  id: string,
): Promise<Result<CertificateFile, 'certificate.notFound' | 'certificate.issuing' | 'certificate.gone'>> =>
  inTx(deps, async tx => {
    if (!isId(id) || !(await holdOwn(tx, actor, id))) return refuse('certificate.notFound')
    const row = await tx.certificate.findUniqueOrThrow({ where: { id }, include: { delivery: true } })
    const { delivery, serial, notAfter } = row
    if (!delivery) return refuse('certificate.notFound')
    const now = deps.clock.now()
    const progress = progressOf({ state: row.state, ...delivery }, now)
    if (progress !== 'ready') return refuse(`certificate.${progress}`)
    if (!delivery.pkcs12 || !delivery.readyAt || !serial || !notAfter)
      throw new Error(`certificate ${id} is ready without a file`)
    if (row.state === 'signed')
      await tx.certificate.update({ where: { id }, data: { state: 'delivered', deliveredAt: now } })
    const owner = await ownerOf(tx, holderOf(row))
    await audit.record(deps, tx, CertificateDownloaded, {
      actor,
      ...owner.about,
      details: { serial, notAfter: notAfter.toISOString() },
    })
    return ok({ file: Buffer.from(delivery.pkcs12), name: fileName(actor.loginId, delivery.readyAt) })
  })

/**
 * Shows the password that was made for the file, once (decision 46): of any number at once one gets it; undefined for the
 * others, and where none was made or its time is over.
 */
export const showFilePassword = async (
  deps: Deps,
  actor: UserActor,
  { certificateId }: Pick<Delivery, 'certificateId'>,
): Promise<string | undefined> =>
  showOnce(
    deps,
    certificateId,
    async ({ password }) => password,
    async tx => {
      const row = await tx.certificate.findUniqueOrThrow({ where: { id: certificateId } })
      const owner = await ownerOf(tx, holderOf(row))
      await audit.record(deps, tx, FilePasswordShown, {
        actor,
        ...owner.about,
        details: {},
      })
    },
  )

/** Holds the row until the transaction ends: two downloads at once are one delivery, and a first login waits. */
const holdOwn = async (tx: Tx, actor: UserActor, id: string): Promise<boolean> => {
  const rows = await tx.$queryRaw<{ id: string }[]>`
    SELECT id FROM certificate
     WHERE id = ${id}::uuid AND company_id = ${actor.companyId}::uuid AND user_id = ${actor.id}::uuid
       FOR UPDATE`
  return rows.length === 1
}

/** Login ID, then date and time in Japan, to the second (C-03): the same name at each download of one file. */
const fileName = (loginId: string, readyAt: Date): string =>
  `${loginId}${formatsOf('ja').dateTimeCompact(readyAt).replaceAll(/\D/g, '')}.p12`
