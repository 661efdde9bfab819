import type { Tx } from '../../platform/db/in-tx.ts'
import type { FactorKind } from '../../policy/second-factor.ts'
import { type OtpStanding, otpStanding } from '../otp/index.ts'
import { listPasskeys, type Passkey } from '../passkeys/index.ts'
import { recoveryCodesLeft } from '../recovery-codes/index.ts'

/** What a user holds beside the password. */
export type Holdings = {
  totp: { standing: OtpStanding; registeredAt: Date | null }
  mobile: string | null
  passkeys: Passkey[]
  recovery: { left: number; createdAt: Date } | null
}

export const holdingsOf = async (
  db: Pick<Tx, 'otpToken' | 'passkey' | 'recoveryCode' | 'user'>,
  holder: { companyId: string; userId: string },
): Promise<Holdings> => {
  const { companyId, userId } = holder
  const { mobile } = await db.user.findUniqueOrThrow({
    where: { companyId_id: { companyId, id: userId } },
    select: { mobile: true },
  })
  return {
    totp: await otpStanding(db, holder),
    mobile,
    passkeys: await listPasskeys(db, holder),
    recovery: await recoveryCodesLeft(db, holder),
  }
}

/** Which of these kinds the user holds; a suspended token is held, though it opens nothing. */
export const heldAmong = (holdings: Holdings, kinds: readonly FactorKind[]): FactorKind[] =>
  kinds.filter(kind => {
    if (kind === 'totp') return holdings.totp.standing !== 'none'
    return kind === 'sms' ? holdings.mobile !== null : holdings.passkeys.length > 0
  })
