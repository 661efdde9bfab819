import type { IssuerKind } from '../../generated/prisma/enums.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import { read } from '../../platform/db/read.ts'
import { policyOf, type SecurityPolicy, staffPolicy } from '../../policy/policy.ts'
import { bank } from '../authorities/index.ts'
import type { Holder } from '../passwords/index.ts'

/** Whom a certificate names, with what its making and its history need of them. */
export type Owner = {
  issuer: IssuerKind
  /** The company whose history it belongs to; null for the bank's staff. */
  companyId: string | null
  /** C-13: login ID and contract number; for staff the bank's name stands in place of the latter. */
  subject: { commonName: string; organization: string }
  policy: SecurityPolicy['certificate']
  /** Whose history, and of whom: an entry about one of their certificates, but for its actor and its details. */
  about: { companyId: string | null; subject: { kind: 'user' | 'staff'; id: string; label: string } }
  /** Where and how to write to a user; staff are not written to. */
  letter?: { userId: string; recipient: string; locale: string; addressee: { company: string; name: string } }
}

type UserOwning = {
  loginId: string
  name: string
  email: string
  locale: string
  companyName: string
  contractNumber: string
  preset: string | null
  overrides: unknown
}

/** The owner of a certificate's row or of one about to be requested. Throws where there is no such holder. */
export const ownerOf = async (tx: Pick<Tx, '$queryRaw' | 'staff'>, holder: Holder): Promise<Owner> => {
  if ('staffId' in holder) {
    const staff = await tx.staff.findUniqueOrThrow({
      where: { id: holder.staffId },
      select: { loginId: true },
    })
    return {
      issuer: 'staff',
      companyId: null,
      subject: { commonName: staff.loginId, organization: bank },
      policy: staffPolicy.certificate,
      about: { companyId: null, subject: { kind: 'staff', id: holder.staffId, label: staff.loginId } },
    }
  }
  // In one statement: each step of a certificate's life asks, some of them a thousand times at once.
  const [user] = await read<UserOwning>(tx)`
    SELECT u.login_id AS "loginId", u.name, u.email, u.locale, c.name AS "companyName",
           c.contract_number AS "contractNumber", p.preset, p.overrides
      FROM "user" u JOIN company c ON c.id = u.company_id
      LEFT JOIN LATERAL (
        SELECT preset, overrides FROM company_policy WHERE company_id = c.id ORDER BY version DESC LIMIT 1
      ) p ON true
     WHERE u.company_id = ${holder.companyId}::uuid AND u.id = ${holder.userId}::uuid`
  if (!user) throw new Error(`there is no user ${holder.userId} of the company ${holder.companyId}`)
  const { preset, overrides } = user
  if (preset === null) throw new Error(`the company ${holder.companyId} has no security policy`)
  return {
    issuer: 'users',
    companyId: holder.companyId,
    subject: { commonName: user.loginId, organization: user.contractNumber },
    policy: policyOf({ preset, overrides }).certificate,
    about: {
      companyId: holder.companyId,
      subject: { kind: 'user', id: holder.userId, label: user.loginId },
    },
    letter: {
      userId: holder.userId,
      recipient: user.email,
      locale: user.locale,
      addressee: { company: user.companyName, name: user.name },
    },
  }
}

/** The holder that a certificate's row names. */
export const holderOf = (row: {
  id: string
  companyId: string | null
  userId: string | null
  staffId: string | null
}): Holder => {
  if (row.staffId) return { staffId: row.staffId }
  if (row.companyId && row.userId) return { companyId: row.companyId, userId: row.userId }
  throw new Error(`certificate ${row.id} has no holder`)
}
