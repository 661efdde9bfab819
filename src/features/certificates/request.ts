import type { Deps } from '../../deps.ts'
import type { CertificatePurpose } from '../../generated/prisma/enums.ts'
import type { Actor } from '../../kernel/actor.ts'
import { hour, plusSeconds } from '../../kernel/clock.ts'
import * as audit from '../../platform/audit/audit.ts'
import { isPkcs12Password, type Pkcs12Compatibility } from '../../platform/ca/pkcs12.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import { keepOnce } from '../../platform/shown-once.ts'
import type { Holder } from '../passwords/index.ts'
import { CertificateRequested } from './events.ts'
import { ownerOf } from './holder.ts'

export type CertificateWish = {
  holder: Holder
  purpose: CertificatePurpose
  /** Protects the file: printable ASCII, for anything else opens in some systems and not in others (C-12). */
  pkcs12Password: string
  /** Whether that password was made for it: its owner is shown it once (decision 46). */
  passwordShown?: boolean
  /** The certificate that a renewal follows (C-05). */
  replacesId?: string
  /** The company's policy unless given. */
  compatibility?: Pkcs12Compatibility
}

/** The queue of certificates to be issued; its jobs are `{ certificateId }`. */
export const issueQueue = 'certificate-issue'
export type IssueJob = { certificateId: string }

/** A made file password waits for its owner as long as the session that fetches the file (`sessionLength`). */
const fileSecretSeconds = 2 * hour

/** What a delivery's secrets are sealed for: each of them opens in its own row only. */
export const passwordContext = (certificateId: string): string => `delivery-password:${certificateId}`
export const keyContext = (certificateId: string): string => `delivery-key:${certificateId}`

/**
 * Asks for a certificate within the transaction that grants it, and puts the job that issues it: neither is there
 * without the other (C-10). Gives the certificate's id. Throws on a password that can't protect a PKCS#12 file.
 */
export const requestCertificate = async (
  deps: Deps,
  tx: Tx,
  actor: Actor,
  wish: CertificateWish,
): Promise<string> => {
  const certificateId = await recordRequest(deps, tx, actor, wish)
  await deps.jobs.put(tx, issueQueue, { certificateId } satisfies IssueJob)
  return certificateId
}

/** The request without its job, for whoever issues it on the spot. */
export const recordRequest = async (
  deps: Deps,
  tx: Tx,
  actor: Actor,
  wish: CertificateWish,
): Promise<string> => {
  if (!isPkcs12Password(wish.pkcs12Password))
    throw new Error('A PKCS#12 file is protected by printable ASCII characters only')
  const owner = await ownerOf(tx, wish.holder)
  const id = deps.ids.next()
  await tx.certificate.create({
    data: {
      id,
      ...wish.holder,
      purpose: wish.purpose,
      replacesId: wish.replacesId ?? null,
      state: 'requested',
      requestedAt: deps.clock.now(),
      delivery: {
        create: {
          compatibility: wish.compatibility ?? owner.policy.compatibility,
          sealedPassword: new Uint8Array(deps.secretBox.seal(wish.pkcs12Password, passwordContext(id))),
        },
      },
    },
  })
  if (wish.passwordShown)
    await keepOnce(deps, tx, {
      id,
      companyId: owner.companyId,
      values: { password: wish.pkcs12Password },
      until: plusSeconds(deps.clock.now(), fileSecretSeconds),
    })
  await audit.record(deps, tx, CertificateRequested, {
    actor,
    ...owner.about,
    details: { purpose: wish.purpose },
  })
  return id
}
