import type { UserActor } from '../../kernel/actor.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import type { EmailState } from '../../policy/user-states.ts'
import type { PersonalInformation } from './personal-information.ts'

/**
 * 個人情報 of the actor (G-06), with the mail address and its state, the language of mails, and the version that a change
 * of it is made on.
 */
export type StoredInformation = PersonalInformation & {
  email: string
  emailState: EmailState
  locale: string
  version: number
}

const columns = {
  name: true,
  phone: true,
  mobile: true,
  organisation: true,
  department: true,
  email: true,
  emailState: true,
  locale: true,
  version: true,
} as const

/** Nobody reads anybody else's here: the actor is whose it is. */
export const ownInformation = (
  db: Pick<Tx, 'user'>,
  { companyId, id }: UserActor,
): Promise<StoredInformation> =>
  db.user.findUniqueOrThrow({ where: { companyId_id: { companyId, id } }, select: columns })

/** The login before this session's, where there was one: 前回ログイン日時. */
export const lastLoginOf = async (db: Pick<Tx, 'session'>, sessionId: string): Promise<Date | null> =>
  (
    await db.session.findUniqueOrThrow({
      where: { id: sessionId },
      select: { previousLoginAt: true },
    })
  ).previousLoginAt
