import type { Deps } from '../../deps.ts'
import type { StaffActor, SystemActor } from '../../kernel/actor.ts'
import * as audit from '../../platform/audit/audit.ts'
import { inTx } from '../../platform/db/in-tx.ts'
import type { Holder } from '../passwords/index.ts'
import { statesBefore } from './certificate.ts'
import { CertificateDownloaded } from './events.ts'
import { ownerOf } from './holder.ts'
import { issueCertificate } from './issue.ts'
import { recordRequest } from './request.ts'

/**
 * Issues a certificate on the spot and gives its PKCS#12 file, protected by `password` (printable ASCII): for the
 * first start and the command line, whose operator hands it over. Nothing of the file is kept, so there is nothing to
 * download again, and no delivery that could have gone astray: such a certificate does not void itself unused (C-11).
 */
export const issueDirectly = async (
  deps: Deps,
  actor: SystemActor | StaffActor,
  holder: Holder,
  password: string,
): Promise<Buffer> => {
  const id = await inTx(deps, tx =>
    recordRequest(deps, tx, actor, { holder, purpose: 'enrolment', pkcs12Password: password }),
  )
  await issueCertificate(deps, id)
  return inTx(deps, async tx => {
    const { delivery, serial, notAfter } = await tx.certificate.findUniqueOrThrow({
      where: { id },
      include: { delivery: true },
    })
    if (!delivery?.pkcs12 || !serial || !notAfter) throw new Error(`certificate ${id} has no file`)
    await tx.certificate.updateMany({
      where: { id, state: { in: statesBefore('deliver') } },
      data: { state: 'delivered', deliveredAt: deps.clock.now() },
    })
    await tx.certificateDelivery.delete({ where: { certificateId: id } })
    const owner = await ownerOf(tx, holder)
    await audit.record(deps, tx, CertificateDownloaded, {
      actor,
      ...owner.about,
      details: { serial, notAfter: notAfter.toISOString() },
    })
    return Buffer.from(delivery.pkcs12)
  })
}
