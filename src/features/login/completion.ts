import type { Deps } from '../../deps.ts'
import type { UserActor } from '../../kernel/actor.ts'
import * as audit from '../../platform/audit/audit.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import type { Stage } from '../../platform/http/policy.ts'
import { markUsed } from '../certificates/index.ts'
import { CertificateFirstUsed, LoginSucceeded, PasswordAccepted } from './events.ts'

/** What still stands between the right password and a login. */
export type Half = 'second_factor' | 'takeover'

/** Whether a session in this stage is logged in: whoever it belongs to has proved all that the policy asks for. */
export const isHalf = (stage: Stage): stage is Half => stage === 'second_factor' || stage === 'takeover'

const entryOf = (actor: UserActor) => ({
  actor,
  companyId: actor.companyId,
  subject: { kind: 'user', id: actor.id, label: actor.loginId },
})

/** The password was right, and more is asked for: the history has it, and it is not called a login (B-10, B-20). */
export const recordHalf = (deps: Deps, tx: Tx, actor: UserActor, next: Half): Promise<unknown> =>
  audit.record(deps, tx, PasswordAccepted, { ...entryOf(actor), details: { next } })

/**
 * Writes down a login once nothing is asked for any more but what is the user's own business, in the transaction that
 * opens or advances its session: 前回ログイン日時, the certificate's use, 「ログイン」 in the history. Gives the login before
 * it, for the header of the session (B-10). Half a login leaves none of these: who knows the password alone must not
 * erase a certificate's file (C-11), end the one before it (C-05), or be taken for the user in the history.
 */
export const completeLogin = async (
  deps: Deps,
  tx: Tx,
  actor: UserActor,
  { certificateId, stage }: { certificateId: string | null; stage: Exclude<Stage, Half> },
): Promise<{ at: Date; from: string } | undefined> => {
  const [previous] = await tx.$queryRaw<{ at: Date | null; from: string | null }[]>`
    UPDATE "user"
       SET last_login_at = ${deps.clock.now()}::timestamptz, last_login_from = ${actor.origin.ip ?? null}
     WHERE id = ${actor.id}::uuid
    RETURNING old.last_login_at AS at, old.last_login_from AS from`
  if (certificateId && (await markUsed(deps, tx, actor, certificateId))) {
    const { notAfter } = await tx.certificate.findUniqueOrThrow({
      where: { id: certificateId },
      select: { notAfter: true },
    })
    if (!notAfter) throw new Error(`certificate ${certificateId} is used and has no end`)
    await audit.record(deps, tx, CertificateFirstUsed, {
      ...entryOf(actor),
      details: { notAfter: notAfter.toISOString() },
    })
  }
  await audit.record(deps, tx, LoginSucceeded, { ...entryOf(actor), details: { next: stage } })
  return previous?.at ? { at: previous.at, from: previous.from ?? '' } : undefined
}
