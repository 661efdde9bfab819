import type { Deps } from '../../deps.ts'
import type { UserActor } from '../../kernel/actor.ts'

/** How far a user's 初期登録 has come: the address, the code that was sent to it, and then ID and password (B-16). */
export type RegistrationStep =
  | { step: 'mail'; email: string }
  | { step: 'code'; email: string; expiresAt: Date }
  | { step: 'password'; email: string }

/** The next step, derived from the rows, so that it survives a reload and another login. */
export const registrationStep = async (
  deps: Pick<Deps, 'db' | 'clock'>,
  actor: UserActor,
): Promise<RegistrationStep> => {
  const { email, emailState } = await deps.db.user.findUniqueOrThrow({
    where: { companyId_id: { companyId: actor.companyId, id: actor.id } },
    select: { email: true, emailState: true },
  })
  if (emailState === 'valid') return { step: 'password', email }
  const code = await deps.db.authenticationCode.findFirst({
    where: {
      companyId: actor.companyId,
      userId: actor.id,
      purpose: 'mail-registration',
      usedAt: null,
      voidedAt: null,
    },
    orderBy: { issuedAt: 'desc' },
    select: { recipient: true, expiresAt: true },
  })
  return code
    ? { step: 'code', email: code.recipient, expiresAt: code.expiresAt }
    : { step: 'mail', email: '' }
}
