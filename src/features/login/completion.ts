import type { Deps } from '../../deps.ts'
import type { StaffActor, UserActor } from '../../kernel/actor.ts'
import * as audit from '../../platform/audit/audit.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import type { Stage } from '../../platform/http/policy.ts'
import { keepBrowser } from '../browsers/index.ts'
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

/** How a login came in, and where it goes on. `browser`: as its cookie has it. */
export type Completion = {
  certificateId: string | null
  browser: readonly string[]
  stage: Exclude<Stage, Half>
}

/** `previousLogin`: the one before it. `browser`: the cookie's tokens from now on, where the browser is now a known one. */
export type CompletedLogin = {
  stage: Exclude<Stage, Half>
  previousLogin?: { at: Date; from: string }
  browser?: readonly string[]
}

/**
 * Writes down a login once nothing is asked for any more but what is the user's own business, in the transaction that
 * opens or advances its session: 前回ログイン日時, the certificate's use, 「ログイン」 in the history, the browser as a known
 * one where it came without a certificate (B-07). Gives the login before it, for the header of the session (B-10).
 * Half a login leaves none of these: who knows the password alone must not erase a certificate's file (C-11), end the one
 * before it (C-05), be taken for the user in the history, or lock them out by a browser that passes for theirs.
 */
export const completeLogin = async (
  deps: Deps,
  tx: Tx,
  actor: UserActor,
  { certificateId, browser, stage }: Completion,
): Promise<CompletedLogin> => {
  const [previous] = await tx.$queryRaw<{ at: Date | null; from: string | null }[]>`
    UPDATE "user"
       SET last_login_at = ${deps.clock.now()}::timestamptz, last_login_from = ${actor.origin.ip ?? null}
     WHERE id = ${actor.id}::uuid
    RETURNING old.last_login_at AS at, old.last_login_from AS from`
  const known =
    certificateId === null
      ? await keepBrowser(deps, tx, { companyId: actor.companyId, userId: actor.id }, browser)
      : undefined
  if (certificateId) await noteCertificateUse(deps, tx, entryOf(actor), certificateId)
  await audit.record(deps, tx, LoginSucceeded, { ...entryOf(actor), details: { next: stage } })
  return {
    stage,
    ...(previous?.at && { previousLogin: { at: previous.at, from: previous.from ?? '' } }),
    ...(known && { browser: known }),
  }
}

/** Notes that a login is complete with a certificate, a user's or an officer's; its first one is in the history (C-11). */
export const noteCertificateUse = async (
  deps: Deps,
  tx: Tx,
  entry: {
    actor: UserActor | StaffActor
    companyId: string | null
    subject: { kind: string; id: string; label: string }
  },
  certificateId: string,
): Promise<void> => {
  if (!(await markUsed(deps, tx, entry.actor, certificateId))) return
  const { notAfter } = await tx.certificate.findUniqueOrThrow({
    where: { id: certificateId },
    select: { notAfter: true },
  })
  if (!notAfter) throw new Error(`certificate ${certificateId} is used and has no end`)
  await audit.record(deps, tx, CertificateFirstUsed, {
    ...entry,
    details: { notAfter: notAfter.toISOString() },
  })
}
