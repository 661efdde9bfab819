import type { Deps } from '../../deps.ts'
import type { CodePurpose } from './code.ts'

/** Whether a code of this purpose is on its way to a user or has come, and may still be typed: the page asks for it. */
export const isCodeAwaited = async (
  deps: Pick<Deps, 'db' | 'clock'>,
  holder: { companyId: string; userId: string },
  purpose: CodePurpose,
): Promise<boolean> =>
  (await deps.db.authenticationCode.count({
    where: { ...holder, purpose, usedAt: null, voidedAt: null, expiresAt: { gt: deps.clock.now() } },
  })) > 0
